/* Results and progress for people. */
#include "cmd/opl2/view/view.h"

#include "cmd/opl2/view/live.h"
#include "cmd/opl2/view/text.h"
#include "engine/apply/apply.h"
#include "engine/io/jx.h"

/* A terminal is redrawn this often while something runs. */
enum { TICK_MS = 120 };

static void
view_human_on_event(void *arg, const struct event *ev)
{
	struct view *v = arg;

	v->ops->event(v, ev);
}

static void
on_tick(void *arg)
{
	struct view *v = arg;

	if (v->ops->tick)
		v->ops->tick(v);
}

void
view_init(struct view *v, enum view_kind kind, FILE *out, bool color,
	  bool color_err)
{
	const char *term = getenv("TERM");
	bool terminal = isatty(fileno(out)) && term && *term &&
			strcmp(term, "dumb") != 0;

	*v = (struct view){
		.ops = kind == VIEW_JSON ? &view_json_ops : &view_human_ops,
		.out = out,
		.color = color,
		.color_err = color_err,
		.events = { .emit = view_human_on_event,
			    .tick = on_tick,
			    .tick_ms = terminal ? TICK_MS : 1000 },
	};
	v->events.arg = v;
	if (kind == VIEW_HUMAN)
		v->live = live_new(out, terminal, color);
	else
		view_json_begin(v);
}

void
view_done(struct view *v)
{
	if (v->ops && v->ops->done)
		v->ops->done(v);
	v->ops = NULL;
}

static void
human_event(struct view *v, const struct event *ev)
{
	live_event(v->live, ev);
}

static void
human_tick(struct view *v)
{
	live_tick(v->live);
}

static void
human_funds(struct view *v, const json_t *funds)
{
	live_clear(v->live);
	view_funds(v->out, funds, v->color);
	fflush(v->out);
}

static void
human_plan(struct view *v, const struct plan *p, const char *saved UNUSED)
{
	live_clear(v->live);
	view_plan(v->out, p, v->color, v->full);
	fflush(v->out);
}

static void
human_plan_end(struct view *v, const struct plan *p, const char *saved)
{
	live_clear(v->live);
	view_plan_end(v->out, p, v->color, v->full, saved);
	fflush(v->out);
}

static void
view_human_count(FILE *out, const char **sep, unsigned n, const char *what)
{
	if (!n)
		return;
	fprintf(out, "%s%u %s", *sep, n, what);
	*sep = ", ";
}

/* Of what is still there as it was, and recorded. */
static void
say_why_kept(FILE *out, const struct change *ch)
{
	const struct reason *r = ch->nreasons ? ch->reasons : NULL;

	if (ch->action != ACT_NOOP || !r)
		return;
	if (r->why == WHY_NEEDED && r->text)
		fprintf(out, "      unchanged: %s depends on it\n", r->text);
	else
		fputs("      unchanged: lifecycle.prevent_destroy\n", out);
}

static void
list_kept(FILE *out, const struct plan *p)
{
	size_t i, k;

	fputs("\nLeft behind:\n", out);
	for (i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];

		if (!ch->kept)
			continue;
		fprintf(out, "  . %s\n", ch->addr);
		say_why_kept(out, ch);
		for (k = 0; k < ch->nnotes; k++)
			fprintf(out, "      %s\n", ch->notes[k]);
	}
}

static void
human_applied(struct view *v, const struct plan *p,
	      const struct apply_result *res)
{
	const char *sep = "";
	char age[16];

	live_clear(v->live);
	text_elapsed(res->elapsed_ms, age, sizeof(age));
	if (p->mode == PLAN_DESTROY && res->kept)
		list_kept(v->out, p);
	fprintf(v->out, "\n%s ",
		res->interrupted          ? "Interrupted:"
		: res->failed             ? "Apply failed:"
		: p->mode == PLAN_DESTROY ? "Destroyed:"
					  : "Applied:");
	view_human_count(v->out, &sep, res->imported, "imported");
	view_human_count(v->out, &sep, res->created, "created");
	view_human_count(v->out, &sep, res->updated, "updated");
	view_human_count(v->out, &sep, res->replaced, "replaced");
	view_human_count(v->out, &sep, res->removed, "removed");
	view_human_count(v->out, &sep, res->forgotten, "forgotten");
	view_human_count(v->out, &sep, res->read, "read");
	view_human_count(v->out, &sep, res->failed, "failed");
	view_human_count(v->out, &sep, res->skipped, "skipped");
	view_human_count(v->out, &sep, res->kept, "kept");
	if (!*sep)
		fputs("nothing", v->out);
	fprintf(v->out, " in %s.\n", age);
	if (res->interrupted || res->failed)
		fputs("Completed steps are recorded; the next apply continues "
		      "from here.\n",
		      v->out);
	fflush(v->out);
}

static void
human_spent(struct view *v, const json_t *chains)
{
	live_clear(v->live);
	view_spent(v->out, chains);
}

static void
human_outputs(struct view *v, const json_t *outputs)
{
	struct arena a;
	const char *name;
	json_t *o;

	if (!json_object_size(outputs))
		return;
	arena_init(&a);
	live_clear(v->live);
	fputs("\nOutputs:\n", v->out);
	json_object_foreach((json_t *)(uintptr_t)outputs, name, o) {
		fprintf(v->out, "  %-16s %s\n", name,
			jx_bool(o, "sensitive", false)
				? "(sensitive)"
				: view_value(json_object_get(o, "value"), &a));
	}
	arena_done(&a);
	fflush(v->out);
}

static void
human_diags(struct view *v, struct diags *ds)
{
	live_clear(v->live);
	fflush(v->out);
	view_diags(stderr, ds, v->color_err);
}

static void
human_done(struct view *v)
{
	live_free(v->live);
	v->live = NULL;
}

const struct view_ops view_human_ops = {
	.event = human_event,
	.tick = human_tick,
	.plan = human_plan,
	.funds = human_funds,
	.plan_end = human_plan_end,
	.applied = human_applied,
	.spent = human_spent,
	.outputs = human_outputs,
	.diags = human_diags,
	.done = human_done,
};
