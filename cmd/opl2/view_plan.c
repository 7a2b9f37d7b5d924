/*
 * A plan for people: what would happen, why, what it costs, and what cannot be
 * undone. Unchanged things are hidden; secrets never get here but as tokens.
 */
#include "cmd/opl2/view.h"

#include "cmd/opl2/text.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/schema.h"
#include "engine/spec.h"

enum {
	CREATE_LINES = 8 /* fields shown of a new resource */
};

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

struct painter {
	FILE *out;
	bool color;
	struct arena a;
};

static const char *
sgr(const struct painter *pt, const char *seq)
{
	return pt->color ? seq : "";
}

static const char *
symbol(const struct change *ch)
{
	static const char *const symbols[] = {
		[ACT_NOOP] = " ",   [ACT_READ] = "<=",     [ACT_CREATE] = "+",
		[ACT_UPDATE] = "~", [ACT_REPLACE] = "-/+", [ACT_DELETE] = "-",
		[ACT_FORGET] = ".", [ACT_IMPORT] = "+",
	};

	if (ch->action == ACT_NOOP && ch->kept)
		return ".";
	return symbols[ch->action];
}

static const char *
action_color(enum action act)
{
	switch (act) {
	case ACT_CREATE:
		return GREEN;
	case ACT_UPDATE:
	case ACT_REPLACE:
		return YELLOW;
	case ACT_DELETE:
		return RED;
	case ACT_READ:
		return CYAN;
	case ACT_NOOP:
	case ACT_FORGET:
	case ACT_IMPORT:
		break;
	}
	return "";
}

static bool
shown(const struct plan *p, const struct change *ch)
{
	if (ch->action != ACT_NOOP || ch->kept)
		return true;
	return ch->drifted || (p->mode == PLAN_REFRESH_ONLY && ch->nreasons);
}

/* "", or what to know about the kind of change. */
static const char *
class_note(const struct change *ch)
{
	if (ch->action != ACT_UPDATE && ch->action != ACT_REPLACE)
		return "";
	if (ch->class == CLASS_IN_PLACE && ch->action == ACT_UPDATE)
		return "";
	if (ch->class == CLASS_RESTART && ch->action == ACT_UPDATE)
		return "in place, restart";
	return class_name(ch->class);
}

/* A value of the field at pointer: amounts with their unit. */
static const char *
field_value(struct painter *pt, const struct change *ch, const char *pointer,
	    const json_t *v)
{
	const json_t *schema =
		ch->res ? schema_at(ch->res->schema, pointer) : NULL;
	struct u256 wei;
	char text[100];

	if (strcmp(jx_str(schema, "format", ""), "wei") == 0 &&
	    json_is_string(v) && u256_parse(json_string_value(v), &wei) == 0) {
		wei_format(&wei, text, sizeof(text));
		return arena_strdup(&pt->a, text);
	}
	return view_value_for(pt->out, v, &pt->a);
}

/* What else than a new chain would do. */
static const char *
or_upgrade(struct painter *pt, const struct change *ch, const struct reason *r)
{
	const json_t *schema =
		ch->res ? schema_at(ch->res->schema, r->pointer) : NULL;
	const char *contract = jx_str(schema, "x-upgrade", NULL);

	return contract
		       ? arena_printf(&pt->a, ", or an upgrade of %s", contract)
		       : "";
}

static void
show_values(struct painter *pt, const struct change *ch, const struct reason *r,
	    const char *what)
{
	const char *before, *after;

	if (r->sensitive)
		before = after = "(sensitive)";
	else {
		before = r->before ? field_value(pt, ch, r->pointer, r->before)
				   : "(none)";
		after = r->after ? field_value(pt, ch, r->pointer, r->after)
				 : "(none)";
	}
	if (r->unknown)
		after = r->text ? arena_printf(&pt->a,
					       "(known after apply, from %s)",
					       r->text)
				: "(known after apply)";
	else if (!r->sensitive && strcmp(before, after) == 0)
		after = "(other content)";
	fprintf(pt->out, "        %s: %s -> %s%s",
		view_pointer(r->pointer, &pt->a), before, after, what);
	if (class_needs_consent(r->class) &&
	    (r->class > CLASS_REPLACE || ch->action == ACT_UPDATE))
		fprintf(pt->out, "  %s# %s%s%s", sgr(pt, RED),
			class_name(r->class), or_upgrade(pt, ch, r),
			sgr(pt, RESET));
	fputc('\n', pt->out);
}

