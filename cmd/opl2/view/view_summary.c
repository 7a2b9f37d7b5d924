/*
 * The end of a plan, for whoever has to decide: who pays, what cannot be
 * undone, what restarts, what is downloaded and built and how long that takes.
 */
#include "cmd/opl2/view/view_plan.h"

#include "engine/io/jx.h"

#define RED   "\033[31m"
#define BOLD  "\033[1m"
#define RESET "\033[0m"

enum { LONGEST = 4 /* builds that are named */ };

/* --- how long ------------------------------------------------------------- */

/* Nothing is known so well that more digits would mean something. */
static const char *
about(struct painter *pt, uint64_t ms)
{
	uint64_t s = (ms + 999) / 1000, min = (s + 59) / 60;

	if (s < 90)
		return arena_printf(&pt->a, "about %llu s",
				    (unsigned long long)s);
	if (min < 90)
		return arena_printf(&pt->a, "about %llu min",
				    (unsigned long long)min);
	return arena_printf(&pt->a, "about %llu h %llu min",
			    (unsigned long long)(min / 60),
			    (unsigned long long)(min % 60));
}

const char *
view_takes(struct painter *pt, const struct change *ch)
{
	const char *text = about(pt, ch->takes_ms);

	return ch->takes_recorded
		       ? text
		       : arena_printf(&pt->a, "first time: %s", text);
}

/* --- money ---------------------------------------------------------------- */

static bool
is_spent(const json_t *cost)
{
	return !jx_bool(cost, "own", false);
}

void
view_costs(struct painter *pt, const struct plan *p)
{
	const char *head = "\nMoney:\n";

	for (size_t i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];

		for (size_t k = 0; k < json_array_size(ch->costs); k++) {
			const json_t *cost = json_array_get(ch->costs, k);

			if (!is_spent(cost))
				continue;
			fputs(head, pt->out);
			head = "";
			view_cost(pt, arena_printf(&pt->a, "  %s: ", ch->addr),
				  cost);
		}
	}
}

/* --- what has no way back ------------------------------------------------- */

static bool
has_flag(const struct change *ch, unsigned flag)
{
	const struct kind *k = kind_find(ch->kind);

	return k && k->flags & flag;
}

/* Why it is in the list; NULL: it is not. */
static const char *
no_way_back(const struct change *ch)
{
	bool gone = ch->action == ACT_DELETE || ch->action == ACT_REPLACE;

	if (class_needs_consent(ch->class) &&
	    (ch->action == ACT_UPDATE || ch->action == ACT_REPLACE))
		return class_name(ch->class);
	if (gone && has_flag(ch, KIND_DATA))
		return "its data is deleted";
	return ch->irreversible ? "" : NULL;
}

static void
show_no_way_back(struct painter *pt, const struct change *ch, const char *why)
{
	const char *first = *why ? why : ch->nnotes ? ch->notes[0] : "";

	fprintf(pt->out, "  %s!%s %s%s%s\n", paint(pt, RED), paint(pt, RESET),
		ch->addr, *first ? ": " : "", first);
	for (size_t i = *why ? 0 : 1; i < ch->nnotes; i++)
		fprintf(pt->out, "      %s\n", ch->notes[i]);
}

static void
show_irreversible(struct painter *pt, const struct plan *p)
{
	const char *head = "\nSpends money or cannot be undone:\n";

	for (size_t i = 0; i < p->nchanges; i++) {
		const char *why = no_way_back(&p->changes[i]);

		if (!why)
			continue;
		fputs(head, pt->out);
		head = "";
		show_no_way_back(pt, &p->changes[i], why);
	}
}

/* --- what is away for a moment -------------------------------------------- */

static bool
restarts(const struct change *ch)
{
	return has_flag(ch, KIND_RUNS) &&
	       (ch->action == ACT_REPLACE ||
		(ch->action == ACT_UPDATE && ch->class != CLASS_IN_PLACE));
}

static void
show_restarts(struct painter *pt, const struct plan *p)
{
	const char *head = "\n"
			   "Restarts, in this order; each is unavailable until "
			   "it is ready again:\n";

	for (size_t i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];

		if (!restarts(ch))
			continue;
		fputs(head, pt->out);
		head = "";
		fprintf(pt->out, "  %s%s%s\n", ch->addr,
			ch->takes_ms ? ": " : "",
			ch->takes_ms ? view_takes(pt, ch) : "");
	}
}

static unsigned
count_restarts(const struct plan *p)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->nchanges; i++)
		n += p->changes[i].action == ACT_UPDATE &&
		     restarts(&p->changes[i]);
	return n;
}

/* --- what is downloaded and built ----------------------------------------- */

static int
by_time(const void *a, const void *b)
{
	const struct change *const *x = a, *const *y = b;

	if ((*x)->takes_ms != (*y)->takes_ms)
		return (*x)->takes_ms < (*y)->takes_ms ? 1 : -1;
	return strcmp((*x)->addr, (*y)->addr);
}

