#include "cmd/opl2-supervise/gate.h"

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

#define PROBE_TIMEOUT_MS 5000
/* A process that starts is asked often, for others wait for it; one that takes
 * long is not disturbed. */
#define QUICK_TRIES 40
#define QUICK_MS    50
#define FAST_TRIES  80
#define FAST_MS     250
#define SLOW_MS     1000

static void gate_send_probe(void *arg);

static const struct process_probe *
current(const struct gate *g)
{
	return &g->probes.v[g->at];
}

/* "eth_chainId at http://127.0.0.1:8545"; a token's value is never shown. */
static void
gate_describe(const struct gate *g, char *out, size_t n)
{
	const struct process_probe *p = current(g);
	const char *url = json_string_value(p->call.url);

	if (!url)
		url = "a secret URL";
	if (p->kind == PROBE_TCP)
		snprintf(out, n, "port %u", p->port);
	else if (p->kind == PROBE_HTTP)
		snprintf(out, n, "%s", url);
	else
		snprintf(out, n, "%s at %s", p->call.method, url);
}

static unsigned
next_ms(struct gate *g)
{
	unsigned n = g->tries++;

	return n < QUICK_TRIES ? QUICK_MS : n < FAST_TRIES ? FAST_MS : SLOW_MS;
}

static void
not_yet(struct gate *g, const char *why)
{
	char what[256];
	CLEANUP(freep) char *old = NULL;

	if (current(g)->or_next) {
		g->at++;
		timer_on(g->loop, &g->timer, 0, gate_send_probe, g);
		return;
	}
	old = g->waits_for;
	gate_describe(g, what, sizeof(what));
	g->waits_for = xasprintf("%s: %s", what, why);
	g->at = 0;
	timer_on(g->loop, &g->timer, next_ms(g), gate_send_probe, g);
	if (!old || strcmp(old, g->waits_for))
		g->changed(g->arg);
}

static void
held(struct gate *g)
{
	while (current(g)->or_next)
		g->at++;
	if (++g->at < g->probes.n) {
		timer_on(g->loop, &g->timer, 0, gate_send_probe, g);
		return;
	}
	g->open = true;
	free(TAKE(g->waits_for));
	g->changed(g->arg);
}

/* Without better knowledge the first answer is what later ones must be
 * above. */
static void
judge_growth(struct gate *g, const struct process_probe *p,
	     const json_t *result)
{
	const json_t *v = jx_at(result, p->at ? p->at : "");
	const json_t *base = json_array_get(g->seen, g->at);
	char why[128];

	if (v && json_is_null(base)) {
		json_array_set_new(g->seen, g->at, jx_share(v));
		base = v;
	}
	if (v &&
	    (json_is_false(base) || value_passes(v, base, why, sizeof(why))))
		held(g);
	else if (v && p->passes)
		not_yet(g, why);
	else
		not_yet(g, v ? "is not growing yet" : "no value yet");
}

static void
judge_rpc(struct gate *g, const struct process_probe *p,
	  const struct fetch_reply *r)
{
	CLEANUP(put_json)
	json_t *msg = jx_parse(r->body, r->len, "reply", NULL);
	const json_t *err = jx_get(msg, "error");
	char why[200];

	if (err) {
		snprintf(why, sizeof(why), "%s",
			 jx_str(err, "message", "an error without text"));
		not_yet(g, why);
		return;
	}
	if (!msg || !json_object_get(msg, "result")) {
		snprintf(why, sizeof(why),
			 "HTTP status %d, not a JSON-RPC reply", r->status);
		not_yet(g, why);
		return;
	}
	if (p->grows || p->passes)
		judge_growth(g, p, json_object_get(msg, "result"));
	else if (probe_holds(p, json_object_get(msg, "result"),
			     unix_now() * 1000, why, sizeof(why)))
		held(g);
	else
		not_yet(g, why);
}

static void
answered(void *arg, const struct fetch_reply *r)
{
	struct gate *g = arg;
	const struct process_probe *p = current(g);
	char why[64];

	g->fetch = NULL;
	if (r->error) {
		not_yet(g, r->error);
		return;
	}
	if (p->kind == PROBE_RPC) {
		judge_rpc(g, p, r);
		return;
	}
	if (p->kind == PROBE_TCP || p->status == PROBE_ANY_STATUS ||
	    (p->status == PROBE_SUCCESS ? r->status / 100 == 2
					: r->status == p->status)) {
		held(g);
		return;
	}
	snprintf(why, sizeof(why), "HTTP status %d", r->status);
	not_yet(g, why);
}

char *
rpc_body(const struct process_call *call)
{
	CLEANUP(put_json) json_t *msg = NULL;

	msg = json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", 1, "method",
			call->method);
	json_object_set_new(msg, "params",
			    call->params ? jx_share(call->params)
					 : json_array());
	return jx_dump_line(msg);
}

static void
gate_send_probe(void *arg)
{
	struct gate *g = arg;
	const struct process_probe *p = current(g);
	unsigned ms = p->call.timeout_ms > 0 ? (unsigned)p->call.timeout_ms
					     : PROBE_TIMEOUT_MS;
	CLEANUP(freep) char *body = NULL;
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (p->kind == PROBE_TCP) {
		g->fetch = fetch_tcp(g->loop, p->host ? p->host : "127.0.0.1",
				     p->port, ms, answered, g);
		return;
	}
	if (secret_resolve(p->call.url, *g->table, NULL, &url, &ds)) {
		not_yet(g, ds.first->summary);
		return;
	}
	if (p->kind == PROBE_RPC)
		body = rpc_body(&p->call);
	g->fetch = fetch_http(g->loop, buf_str(&url), body, ms, answered, g);
}

void
gate_on(struct gate *g, struct loop *l, const struct process_def *def,
	struct process_probes probes, const json_t *const *table,
	void (*changed)(void *arg), void *arg)
{
	gate_off(g);
	*g = (struct gate){ .loop = l,
			    .def = process_def_share(def),
			    .probes = probes,
			    .seen = json_array(),
			    .table = table,
			    .on = true,
			    .changed = changed,
			    .arg = arg };
	for (size_t i = 0; i < probes.n; i++)
		json_array_append_new(g->seen, json_null());
	if (probes.n == 0)
		g->open = true;
	else
		timer_on(l, &g->timer, 0, gate_send_probe, g);
}

void
gate_above(struct gate *g, const json_t *above)
{
	const json_t *v;
	size_t i;

	json_array_foreach(above, i, v)
		json_array_set(g->seen, i, (json_t *)(uintptr_t)v);
}

void
gate_calm(struct gate *g)
{
	g->tries = FAST_TRIES;
}

void
gate_off(struct gate *g)
{
	if (!g->on)
		return;
	timer_off(g->loop, &g->timer);
	fetch_cancel(TAKE(g->fetch));
	free(TAKE(g->waits_for));
	process_def_put(TAKE(g->def));
	json_decref(TAKE(g->seen));
	g->on = g->open = false;
}
