/* From JSON to a definition and back: the only place that knows the keys. */
#include "providers/runtime/process_def.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define LOG_MAX_BYTES  (16 << 20)
#define LOG_KEEP       2
#define READY_MS       120000
#define GRACE_MS       10000
#define MIN_BACKOFF_MS 1000
#define MAX_BACKOFF_MS 60000
#define FAIL_LIMIT     5
#define FAIL_WINDOW_MS (10 * 60 * 1000)
#define FAILOVER_TIMES 20
#define FAILOVER_MS    60000

struct process_def *
process_def_new(const json_t *owner)
{
	struct process_def *d = xcalloc(1, sizeof(*d));

	arena_init(&d->arena);
	d->owner = owner ? jx_share(owner) : NULL;
	d->refs = 1;
	d->log.max_bytes = LOG_MAX_BYTES;
	d->log.keep = LOG_KEEP;
	d->ready_timeout_ms = READY_MS;
	d->restart.min_ms = MIN_BACKOFF_MS;
	d->restart.max_ms = MAX_BACKOFF_MS;
	d->restart.limit = FAIL_LIMIT;
	d->restart.window_ms = FAIL_WINDOW_MS;
	return d;
}

struct process_def *
process_def_share(const struct process_def *d)
{
	struct process_def *mine = (struct process_def *)(uintptr_t)d;

	if (mine)
		mine->refs++;
	return mine;
}

void
process_def_put(struct process_def *d)
{
	if (!d || --d->refs > 0)
		return;
	arena_done(&d->arena);
	json_decref(d->owner);
	free(d);
}

void
process_def_putp(struct process_def **d)
{
	process_def_put(*d);
	*d = NULL;
}

/* ---- decoding ---- */

int64_t
process_ms(const json_t *o, const char *key, int64_t def)
{
	const json_t *v = jx_get(o, key);
	const char *why;
	uint64_t ms;

	if (json_is_integer(v))
		return json_integer_value(v);
	if (json_is_string(v) &&
	    duration_parse(json_string_value(v), &ms, &why) == 0)
		return (int64_t)ms;
	return def;
}

struct process_texts
process_texts_decode(struct arena *a, const json_t *list)
{
	size_t i, n = json_array_size(list);
	const char **v = arena_alloc(a, (n + 1) * sizeof(*v));
	const json_t *t;

	json_array_foreach(list, i, t)
		v[i] = json_string_value(t);
	return (struct process_texts){ v, n };
}

static struct process_call
decode_call(const json_t *rpc)
{
	return (struct process_call){
		.url = jx_get(rpc, "url"),
		.method = jx_str(rpc, "method", NULL),
		.params = jx_get(rpc, "params"),
		.timeout_ms = process_ms(rpc, "timeout", 0),
	};
}

static struct process_probe
decode_probe(const json_t *j)
{
	const json_t *rpc = jx_get(j, "rpc"), *tcp = jx_get(j, "tcp");
	const json_t *b = rpc ? rpc : tcp ? tcp : jx_get(j, "http");

	/* Which of them is meant? The check refuses what is left. */
	if (json_object_size(j) != 1)
		return (struct process_probe){ .kind = PROBE_HTTP };
	return (struct process_probe){
		.kind = rpc   ? PROBE_RPC
			: tcp ? PROBE_TCP
			      : PROBE_HTTP,
		.call = decode_call(b),
		.at = jx_str(b, "at", NULL),
		.equals = jx_get(b, "equals"),
		.at_least = jx_get(b, "at_least"),
		.age_below_ms = process_ms(b, "age_below", 0),
		.grows = jx_bool(b, "grows", false),
		.passes = jx_bool(b, "passes", false),
		.status = jx_int(b, "status", PROBE_SUCCESS),
		.host = jx_str(b, "host", NULL),
		.port = (unsigned)jx_int(b, "port", 0),
	};
}

