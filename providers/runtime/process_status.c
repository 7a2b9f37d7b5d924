#include "providers/runtime/process_status.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

static const char *const state_names[PROCESS_STATES] = {
	[PROCESS_STOPPED] = "stopped",
	[PROCESS_WAITING] = "waiting",
	[PROCESS_STARTING] = "starting",
	[PROCESS_READY] = "ready",
	[PROCESS_STOPPING] = "stopping",
	[PROCESS_BACKOFF] = "backoff",
	[PROCESS_FAILED] = "failed",
	[PROCESS_BLOCKED] = "blocked",
	[PROCESS_UNSUPERVISED] = "unsupervised",
};

const char *
process_state_name(enum process_state state)
{
	return state_names[state];
}

static enum process_state
state_of(const char *name)
{
	for (int i = 0; i < PROCESS_STATES; i++)
		if (!strcmp(state_names[i], name))
			return (enum process_state)i;
	return PROCESS_STOPPED;
}

struct process_status
process_status_of(const char *name)
{
	return (struct process_status){
		.name = name,
		.since = PROCESS_UNKNOWN,
		.uptime_ms = PROCESS_UNKNOWN,
		.rss_bytes = PROCESS_UNKNOWN,
		.cpu_ms = PROCESS_UNKNOWN,
		.log_free_bytes = PROCESS_UNKNOWN,
		.volume_bytes = PROCESS_UNKNOWN,
		.volume_free_bytes = PROCESS_UNKNOWN,
		.last_exit = { .at = PROCESS_UNKNOWN, .pid = PROCESS_UNKNOWN },
	};
}

/* ---- encoding ---- */

static void
process_status_put_text(json_t *j, const char *key, const char *text)
{
	json_object_set_new(j, key, text ? json_string(text) : json_null());
}

static void
put_known(json_t *j, const char *key, int64_t v)
{
	if (v != PROCESS_UNKNOWN)
		json_object_set_new(j, key, json_integer(v));
}

static json_t *
encode_exit(const struct process_exit *x)
{
	json_t *j = json_pack("{s:s, s:s*}", "text", x->text, "tail", x->tail);

	put_known(j, "at", x->at);
	put_known(j, "pid", x->pid);
	return j;
}

static json_t *
encode_pause(const struct process_pause *z)
{
	return json_pack("{s:b, s:s?, s:b, s:I, s:s?}", "asked", z->asked,
			 "outage", z->outage, "on", z->on, "since",
			 (json_int_t)z->since, "trouble", z->trouble);
}

static json_t *
encode_failover(const struct process_failover *f)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:s?}", "group", f->group,
			 "at", (json_int_t)f->at, "of", (json_int_t)f->of,
			 "turns", (json_int_t)f->turns, "since",
			 (json_int_t)f->since, "why", f->why);
}

static json_t *
encode_ports(const struct process_status *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nports; i++)
		json_array_append_new(list, json_pack("{s:s, s:i}", "name",
						      p->ports[i].name, "port",
						      (int)p->ports[i].port));
	return list;
}

static json_t *
encode_needs(const struct process_status *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nneeds; i++)
		json_array_append_new(list, json_string(p->needs[i]));
	return list;
}

static void
encode_parts(json_t *j, const struct process_status *p)
{
	json_object_set_new(j, "ports", encode_ports(p));
	json_object_set_new(j, "needs", encode_needs(p));
	if (p->pod)
		json_object_set_new(j, "pod", jx_share(p->pod));
	if (p->note)
		json_object_set_new(j, "note", jx_share(p->note));
	if (p->last_exit.text)
		json_object_set_new(j, "last_exit", encode_exit(&p->last_exit));
	if (p->pause.can)
		json_object_set_new(j, "pause", encode_pause(&p->pause));
	if (p->failover.group)
		json_object_set_new(j, "failover",
				    encode_failover(&p->failover));
}

json_t *
process_status_encode(const struct process_status *p)
{
	json_t *j = json_pack(
		"{s:s, s:s, s:b, s:b, s:s, s:b, s:b, s:b, s:I, s:I, s:s?, "
		"s:s?}",
		"name", p->name, "state", process_state_name(p->state), "ready",
		p->ready, "hold", p->hold, "desired", p->wanted ? "up" : "down",
		"adopted", p->adopted, "stale", p->stale, "stuck", p->stuck,
		"restarts", (json_int_t)p->restarts, "stop_order",
		(json_int_t)p->stop_order, "log", p->log, "digest", p->digest);

	if (p->pid > 0)
		json_object_set_new(j, "pid", json_integer(p->pid));
	put_known(j, "since", p->since);
	put_known(j, "uptime_ms", p->uptime_ms);
	put_known(j, "rss_bytes", p->rss_bytes);
	put_known(j, "cpu_ms", p->cpu_ms);
	put_known(j, "log_free_bytes", p->log_free_bytes);
	put_known(j, "volume_bytes", p->volume_bytes);
	put_known(j, "volume_free_bytes", p->volume_free_bytes);
	process_status_put_text(j, "reason", p->reason);
	process_status_put_text(j, "code", p->code);
	process_status_put_text(j, "waits_for", p->waits_for);
	process_status_put_text(j, "drift", p->drift);
	encode_parts(j, p);
	return j;
}

/* ---- decoding ---- */