static bool
is_built(const struct change *ch)
{
	return change_is_cache(ch) &&
	       (ch->action == ACT_CREATE || ch->action == ACT_UPDATE ||
		ch->action == ACT_REPLACE);
}

static void
show_builds(struct painter *pt, const struct plan *p)
{
	const struct change **v =
		arena_alloc(&pt->a, (p->nchanges + 1) * sizeof(*v));
	uint64_t total = 0;
	size_t n = 0;

	for (size_t i = 0; i < p->nchanges; i++) {
		if (!is_built(&p->changes[i]) || !p->changes[i].takes_ms)
			continue;
		total += p->changes[i].takes_ms;
		v[n++] = &p->changes[i];
	}
	if (!n)
		return;
	qsort(v, n, sizeof(*v), by_time);
	fprintf(pt->out,
		"\n"
		"Downloads and builds: %s in total; what is in the store takes "
		"seconds:\n",
		about(pt, total));
	for (size_t i = 0; i < n && i < LONGEST; i++)
		fprintf(pt->out, "  %s: %s\n", v[i]->addr,
			view_takes(pt, v[i]));
	if (n > LONGEST)
		fprintf(pt->out, "  and %zu more\n", n - LONGEST);
}

void
view_decide(struct painter *pt, const struct plan *p)
{
	show_irreversible(pt, p);
	show_restarts(pt, p);
	show_builds(pt, p);
}

/* --- the last line -------------------------------------------------------- */

static const char *
no_changes(const struct plan *p, struct arena *a)
{
	if (p->mode == PLAN_DESTROY)
		return "No changes. Nothing to destroy.";
	if (p->mode == PLAN_REFRESH_ONLY)
		return "No changes. The chain matches the state.";
	if (p->limited)
		return "No changes to what -target selects; the rest was not "
		       "checked.";
	return p->counts.deferred
		       ? arena_printf(a, "No changes. (%u not read.)",
				      p->counts.deferred)
		       : "No changes. The chain matches the spec.";
}

const char *
view_plan_line(const struct plan *p, struct arena *a)
{
	const struct plan_counts *n = &p->counts;
	const char *more = "", *restart = "", *import = "";
	unsigned r = count_restarts(p);

	if (!plan_has_changes(p))
		return no_changes(p, a);
	if (p->mode == PLAN_REFRESH_ONLY)
		return arena_printf(a, "Drift: %u changed outside opl2.",
				    n->drifted);
	if (n->import)
		import = arena_printf(a, "%u to import, ", n->import);
	if (n->forget)
		more = arena_printf(a, ", %u to forget", n->forget);
	if (n->kept)
		more = arena_printf(a, "%s, %u kept", more, n->kept);
	if (r)
		restart = arena_printf(a, " (%u restart%s)", r,
				       r == 1 ? "s" : "");
	if (n->cache_build || n->cache_drop)
		more = arena_printf(a, "%s; cache: %u to build, %u to drop",
				    more, n->cache_build, n->cache_drop);
	return arena_printf(
		a,
		"Plan: %s%u to add, %u to change%s, %u to "
		"destroy%s.%s",
		import, n->add, n->change, restart, n->destroy, more,
		p->limited ? " (Limited by -target or -exclude; other "
			     "resources are not changed.)"
			   : "");
}

static bool
is_folded(const struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++)
		if (p->changes[i].action == ACT_CREATE)
			return true;
	return false;
}

void
view_plan_end(FILE *out, const struct plan *p, bool color, bool full,
	      const char *saved)
{
	struct painter pt = { .out = out, .color = color, .full = full };

	arena_init(&pt.a);
	view_decide(&pt, p);
	if (plan_has_changes(p))
		fputc('\n', out);
	if (p->counts.irreversible)
		fprintf(out,
			"%s!%s marks what spends money or cannot be undone.\n",
			paint(&pt, RED), paint(&pt, RESET));
	if (!full && is_folded(p))
		fputs("-full shows the attributes of what is new.\n", out);
	if (p->refused)
		fputs("This plan cannot be applied; see the error.\n", out);
	if (saved)
		fprintf(out,
			"Saved to '%s': 'opl2 apply %s' performs exactly these "
			"actions.\n",
			saved, saved);
	if (p->counts.not_here)
		fprintf(out,
			"Not on this machine: %u downloads and builds; apply "
			"makes those that a change needs.\n",
			p->counts.not_here);
	if (plan_has_changes(p))
		fprintf(out, "Digest: %s\n", p->content);
	fprintf(out, "%s%s%s\n", paint(&pt, BOLD), view_plan_line(p, &pt.a),
		paint(&pt, RESET));
	arena_done(&pt.a);
}
