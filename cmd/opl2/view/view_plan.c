/*
 * A plan for people: what would happen, why, what it costs, and what cannot be
 * undone. Unchanged things are hidden.
 */
#include "cmd/opl2/view/view_plan.h"

#include "cmd/opl2/view/text.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define YELLOW "\033[33m"
#define RESET  "\033[0m"

static bool
shown(const struct plan *p, const struct change *ch)
{
	if (!change_is_quiet(ch))
		return true;
	return ch->drifted || (p->mode == PLAN_REFRESH_ONLY && ch->nreasons);
}

/* Where a figure comes from. */
static const char *
source_words(const json_t *cost)
{
	static const char *const words[][2] = {
		{ "simulated", " (simulated on its chain)" },
		{ "estimated", " (estimated by its chain's node)" },
		{ "recorded", " (based on earlier deployments)" },
		{ "scaled", " (scaled from figures of another fork)" },
	};
	const char *source = jx_str(cost, "source", "");

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (strcmp(source, words[i][0]) == 0)
			return words[i][1];
	return jx_bool(cost, "estimate", false) ? " (estimate)" : "";
}

void
view_cost(struct painter *pt, const char *head, const json_t *cost)
{
	struct u256 wei;
	char eth[96] = "";
	const char *gas = jx_str(cost, "gas", NULL);

	/* What must be there is no cost: the table of funds has it. */
	if (jx_bool(cost, "own", false))
		return;
	if (u256_parse(jx_str(cost, "wei", ""), &wei) == 0 &&
	    !u256_is_zero(&wei))
		wei_format(&wei, eth, sizeof(eth));
	fprintf(pt->out, "%s%s%s%s%s%s%s%s%s%s\n", paint(pt, YELLOW), head,
		jx_str(cost, "role", ""), jx_get(cost, "address") ? " " : "",
		jx_str(cost, "address", ""), *eth ? " " : "", eth,
		gas ? arena_printf(&pt->a, ", %s gas", gas) : "",
		source_words(cost), paint(pt, RESET));
}

static bool
output_changes(const struct plan_output *o)
{
	return o->unknown || !o->before != !o->after ||
	       (o->before && !json_equal(o->before, o->after));
}

static void
show_output(struct painter *pt, const struct plan_output *o)
{
	const char *after = o->unknown     ? "(known after apply)"
			    : o->sensitive ? "(sensitive)"
			    : o->after
				    ? view_value_for(pt->out, o->after, &pt->a)
				    : "(none)";

	fprintf(pt->out, "%4s   %s: %s\n",
		!o->before                 ? "+"
		: !o->after && !o->unknown ? "-"
					   : "~",
		o->name, after);
}

/* The new ones by their names alone, unless all is shown. */
static void
show_outputs(struct painter *pt, const struct plan *p)
{
	const char *names = "", *head = "\nOutputs:\n";

	for (size_t i = 0; i < p->noutputs; i++) {
		const struct plan_output *o = &p->outputs[i];

		if (!output_changes(o))
			continue;
		fputs(head, pt->out);
		head = "";
		if (o->before || pt->full)
			show_output(pt, o);
		else
			names = arena_printf(&pt->a, "%s%s%s", names,
					     *names ? ", " : "", o->name);
	}
	if (*names)
		text_wrap(pt->out, arena_printf(&pt->a, "+   %s", names), "   ",
			  80);
}

/* Reads that were put off, of things that otherwise do not change. */
static void
show_deferred(struct painter *pt, const struct plan *p)
{
	bool any = false;
	size_t i;

	for (i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];

		if (!ch->deferred || shown(p, ch))
			continue;
		if (!any)
			fputs("\n"
			      "Not read, assumed to be unchanged:\n",
			      pt->out);
		any = true;
		fprintf(pt->out, "       %s: %s %s\n", ch->addr,
			ch->deferred_by ? ch->deferred_by : "a dependency",
			ch->deferred_why ? ch->deferred_why : "does not exist");
	}
}

/* What another machine has is not read, and neither is what asks it. */
static void
show_elsewhere(struct painter *pt, const struct plan *p)
{
	const char *names = "";

	for (size_t i = 0; i < p->nchanges; i++)
		if (p->changes[i].elsewhere)
			names = arena_printf(&pt->a, "%s%s%s", names,
					     *names ? ", " : "",
					     p->changes[i].addr);
	if (!*names)
		return;
	fprintf(pt->out, "\nRuns on '%s' in '%s', not looked at:\n",
		jx_str(p->host, "host", ""), jx_str(p->host, "dir", ""));
	text_wrap(pt->out, names, "       ", 80);
}

static bool
in_group(const struct plan *p, const struct change *ch, bool cache)
{
	return shown(p, ch) && change_is_cache(ch) == cache;
}

static int
group_width(const struct plan *p, bool cache)
{
	int width = 0;

	for (size_t i = 0; i < p->nchanges; i++) {
		int w = text_width(p->changes[i].addr);

		if (in_group(p, &p->changes[i], cache) && w > width)
			width = w;
	}
	return width;
}

/* The changes of one group, after a heading when there is something. */
static void
show_group(struct painter *pt, const struct plan *p, bool cache,
	   const char *heading)
{
	bool any = false;

	pt->width = group_width(p, cache);
	for (size_t i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];

		if (!in_group(p, ch, cache))
			continue;
		if (!any)
			fprintf(pt->out, "%s%s", heading, pt->full ? "" : "\n");
		any = true;
		view_change(pt, ch);
	}
}

void
view_plan(FILE *out, const struct plan *p, bool color, bool full)
{
	struct painter pt = { .out = out, .color = color, .full = full };

	arena_init(&pt.a);
	show_group(&pt, p, false, "");
	show_group(&pt, p, true,
		   "\n"
		   "Cache (downloads and builds, recreated when lost):");
	show_deferred(&pt, p);
	show_elsewhere(&pt, p);
	show_outputs(&pt, p);
	view_costs(&pt, p);
	arena_done(&pt.a);
}
