/*
 * Results and progress for programs: one JSON object a line. Every line has
 * @level, @message, @timestamp and type. UI_VERSION grows in its minor part
 * for a new field or type, in its major part when something breaks.
 */
#include "cmd/opl2/view/view.h"

#include "engine/apply/apply.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define UI_VERSION "1.4"

/* Takes the fields and adds what every line has. */
static void
line(struct view *v, const char *level, const char *type, const char *message,
     json_t *fields)
{
	CLEANUP(put_json) json_t *j = fields;
	CLEANUP(freep) char *text = NULL;
	struct timespec ts;
	struct tm tm;
	char day[32], stamp[48];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(stamp, sizeof(stamp), "%s.%03ldZ", day, ts.tv_nsec / 1000000);
	json_object_set_new(j, "@level", json_string(level));
	json_object_set_new(j, "@message", json_string(message));
	json_object_set_new(j, "@timestamp", json_string(stamp));
	json_object_set_new(j, "type", json_string(type));
	text = jx_dump_line(j);
	fprintf(v->out, "%s\n", text);
	fflush(v->out);
}

void
view_json_begin(struct view *v)
{
	line(v, "info", "version", "opl2 " OPL2_VERSION,
	     json_pack("{s:s, s:s}", "opl2", OPL2_VERSION, "ui", UI_VERSION));
}

static const char *
event_type(const struct event *ev)
{
	switch (ev->type) {
	case EV_REFRESH_START:
		return "refresh_start";
	case EV_REFRESH_DONE:
		return "refresh_complete";
	case EV_START:
		return "apply_start";
	case EV_PROGRESS:
		return "apply_progress";
	case EV_DONE:
		return "apply_complete";
	case EV_ERROR:
		return "apply_errored";
	case EV_SKIPPED:
		return "apply_skipped";
	case EV_MESSAGE:
		break;
	}
	return "log";
}

static void
json_event(struct view *v, const struct event *ev)
{
	struct arena a;
	json_t *j = json_object();
	const char *text = ev->text;

	arena_init(&a);
	if (ev->addr)
		json_object_set_new(j, "resource",
				    json_pack("{s:s, s:s*}", "addr", ev->addr,
					      "kind", ev->kind));
	if (ev->type != EV_MESSAGE && ev->type != EV_REFRESH_START &&
	    ev->type != EV_REFRESH_DONE)
		json_object_set_new(j, "action",
				    json_string(action_name(ev->action)));
	json_object_set_new(j, "elapsed_ms",
			    json_integer((json_int_t)ev->elapsed_ms));
	if (ev->total)
		json_object_set_new(j, "progress",
				    json_pack("{s:i, s:i, s:i}", "done",
					      (int)ev->done, "total",
					      (int)ev->total, "running",
					      (int)ev->running));
	if (!text && ev->diag)
		text = ev->diag->summary;
	if (text)
		json_object_set_new(j, "text", json_string(text));
	line(v, ev->type == EV_ERROR ? "error" : "info", event_type(ev),
	     arena_printf(&a, "%s%s%s%s%s", ev->addr ? ev->addr : "",
			  ev->addr ? ": " : "", event_type(ev),
			  text ? ": " : "", text ? text : ""),
	     j);
	arena_done(&a);
}

static void
json_plan(struct view *v, const struct plan *p, const char *saved)
{
	CLEANUP(put_json) json_t *doc = plan_to_json(p);
	const json_t *changes = json_object_get(doc, "changes");
	struct arena a;
	json_t *j;
	size_t i;

	arena_init(&a);
	for (i = 0; i < json_array_size(changes); i++) {
		json_t *ch = json_array_get(changes, i);
		const char *addr = jx_str(ch, "addr", "");
		const char *action = jx_str(ch, "action", "");

		const struct change *c = plan_find(p, addr);

		if (c && c->drifted)
			line(v, "info", "resource_drift",
			     arena_printf(&a, "%s: drift", addr),
			     json_pack("{s:O}", "change", ch));
		if (c && change_is_quiet(c))
			continue;
		line(v, "info", "planned_change",
		     arena_printf(&a, "%s: %s", addr, action),
		     json_pack("{s:O}", "change", ch));
	}
	j = json_pack(
		"{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:{s:i, s:i}}",
		"import", (int)p->counts.import, "add",
		(int)(p->counts.create + p->counts.replace), "change",
		(int)p->counts.update, "remove",
		(int)(p->counts.remove + p->counts.replace), "forget",
		(int)p->counts.forget, "read", (int)p->counts.read, "deferred",
		(int)p->counts.deferred, "irreversible",
		(int)p->counts.irreversible, "not_here",
		(int)p->counts.not_here, "cache", "build",
		(int)p->counts.cache_build, "drop", (int)p->counts.cache_drop);
	line(v, "info", "change_summary", view_plan_line(p, &a),
	     json_pack("{s:o, s:s, s:s, s:b, s:s*}", "changes", j, "digest",
		       p->digest, "plan_digest", p->content, "has_changes",
		       plan_has_changes(p), "saved", saved));
	arena_done(&a);
}

static void
json_funds(struct view *v, const json_t *funds)
{
	if (json_array_size(funds) > 0)
		line(v, "info", "funds", "balances that accounts need and have",
		     json_pack("{s:O}", "funds", funds));
}

static void
json_applied(struct view *v, const struct plan *p UNUSED,
	     const struct apply_result *res)
{
	json_t *j = json_pack(
		"{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:I}",
		"imported", (int)res->imported, "created", (int)res->created,
		"updated", (int)res->updated, "replaced", (int)res->replaced,
		"removed", (int)res->removed, "forgotten", (int)res->forgotten,
		"read", (int)res->read, "failed", (int)res->failed, "skipped",
		(int)res->skipped, "kept", (int)res->kept, "interrupted",
		res->interrupted, "elapsed_ms", (json_int_t)res->elapsed_ms);
	bool bad = res->failed || res->skipped || res->interrupted;

	line(v, bad ? "error" : "info", "apply_summary",
	     bad ? "apply did not finish" : "apply finished",
	     json_pack("{s:o}", "result", j));
}

static void
json_spent(struct view *v, const json_t *chains)
{
	if (json_array_size(chains) > 0)
		line(v, "info", "spent", "what this apply has spent",
		     json_pack("{s:O}", "spent", chains));
}

static void
json_outputs(struct view *v, const json_t *outputs)
{
	CLEANUP(put_json) json_t *shown = json_deep_copy(outputs);
	const char *name;
	json_t *o;

	json_object_foreach(shown, name, o) {
		if (jx_bool(o, "sensitive", false))
			json_object_del(o, "value");
	}
	line(v, "info", "outputs", "outputs",
	     json_pack("{s:O}", "outputs", shown));
}

static void
json_diags(struct view *v, struct diags *ds)
{
	const struct diag *d;

	diags_sort(ds);
	for (d = ds->first; d; d = d->next)
		line(v, d->sev == SEV_ERROR ? "error" : "warn", "diagnostic",
		     d->summary,
		     json_pack("{s:o}", "diagnostic", view_diag_json(d)));
}

const struct view_ops view_json_ops = {
	.event = json_event,
	.plan = json_plan,
	.funds = json_funds,
	.applied = json_applied,
	.spent = json_spent,
	.outputs = json_outputs,
	.diags = json_diags,
};