struct process_probes
process_probes_decode(struct arena *a, const json_t *list)
{
	size_t i, k, n = json_array_size(list), at = 0;
	struct process_probe *v;
	const json_t *j, *one;

	json_array_foreach(list, i, j)
		n += json_array_size(jx_get(j, "any"));
	v = arena_alloc(a, (n + 1) * sizeof(*v));
	json_array_foreach(list, i, j) {
		const json_t *any = jx_get(j, "any");

		json_array_foreach(any, k, one) {
			v[at] = decode_probe(one);
			v[at++].or_next = k + 1 < json_array_size(any);
		}
		if (json_array_size(any) == 0)
			v[at++] = decode_probe(j);
	}
	return (struct process_probes){ v, at };
}

struct process_steps
process_steps_decode(struct arena *a, const json_t *list)
{
	size_t i, n = json_array_size(list);
	struct process_step *v = arena_alloc(a, (n + 1) * sizeof(*v));
	const json_t *j;

	json_array_foreach(list, i, j)
		v[i] = (struct process_step){
			.signal = jx_str(j, "signal", NULL),
			.grace_ms = process_ms(j, "grace", GRACE_MS),
			.call = decode_call(jx_get(j, "rpc")),
		};
	return (struct process_steps){ v, n };
}

struct process_calls
process_calls_decode(struct arena *a, const json_t *list)
{
	size_t i, n = json_array_size(list);
	struct process_call *v = arena_alloc(a, (n + 1) * sizeof(*v));
	const json_t *j;

	json_array_foreach(list, i, j) {
		v[i] = decode_call(jx_get(j, "rpc"));
		v[i].or_error = jx_str(j, "or_error", NULL);
	}
	return (struct process_calls){ v, n };
}

static void
decode_ports(struct process_def *d, const json_t *list)
{
	struct process_port *v;
	const json_t *p;
	size_t i;

	d->nports = json_array_size(list);
	v = arena_alloc(&d->arena, (d->nports + 1) * sizeof(*v));
	json_array_foreach(list, i, p)
		v[i] = (struct process_port){
			.name = jx_str(p, "name", "?"),
			.port = (unsigned)jx_int(p, "port", 0),
		};
	d->ports = v;
}

static void
decode_prepare(struct process_def *d, const json_t *list)
{
	struct process_prepare *v;
	const json_t *s;
	size_t i;

	d->nprepare = json_array_size(list);
	v = arena_alloc(&d->arena, (d->nprepare + 1) * sizeof(*v));
	json_array_foreach(list, i, s)
		v[i] = (struct process_prepare){
			.unless = jx_str(s, "unless", ""),
			.command = process_texts_decode(&d->arena,
							jx_get(s, "command")),
			.unpack = jx_get(s, "unpack"),
			.clean = process_texts_decode(&d->arena,
						      jx_get(s, "clean")),
		};
	d->prepare = v;
}

static struct process_signs
decode_signs(struct arena *a, const json_t *list)
{
	size_t i, n = json_array_size(list);
	struct process_sign *v = arena_alloc(a, (n + 1) * sizeof(*v));
	const json_t *f;

	json_array_foreach(list, i, f) {
		const char *log = jx_str(f, "log", "");

		v[i] = (struct process_sign){ log, jx_str(f, "reason", log) };
	}
	return (struct process_signs){ v, n };
}

static void
decode_pause(struct process_def *d, const json_t *j)
{
	struct arena *a = &d->arena;

	d->pause.there = j != NULL;
	d->pause.steps = process_calls_decode(a, jx_get(j, "steps"));
	d->pause.resume = process_calls_decode(a, jx_get(j, "resume"));
	d->pause.args = process_texts_decode(a, jx_get(j, "args"));
	d->pause.when_down = process_probes_decode(a, jx_get(j, "when_down"));
	d->pause.after_ms = process_ms(j, "after", PROCESS_AFTER_MS);
	d->pause.kill_after_ms = process_ms(j, "kill_after", 0);
}

static void
decode_failover(struct process_def *d, const json_t *j)
{
	const json_t *when = jx_get(j, "when");

	d->failover.group = j ? jx_str(j, "group", "") : NULL;
	d->failover.env = jx_get(j, "env");
	d->failover.turns = when != NULL;
	d->failover.texts =
		process_texts_decode(&d->arena, jx_get(when, "log"));
	d->failover.rate_limit = jx_bool(when, "rate_limit", false);
	d->failover.times = jx_int(when, "times", FAILOVER_TIMES);
	d->failover.within_ms = process_ms(when, "within", FAILOVER_MS);
}

