#include "cmd/opl2-supervise/gate.h"

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

#define PROBE_TIMEOUT_MS 5000
#define ANY_STATUS       0
#define SUCCESS          (-1)
#define FAST_TRIES       40 /* at 250 ms, then once a second */

static void ask(void *arg);

static const json_t *
current(const struct gate *g, const char **kind)
{
	static const char *const kinds[] = { "rpc", "http", "tcp" };
	const json_t *probe = json_array_get(g->probes, g->at), *body;

	for (size_t i = 0; i < COUNTOF(kinds); i++) {
		*kind = kinds[i];
		body = jx_get(probe, kinds[i]);
		if (body)
			return body;
	}
	return NULL;
}

/* "eth_chainId at http://127.0.0.1:8545"; a token's value is never shown. */
static void
describe(const struct gate *g, char *out, size_t n)
{
	const char *kind, *url;
	const json_t *b = current(g, &kind);

	url = jx_str(b, "url", "a secret URL");
	if (!strcmp(kind, "tcp"))
		snprintf(out, n, "port %lld", (long long)jx_int(b, "port", 0));
	else if (!strcmp(kind, "http"))
		snprintf(out, n, "%s", url);
	else
		snprintf(out, n, "%s at %s", jx_str(b, "method", "?"), url);
}

static void
not_yet(struct gate *g, const char *why)
{
	char what[256];
	CLEANUP(freep) char *old = g->waits_for;

	describe(g, what, sizeof(what));
	g->waits_for = xasprintf("%s: %s", what, why);
	g->at = 0;
	timer_on(g->loop, &g->timer, g->tries++ < FAST_TRIES ? 250 : 1000, ask,
		 g);
	if (!old || strcmp(old, g->waits_for))
		g->changed(g->arg);
}

static void
held(struct gate *g)
{
	if (++g->at < json_array_size(g->probes)) {
		timer_on(g->loop, &g->timer, 0, ask, g);
		return;
	}
	g->open = true;
	free(TAKE(g->waits_for));
	g->changed(g->arg);
}

/* Without better knowledge the first answer is what later ones must be
 * above. */
static void
judge_growth(struct gate *g, const json_t *rpc, const json_t *result)
{
	const json_t *v = jx_at(result, jx_str(rpc, "at", ""));
	const json_t *base = json_array_get(g->seen, g->at);
	char why[128];

	if (v && json_is_null(base)) {
		json_array_set_new(g->seen, g->at, jx_share(v));
		base = v;
	}
	if (v &&
	    (json_is_false(base) || value_passes(v, base, why, sizeof(why))))
		held(g);
	else if (v && jx_bool(rpc, "passes", false))
		not_yet(g, why);
	else
		not_yet(g, v ? "does not grow yet" : "no value yet");
}

static void
judge_rpc(struct gate *g, const json_t *rpc, const struct fetch_reply *r)
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
		snprintf(why, sizeof(why), "HTTP status %d, no JSON-RPC reply",
			 r->status);
		not_yet(g, why);
		return;
	}
	if (jx_bool(rpc, "grows", false) || jx_bool(rpc, "passes", false))
		judge_growth(g, rpc, json_object_get(msg, "result"));
	else if (probe_holds(rpc, json_object_get(msg, "result"),
			     unix_now() * 1000, why, sizeof(why)))
		held(g);
	else
		not_yet(g, why);
}

static void
answered(void *arg, const struct fetch_reply *r)
{
	struct gate *g = arg;
	const char *kind;
	const json_t *b = current(g, &kind);
	char why[64];
	int64_t want;

	g->fetch = NULL;
	if (r->error) {
		not_yet(g, r->error);
		return;
	}
	if (!strcmp(kind, "rpc")) {
		judge_rpc(g, b, r);
		return;
	}
	want = jx_int(b, "status", SUCCESS);
	if (!strcmp(kind, "tcp") || want == ANY_STATUS ||
	    (want == SUCCESS ? r->status / 100 == 2 : r->status == want)) {
		held(g);
		return;
	}
	snprintf(why, sizeof(why), "HTTP status %d", r->status);
	not_yet(g, why);
}

char *
rpc_body(const json_t *rpc)
{
	CLEANUP(put_json) json_t *msg = NULL;
	const json_t *params = jx_get(rpc, "params");

	msg = json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id", 1, "method",
			jx_str(rpc, "method", ""));
	json_object_set_new(msg, "params",
			    params ? jx_share(params) : json_array());
	return jx_dump_line(msg);
}

static void
ask(void *arg)
{
	struct gate *g = arg;
	const char *kind;
	const json_t *b = current(g, &kind);
	unsigned ms = (unsigned)jx_int(b, "timeout", PROBE_TIMEOUT_MS);
	CLEANUP(freep) char *body = NULL;
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (!strcmp(kind, "tcp")) {
		g->fetch = fetch_tcp(g->loop, jx_str(b, "host", "127.0.0.1"),
				     (unsigned)jx_int(b, "port", 0), ms,
				     answered, g);
		return;
	}
	if (secret_resolve(jx_get(b, "url"), *g->table, NULL, &url, &ds)) {
		not_yet(g, ds.first->summary);
		return;
	}
	if (!strcmp(kind, "rpc"))
		body = rpc_body(b);
	g->fetch = fetch_http(g->loop, buf_str(&url), body, ms, answered, g);
}

void
gate_on(struct gate *g, struct loop *l, const json_t *probes,
	const json_t *const *table, void (*changed)(void *arg), void *arg)
{
	gate_off(g);
	*g = (struct gate){ .loop = l,
			    .probes = jx_share(probes),
			    .seen = json_array(),
			    .table = table,
			    .on = true,
			    .changed = changed,
			    .arg = arg };
	for (size_t i = 0; i < json_array_size(probes); i++)
		json_array_append_new(g->seen, json_null());
	if (json_array_size(g->probes) == 0)
		g->open = true;
	else
		timer_on(l, &g->timer, 0, ask, g);
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
	json_decref(TAKE(g->probes));
	json_decref(TAKE(g->seen));
	g->on = g->open = false;
}