static void
show_reason(struct painter *pt, const struct change *ch, const struct reason *r)
{
	static const char *const texts[] = {
		[WHY_GONE] = "it is recorded but does not exist any more",
		[WHY_INCOMPLETE] =
			"an earlier run broke off here; it is continued",
		[WHY_REQUESTED] = "asked for by -replace",
		[WHY_TRIGGERED] = "its replace_when names what changes",
		[WHY_ORPHAN] = "it is no longer in the spec",
		[WHY_PROTECTED] = "kept: lifecycle.prevent_destroy",
		[WHY_NEEDED] = "kept: something that stays depends on it",
		[WHY_MOVED] = "moved",
		[WHY_KEPT] = "stays behind",
	};
	const char *text = r->why < COUNTOF(texts) ? texts[r->why] : NULL;

	if (r->why == WHY_NEW || r->why == WHY_DESTROY)
		return;
	if (r->pointer && (r->why == WHY_CONFIG || r->why == WHY_DRIFT)) {
		show_values(pt, ch, r,
			    r->why == WHY_DRIFT ? "  # changed outside of opl2"
						: "");
		return;
	}
	if (!text)
		text = why_name(r->why);
	fprintf(pt->out, "        # %s%s%s\n", text, r->text ? ": " : "",
		r->text ? r->text : "");
}

/* Fields of a new resource that the schema would not have filled in. */
struct lines {
	unsigned shown, hidden;
};

/* Whether something inside the value at pointer is unknown. */
static bool
unknown_within(const json_t *unknown, const char *pointer)
{
	size_t i, n = strlen(pointer);

	for (i = 0; i < json_array_size(unknown); i++) {
		const char *u = json_string_value(json_array_get(unknown, i));

		if (u && strncmp(u, pointer, n) == 0 && u[n] == '/')
			return true;
	}
	return false;
}

static void
show_field(struct painter *pt, const struct change *ch, const char *pointer,
	   const json_t *v, struct lines *n)
{
	const json_t *schema =
		ch->res ? schema_at(ch->res->schema, pointer) : NULL;
	const json_t *def = jx_get(schema, "default");
	bool unknown = is_unknown(ch->unknown, pointer);
	const char *name;
	json_t *sub;

	if (json_is_object(v) && json_object_size(v) && !jx_get(v, "$secret") &&
	    !unknown) {
		json_object_foreach((json_t *)(uintptr_t)v, name, sub)
			show_field(pt, ch, jx_ptr_key(&pt->a, pointer, name),
				   sub, n);
		return;
	}
	if (!unknown && (json_is_null(v) || (def && json_equal(def, v)) ||
			 (json_is_object(v) && !json_object_size(v)) ||
			 (json_is_array(v) && !json_array_size(v))))
		return;
	if (n->shown >= CREATE_LINES) {
		n->hidden++;
		return;
	}
	n->shown++;
	fprintf(pt->out, "        %s: %s\n", view_pointer(pointer, &pt->a),
		unknown ? "(known after apply)"
		: ch->res && schema_sensitive(ch->res->schema, pointer)
			? "(sensitive)"
		: json_is_array(v) && unknown_within(ch->unknown, pointer)
			? "(partly known after apply)"
			: field_value(pt, ch, pointer, v));
}

static void
show_create(struct painter *pt, const struct change *ch)
{
	struct lines n = { 0 };

	show_field(pt, ch, "", ch->config, &n);
	if (n.hidden)
		fprintf(pt->out, "        (%u more fields)\n", n.hidden);
}

/* Where a figure comes from. */
static const char *
source_words(const json_t *cost)
{
	static const char *const words[][2] = {
		{ "simulated", " (simulated on its chain)" },
		{ "estimated", " (estimated by its chain's node)" },
		{ "recorded", " (a figure of earlier ones)" },
		{ "scaled", " (scaled from figures of another fork)" },
	};
	const char *source = jx_str(cost, "source", "");

	for (size_t i = 0; i < COUNTOF(words); i++)
		if (strcmp(source, words[i][0]) == 0)
			return words[i][1];
	return jx_bool(cost, "estimate", false) ? " (estimate)" : "";
}

static void
show_cost(struct painter *pt, const json_t *cost)
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
	fprintf(pt->out, "        %scost: %s%s%s%s%s%s%s%s\n", sgr(pt, YELLOW),
		jx_str(cost, "role", ""), jx_get(cost, "address") ? " " : "",
		jx_str(cost, "address", ""), *eth ? " " : "", eth,
		gas ? arena_printf(&pt->a, ", %s gas", gas) : "",
		source_words(cost), sgr(pt, RESET));
}