void
process_watch_decode(struct process_def *d, const json_t *j)
{
	const json_t *gate = jx_get(j, "gate");

	d->gate.there = gate != NULL;
	d->gate.probes =
		process_probes_decode(&d->arena, jx_get(gate, "probes"));
	d->gate.same = jx_get(gate, "same");
	d->fatal = decode_signs(&d->arena, jx_get(j, "fatal"));
	d->hangs = decode_signs(&d->arena, jx_get(j, "hangs"));
	decode_pause(d, jx_get(j, "pause"));
	decode_failover(d, jx_get(j, "failover"));
}

static void
decode_parts(struct process_def *d, const json_t *j)
{
	const json_t *log = jx_get(j, "log"), *restart = jx_get(j, "restart");

	d->log.path = jx_str(log, "path", NULL);
	d->log.max_bytes = jx_int(log, "max_bytes", d->log.max_bytes);
	d->log.keep = jx_int(log, "keep", d->log.keep);
	d->restart.never =
		!strcmp(jx_str(restart, "policy", "always"), "never");
	d->restart.min_ms = jx_int(restart, "min_ms", d->restart.min_ms);
	d->restart.max_ms = jx_int(restart, "max_ms", d->restart.max_ms);
	d->restart.limit = jx_int(restart, "limit", d->restart.limit);
	d->restart.window_ms =
		jx_int(restart, "window_ms", d->restart.window_ms);
	decode_ports(d, jx_get(j, "ports"));
	decode_prepare(d, jx_get(j, "prepare"));
	process_watch_decode(d, j);
}

struct process_def *
process_def_decode(const char *name, const json_t *j, struct diags *ds)
{
	struct process_def *d = process_def_new(j);
	struct arena *a = &d->arena;

	d->command = process_texts_decode(a, jx_get(j, "command"));
	d->env = jx_get(j, "env");
	d->dir = jx_str(j, "dir", "/");
	d->depends = process_texts_decode(a, jx_get(j, "depends"));
	d->bound_to = process_texts_decode(a, jx_get(j, "bound_to"));
	d->start_when = process_probes_decode(a, jx_get(j, "start_when"));
	d->ready = process_probes_decode(a, jx_get(j, "ready"));
	d->ready_timeout_ms =
		process_ms(j, "ready_timeout", d->ready_timeout_ms);
	d->stop = process_steps_decode(a, jx_get(j, "stop"));
	d->stop_order = jx_int(j, "stop_order", 0);
	d->triggers = jx_get(j, "triggers");
	d->place = jx_get(j, "place");
	d->note = jx_get(j, "note");
	decode_parts(d, j);
	if (process_def_check(name, d, ds)) {
		process_def_put(d);
		return NULL;
	}
	return d;
}

/* ---- encoding ---- */

static void
process_def_put_key(json_t *j, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(j, key, jx_share(v));
}

static void
process_def_put_text(json_t *j, const char *key, const char *text)
{
	if (text)
		json_object_set_new(j, key, json_string(text));
}

static void
process_def_put_int(json_t *j, const char *key, int64_t v)
{
	json_object_set_new(j, key, json_integer(v));
}

json_t *
process_texts_encode(struct process_texts t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t.n; i++)
		json_array_append_new(list, json_string(t.v[i]));
	return list;
}

static void
put_texts(json_t *j, const char *key, struct process_texts t)
{
	if (t.v)
		json_object_set_new(j, key, process_texts_encode(t));
}

static json_t *
encode_call(const struct process_call *c)
{
	json_t *j = json_object();

	process_def_put_key(j, "url", c->url);
	process_def_put_text(j, "method", c->method);
	process_def_put_key(j, "params", c->params);
	if (c->timeout_ms > 0)
		process_def_put_int(j, "timeout", c->timeout_ms);
	return j;
}