static struct process_exit
decode_exit(const json_t *j)
{
	return (struct process_exit){
		.text = jx_str(j, "text", NULL),
		.tail = jx_str(j, "tail", NULL),
		.at = jx_int(j, "at", PROCESS_UNKNOWN),
		.pid = jx_int(j, "pid", PROCESS_UNKNOWN),
	};
}

static struct process_pause
decode_pause(const json_t *j)
{
	return (struct process_pause){
		.can = json_is_object(j),
		.asked = jx_bool(j, "asked", false),
		.on = jx_bool(j, "on", false),
		.outage = jx_str(j, "outage", NULL),
		.trouble = jx_str(j, "trouble", NULL),
		.since = jx_int(j, "since", 0),
	};
}

static struct process_failover
decode_failover(const json_t *j)
{
	return (struct process_failover){
		.group = jx_str(j, "group", NULL),
		.why = jx_str(j, "why", NULL),
		.at = jx_int(j, "at", 1),
		.of = jx_int(j, "of", 1),
		.turns = jx_int(j, "turns", 0),
		.since = jx_int(j, "since", 0),
	};
}

static const struct process_port *
decode_ports(struct arena *a, const json_t *list, size_t *n)
{
	struct process_port *v;
	const json_t *p;
	size_t i;

	*n = json_array_size(list);
	v = arena_alloc(a, (*n + 1) * sizeof(*v));
	json_array_foreach(list, i, p)
		v[i] = (struct process_port){
			.name = jx_str(p, "name", "?"),
			.port = (unsigned)jx_int(p, "port", 0),
		};
	return v;
}

static const char *const *
decode_texts(struct arena *a, const json_t *list, size_t *n)
{
	const char **v;
	const json_t *t;
	size_t i;

	*n = 0;
	v = arena_alloc(a, (json_array_size(list) + 1) * sizeof(*v));
	json_array_foreach(list, i, t)
		if (json_is_string(t))
			v[(*n)++] = json_string_value(t);
	return v;
}

struct process_status
process_status_decode(struct arena *a, const json_t *j)
{
	struct process_status p = process_status_of(jx_str(j, "name", "?"));

	p.state = state_of(jx_str(j, "state", ""));
	p.ready = jx_bool(j, "ready", false);
	p.hold = jx_bool(j, "hold", false);
	p.wanted = !strcmp(jx_str(j, "desired", ""), "up");
	p.adopted = jx_bool(j, "adopted", false);
	p.stale = jx_bool(j, "stale", false);
	p.stuck = jx_bool(j, "stuck", false);
	p.pid = jx_int(j, "pid", 0);
	p.since = jx_int(j, "since", PROCESS_UNKNOWN);
	p.uptime_ms = jx_int(j, "uptime_ms", PROCESS_UNKNOWN);
	p.rss_bytes = jx_int(j, "rss_bytes", PROCESS_UNKNOWN);
	p.cpu_ms = jx_int(j, "cpu_ms", PROCESS_UNKNOWN);
	p.restarts = jx_int(j, "restarts", 0);
	p.stop_order = jx_int(j, "stop_order", 0);
	p.log_free_bytes = jx_int(j, "log_free_bytes", PROCESS_UNKNOWN);
	p.volume_bytes = jx_int(j, "volume_bytes", PROCESS_UNKNOWN);
	p.volume_free_bytes = jx_int(j, "volume_free_bytes", PROCESS_UNKNOWN);
	p.reason = jx_str(j, "reason", NULL);
	p.code = jx_str(j, "code", NULL);
	p.waits_for = jx_str(j, "waits_for", NULL);
	p.drift = jx_str(j, "drift", NULL);
	p.log = jx_str(j, "log", NULL);
	p.digest = jx_str(j, "digest", NULL);
	p.last_exit = decode_exit(jx_get(j, "last_exit"));
	p.pause = decode_pause(jx_get(j, "pause"));
	p.failover = decode_failover(jx_get(j, "failover"));
	p.ports = decode_ports(a, jx_get(j, "ports"), &p.nports);
	p.needs = decode_texts(a, jx_get(j, "needs"), &p.nneeds);
	p.pod = jx_get(j, "pod");
	p.note = jx_get(j, "note");
	return p;
}

struct runtime_status *
runtime_status_decode(const json_t *answer)
{
	struct runtime_status *st = xcalloc(1, sizeof(*st));
	const json_t *list = jx_get(answer, "procs"), *v;
	struct process_status *procs;
	size_t i;

	arena_init(&st->arena);
	st->json = jx_share(answer);
	st->n = json_array_size(list);
	procs = arena_alloc(&st->arena, (st->n + 1) * sizeof(*procs));
	json_array_foreach(list, i, v)
		procs[i] = process_status_decode(&st->arena, v);
	st->procs = procs;
	st->keeper = jx_get(answer, "supervisor");
	st->attended = json_is_object(st->keeper);
	st->keeper_rss_bytes = jx_int(st->keeper, "rss_bytes", PROCESS_UNKNOWN);
	st->keeper_text = "";
	return st;
}

void
runtime_status_free(struct runtime_status *st)
{
	if (!st)
		return;
	arena_done(&st->arena);
	json_decref(st->json);
	free(st);
}

void
runtime_status_freep(struct runtime_status **st)
{
	runtime_status_free(*st);
	*st = NULL;
}

const struct process_status *
runtime_proc(const struct runtime_status *st, const char *name)
{
	for (size_t i = 0; st && i < st->n; i++)
		if (!strcmp(st->procs[i].name, name))
			return &st->procs[i];
	return NULL;
}
