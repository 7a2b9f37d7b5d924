/*
 * One change of a plan for people: what happens to it and why. Secrets never
 * get here but as tokens.
 */
#include "cmd/opl2/view/view_plan.h"

#include "cmd/opl2/view/text.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

enum { DEEP = 20 /* columns of a folder that is left out */ };

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"
#define BOLD   "\033[1m"
#define RESET  "\033[0m"

const char *
paint(const struct painter *pt, const char *seq)
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
	const json_t *schema = schema_at(schema_for(ch->kind), pointer);
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
	const json_t *schema = schema_at(schema_for(ch->kind), r->pointer);
	const char *contract = jx_str(schema, "x-upgrade", NULL);

	return contract
		       ? arena_printf(&pt->a, ", or an upgrade of %s", contract)
		       : "";
}

/* What is after the folder that two paths share, where that is deep down: whole
 * paths would be cut to the same text. 0: nothing is left out. */
static size_t
shared_folder(const struct reason *r)
{
	const char *b = json_string_value(r->before);
	const char *a = json_string_value(r->after);
	size_t folder = 0;

	if (!b || !a || *b != '/')
		return 0;
	for (size_t i = 0; b[i] && b[i] == a[i]; i++)
		if (b[i] == '/')
			folder = i;
	return folder < DEEP ? 0 : folder;
}

static const char *
change_value(struct painter *pt, const struct change *ch,
	     const struct reason *r, const json_t *v)
{
	size_t folder = shared_folder(r);
	CLEANUP(put_json) json_t *end = NULL;

	if (!v)
		return "(none)";
	if (!folder)
		return field_value(pt, ch, r->pointer, v);
	end = jx_strf("...%s", json_string_value(v) + folder);
	return view_value(end, &pt->a);
}

static void
show_values(struct painter *pt, const struct change *ch, const struct reason *r,
	    const char *what)
{
	const char *before, *after;

	if (r->sensitive)
		before = after = "(sensitive)";
	else {
		before = change_value(pt, ch, r, r->before);
		after = change_value(pt, ch, r, r->after);
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
		fprintf(pt->out, "  %s# %s%s%s", paint(pt, RED),
			class_name(r->class), or_upgrade(pt, ch, r),
			paint(pt, RESET));
	fputc('\n', pt->out);
}

static void
show_reason(struct painter *pt, const struct change *ch, const struct reason *r)
{
	static const char *const texts[] = {
		[WHY_GONE] = "it is recorded but no longer exists",
		[WHY_INCOMPLETE] =
			"an earlier run was interrupted here; it is continued",
		[WHY_REQUESTED] = "asked for by -replace",
		[WHY_TRIGGERED] = "its replace_when names what changes",
		[WHY_ORPHAN] = "it is not in the spec any more",
		[WHY_PROTECTED] = "kept: lifecycle.prevent_destroy",
		[WHY_NEEDED] = "kept: a resource that stays depends on it",
		[WHY_MOVED] = "moved from",
		[WHY_KEPT] = "stays behind",
		[WHY_REMOVED] = "will be forgotten; nothing is destroyed",
		[WHY_IMPORT] = "to import",
		[WHY_WITHIN] = "what it is in is made anew",
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

/* Those of a new resource that the schema would not have filled in. */
static void
show_fields(struct painter *pt, const struct change *ch, const char *pointer,
	    const json_t *v)
{
	const json_t *schema = schema_at(schema_for(ch->kind), pointer);
	const json_t *def = jx_get(schema, "default");
	bool unknown = is_unknown(ch->unknown, pointer);
	const char *name;
	json_t *sub;

	if (json_is_object(v) && json_object_size(v) && !jx_get(v, "$secret") &&
	    !unknown) {
		json_object_foreach((json_t *)(uintptr_t)v, name, sub)
			show_fields(pt, ch, jx_ptr_key(&pt->a, pointer, name),
				    sub);
		return;
	}
	if (!unknown && (json_is_null(v) || (def && json_equal(def, v)) ||
			 (json_is_object(v) && !json_object_size(v)) ||
			 (json_is_array(v) && !json_array_size(v))))
		return;
	fprintf(pt->out, "        %s: %s\n", view_pointer(pointer, &pt->a),
		unknown ? "(known after apply)"
		: schema_sensitive(schema_for(ch->kind), pointer)
			? "(sensitive)"
		: json_is_array(v) && unknown_within(ch->unknown, pointer)
			? "(partly known after apply)"
			: field_value(pt, ch, pointer, v));
}

/* Builds alone: how long the rest takes is no reason to do it or not. */
static const char *
expected(struct painter *pt, const struct change *ch)
{
	return change_is_cache(ch) && ch->takes_ms
		       ? arena_printf(&pt->a, "%*s  %s",
				      pt->width - text_width(ch->addr), "",
				      view_takes(pt, ch))
		       : "";
}

/* That it is in the spec no longer is all that there is to say of a build that
 * nothing uses any more. */
static bool
says_why(const struct painter *pt, const struct change *ch)
{
	return pt->full || ch->action != ACT_DELETE || !change_is_cache(ch);
}

void
view_change(struct painter *pt, const struct change *ch)
{
	const char *note = class_note(ch);
	size_t i;

	fprintf(pt->out, "%s%s%4s%s %s%s%s %s%s%s%s%s%s%s\n",
		pt->full ? "\n" : "", paint(pt, action_color(ch->action)),
		symbol(ch), paint(pt, RESET),
		ch->irreversible ? paint(pt, RED) : "",
		ch->irreversible ? "!" : " ",
		ch->irreversible ? paint(pt, RESET) : "", paint(pt, BOLD),
		ch->addr, paint(pt, RESET), *note ? "  (" : "", note,
		*note ? ")" : "", expected(pt, ch));
	for (i = 0; says_why(pt, ch) && i < ch->nreasons; i++)
		show_reason(pt, ch, &ch->reasons[i]);
	if (pt->full && ch->action == ACT_CREATE && ch->config)
		show_fields(pt, ch, "", ch->config);
	if (ch->deferred)
		fprintf(pt->out, "        # not read yet: %s %s\n",
			ch->deferred_by ? ch->deferred_by : "a dependency",
			ch->deferred_why ? ch->deferred_why : "does not exist");
	/* The end of the plan has these. */
	if (!pt->full && ch->irreversible && ch->action == ACT_CREATE)
		return;
	for (i = 0; i < ch->nnotes; i++)
		fprintf(pt->out, "        # %s\n", ch->notes[i]);
	for (i = 0; i < json_array_size(ch->costs); i++)
		view_cost(pt, "        cost: ", json_array_get(ch->costs, i));
}