static json_t *
encode_probe(const struct process_probe *p)
{
	static const char *const kinds[] = {
		[PROBE_RPC] = "rpc", [PROBE_HTTP] = "http", [PROBE_TCP] = "tcp"
	};
	json_t *b = encode_call(&p->call);

	process_def_put_text(b, "at", p->at);
	process_def_put_key(b, "equals", p->equals);
	process_def_put_key(b, "at_least", p->at_least);
	if (p->age_below_ms > 0)
		process_def_put_int(b, "age_below", p->age_below_ms);
	if (p->grows)
		json_object_set_new(b, "grows", json_true());
	if (p->passes)
		json_object_set_new(b, "passes", json_true());
	if (p->kind == PROBE_HTTP && p->status != PROBE_SUCCESS)
		process_def_put_int(b, "status", p->status);
	if (p->kind == PROBE_TCP) {
		process_def_put_text(b, "host", p->host);
		process_def_put_int(b, "port", p->port);
	}
	return json_pack("{s:o}", kinds[p->kind], b);
}

static json_t *
encode_probes(struct process_probes probes)
{
	json_t *list = json_array(), *any = NULL;

	for (size_t i = 0; i < probes.n; i++) {
		json_t *one = encode_probe(&probes.v[i]);

		if (!any && probes.v[i].or_next) {
			any = json_array();
			json_array_append_new(list,
					      json_pack("{s:o}", "any", any));
		}
		json_array_append_new(any ? any : list, one);
		if (!probes.v[i].or_next)
			any = NULL;
	}
	return list;
}

static json_t *
encode_steps(struct process_steps steps)
{
	json_t *list = json_array();

	for (size_t i = 0; i < steps.n; i++) {
		const struct process_step *s = &steps.v[i];

		json_array_append_new(
			list,
			s->signal ? json_pack("{s:s, s:I}", "signal", s->signal,
					      "grace", (json_int_t)s->grace_ms)
				  : json_pack("{s:o}", "rpc",
					      encode_call(&s->call)));
	}
	return list;
}

static json_t *
encode_calls(struct process_calls calls)
{
	json_t *list = json_array();

	for (size_t i = 0; i < calls.n; i++) {
		json_t *one =
			json_pack("{s:o}", "rpc", encode_call(&calls.v[i]));

		process_def_put_text(one, "or_error", calls.v[i].or_error);
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
encode_ports(const struct process_def *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nports; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "name",
						      d->ports[i].name, "port",
						      (int)d->ports[i].port));
	return list;
}

static json_t *
encode_prepare(const struct process_def *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nprepare; i++) {
		const struct process_prepare *s = &d->prepare[i];
		json_t *j =
			json_pack("{s:s, s:o}", "unless", s->unless, "command",
				  process_texts_encode(s->command));

		process_def_put_key(j, "unpack", s->unpack);
		if (s->clean.n)
			json_object_set_new(j, "clean",
					    process_texts_encode(s->clean));
		json_array_append_new(list, j);
	}
	return list;
}

static void
encode_signs(json_t *j, const char *key, struct process_signs s)
{
	json_t *list = s.n ? json_array() : NULL;

	for (size_t i = 0; i < s.n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s}", "log", s.v[i].log,
						"reason", s.v[i].reason));
	if (list)
		json_object_set_new(j, key, list);
}

static json_t *
encode_pause(const struct process_def *d)
{
	json_t *j = json_pack("{s:o, s:o, s:o, s:I}", "steps",
			      encode_calls(d->pause.steps), "resume",
			      encode_calls(d->pause.resume), "when_down",
			      encode_probes(d->pause.when_down), "after",
			      (json_int_t)d->pause.after_ms);

	if (d->pause.args.n)
		json_object_set_new(j, "args",
				    process_texts_encode(d->pause.args));
	if (d->pause.kill_after_ms > 0)
		process_def_put_int(j, "kill_after", d->pause.kill_after_ms);
	return j;
}

static json_t *
encode_failover(const struct process_def *d)
{
	json_t *j = json_pack("{s:s}", "group", d->failover.group);
	json_t *when;

	process_def_put_key(j, "env", d->failover.env);
	if (!d->failover.turns)
		return j;
	when = json_pack("{s:o, s:I, s:I}", "log",
			 process_texts_encode(d->failover.texts), "times",
			 (json_int_t)d->failover.times, "within",
			 (json_int_t)d->failover.within_ms);
	/* Absent is the digest of before there was such a sign. */
	if (d->failover.rate_limit)
		json_object_set_new(when, "rate_limit", json_true());
	json_object_set_new(j, "when", when);
	return j;
}