static void
show_change(struct painter *pt, const struct change *ch)
{
	const char *note = class_note(ch);
	size_t i;

	fprintf(pt->out, "\n%s%4s%s %s%s%s %s%s%s%s%s%s\n",
		sgr(pt, action_color(ch->action)), symbol(ch), sgr(pt, RESET),
		ch->irreversible ? sgr(pt, RED) : "",
		ch->irreversible ? "!" : " ",
		ch->irreversible ? sgr(pt, RESET) : "", sgr(pt, BOLD), ch->addr,
		sgr(pt, RESET), *note ? "  (" : "", note, *note ? ")" : "");
	for (i = 0; i < ch->nreasons; i++)
		show_reason(pt, ch, &ch->reasons[i]);
	if (ch->action == ACT_CREATE && ch->config)
		show_create(pt, ch);
	if (ch->deferred)
		fprintf(pt->out, "        # not read yet: %s %s\n",
			ch->deferred_by ? ch->deferred_by : "a dependency",
			ch->deferred_why ? ch->deferred_why : "is not there");
	for (i = 0; i < ch->nnotes; i++)
		fprintf(pt->out, "        # %s\n", ch->notes[i]);
	for (i = 0; i < json_array_size(ch->costs); i++)
		show_cost(pt, json_array_get(ch->costs, i));
}

static void
show_outputs(struct painter *pt, const struct plan *p)
{
	size_t i;
	bool any = false;

	for (i = 0; i < p->noutputs; i++) {
		const struct plan_output *o = &p->outputs[i];
		const char *after;

		if (!o->unknown && !o->before == !o->after &&
		    (!o->before || json_equal(o->before, o->after)))
			continue;
		if (!any)
			fputs("\nOutputs:\n", pt->out);
		any = true;
		after = o->unknown     ? "(known after apply)"
			: o->sensitive ? "(sensitive)"
			: o->after ? view_value_for(pt->out, o->after, &pt->a)
				   : "(none)";
		fprintf(pt->out, "%4s   %s: %s\n",
			!o->before                 ? "+"
			: !o->after && !o->unknown ? "-"
						   : "~",
			o->name, after);
	}
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
			fputs("\nNot read, taken to be as recorded:\n",
			      pt->out);
		any = true;
		fprintf(pt->out, "       %s: %s %s\n", ch->addr,
			ch->deferred_by ? ch->deferred_by : "a dependency",
			ch->deferred_why ? ch->deferred_why : "is not there");
	}
}

const char *
view_plan_summary(const struct plan *p, struct arena *a)
{
	const struct plan_counts *n = &p->counts;
	const char *more = "";

	if (!plan_has_changes(p)) {
		if (p->mode == PLAN_DESTROY)
			return "No changes. There is nothing to destroy.";
		if (p->mode == PLAN_REFRESH_ONLY)
			return "No changes. Everything is as recorded.";
		if (p->limited)
			return "No changes in what -target covers; the rest "
			       "was left out.";
		return n->deferred
			       ? arena_printf(a, "No changes. (%u not read.)",
					      n->deferred)
			       : "No changes. Everything is as the spec "
				 "says.";
	}
	if (p->mode == PLAN_REFRESH_ONLY)
		return arena_printf(a, "Drift: %u changed outside of opl2.",
				    n->drifted);
	if (n->forget)
		more = arena_printf(a, ", %u to forget", n->forget);
	if (n->kept)
		more = arena_printf(a, "%s, %u kept", more, n->kept);
	return arena_printf(
		a, "Plan: %u to add, %u to change, %u to destroy%s.%s",
		n->create + n->replace, n->update, n->remove + n->replace, more,
		p->limited ? " (Limited by -target; the rest is "
			     "left alone.)"
			   : "");
}

void
view_plan(FILE *out, const struct plan *p, bool color, const char *saved)
{
	struct painter pt = { .out = out, .color = color };
	bool any = false;
	size_t i;

	arena_init(&pt.a);
	for (i = 0; i < p->nchanges; i++)
		if (shown(p, &p->changes[i])) {
			show_change(&pt, &p->changes[i]);
			any = true;
		}
	show_deferred(&pt, p);
	show_outputs(&pt, p);
	if (any || plan_has_changes(p))
		fputc('\n', out);
	if (p->counts.irreversible)
		fprintf(out,
			"%s!%s marks what spends money or cannot be "
			"undone.\n",
			sgr(&pt, RED), sgr(&pt, RESET));
	if (p->refused)
		fputs("This plan is refused as it stands; see the error.\n",
		      out);
	if (saved)
		fprintf(out,
			"Saved to '%s': 'opl2 apply %s' does exactly this.\n",
			saved, saved);
	fprintf(out, "%s%s%s\n", sgr(&pt, BOLD), view_plan_summary(p, &pt.a),
		sgr(&pt, RESET));
	arena_done(&pt.a);
}