static json_t *
encode_gate(const struct process_def *d)
{
	json_t *j = json_pack("{s:o}", "probes", encode_probes(d->gate.probes));

	process_def_put_key(j, "same", d->gate.same);
	return j;
}

static json_t *
encode_restart(const struct process_def *d)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "policy",
			 d->restart.never ? "never" : "always", "min_ms",
			 (json_int_t)d->restart.min_ms, "max_ms",
			 (json_int_t)d->restart.max_ms, "limit",
			 (json_int_t)d->restart.limit, "window_ms",
			 (json_int_t)d->restart.window_ms);
}

json_t *
process_def_encode(const struct process_def *d)
{
	json_t *j = json_pack(
		"{s:o, s:s, s:{s:s?, s:I, s:I}, s:o, s:o, s:o, s:o, s:o, s:I, "
		"s:I}",
		"command", process_texts_encode(d->command), "dir", d->dir,
		"log", "path", d->log.path, "max_bytes",
		(json_int_t)d->log.max_bytes, "keep", (json_int_t)d->log.keep,
		"ports", encode_ports(d), "start_when",
		encode_probes(d->start_when), "ready", encode_probes(d->ready),
		"stop", encode_steps(d->stop), "restart", encode_restart(d),
		"ready_timeout", (json_int_t)d->ready_timeout_ms, "stop_order",
		(json_int_t)d->stop_order);

	json_object_set_new(j, "env",
			    d->env ? jx_share(d->env) : json_object());
	put_texts(j, "depends", d->depends);
	put_texts(j, "bound_to", d->bound_to);
	process_def_put_key(j, "triggers", d->triggers);
	process_def_put_key(j, "place", d->place);
	process_def_put_key(j, "note", d->note);
	if (d->nprepare)
		json_object_set_new(j, "prepare", encode_prepare(d));
	encode_signs(j, "fatal", d->fatal);
	encode_signs(j, "hangs", d->hangs);
	if (d->gate.there)
		json_object_set_new(j, "gate", encode_gate(d));
	if (d->failover.group)
		json_object_set_new(j, "failover", encode_failover(d));
	if (d->pause.there)
		json_object_set_new(j, "pause", encode_pause(d));
	return j;
}

void
process_def_digest(const struct process_def *d, char out[65])
{
	CLEANUP(put_json) json_t *j = process_def_encode(d);

	jx_digest(j, out);
}

/* ---- comparing ---- */

static bool
same_json(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal(a, b));
}

static bool
same_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool
same_texts(struct process_texts a, struct process_texts b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (strcmp(a.v[i], b.v[i]))
			return false;
	return true;
}

static bool
same_ports(const struct process_def *a, const struct process_def *b)
{
	if (a->nports != b->nports)
		return false;
	for (size_t i = 0; i < a->nports; i++)
		if (a->ports[i].port != b->ports[i].port ||
		    strcmp(a->ports[i].name, b->ports[i].name))
			return false;
	return true;
}

bool
process_def_same_start(const struct process_def *a, const struct process_def *b)
{
	return same_texts(a->command, b->command) && same_ports(a, b) &&
	       same_json(a->env, b->env) && same_text(a->dir, b->dir) &&
	       same_json(a->triggers, b->triggers) &&
	       same_text(a->log.path, b->log.path);
}

json_t *
process_place_of(const json_t *fields)
{
	static const char *const keys[] = { "storage", "resources", "expose",
					    "together_with" };
	const json_t *datadir = jx_get(jx_get(fields, "owns"), "datadir");
	json_t *place = json_object();

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (jx_get(fields, keys[i]))
			json_object_set(
				place, keys[i],
				(json_t *)(uintptr_t)jx_get(fields, keys[i]));
	if (datadir)
		json_object_set(place, "datadir", (json_t *)(uintptr_t)datadir);
	return place;
}
