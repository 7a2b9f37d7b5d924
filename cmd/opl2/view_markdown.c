/*
 * A plan as Markdown, for a comment on a change: a summary, and the plan for
 * people in a folded block, cut so that a code host accepts it.
 */
#include "cmd/opl2/view.h"

#include "engine/base/mem.h"

enum { TEXT_LIMIT = 40000, ROWS = 150 };

static void
table(FILE *out, const struct plan *p)
{
	size_t i, rows = 0;

	fputs("\n| | resource | why |\n|---|---|---|\n", out);
	for (i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];
		const struct reason *r = ch->nreasons ? ch->reasons : NULL;

		if (ch->action == ACT_NOOP && !ch->kept)
			continue;
		if (rows++ == ROWS) {
			fputs("| ... | | |\n", out);
			break;
		}
		fprintf(out, "| %s%s | `%s` | %s%s%s |\n",
			action_name(ch->action),
			ch->irreversible ? " **!**" : "", ch->addr,
			r ? why_name(r->why) : "",
			ch->class > CLASS_RESTART ? ", " : "",
			ch->class > CLASS_RESTART ? class_name(ch->class) : "");
	}
}

void
view_plan_markdown(FILE *out, const struct plan *p)
{
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;
	FILE *mem = open_memstream(&text, &n);
	struct arena a;

	if (!mem)
		abort();
	arena_init(&a);
	view_plan(mem, p, false, NULL);
	fclose(mem);
	fprintf(out, "### opl2 plan: %s\n\n**%s**\n", p->chain,
		view_plan_summary(p, &a));
	if (p->counts.irreversible)
		fprintf(out, "\n:warning: %u irreversible.\n",
			p->counts.irreversible);
	if (plan_has_changes(p))
		table(out, p);
	/* Four backquotes: a value may hold three. */
	fprintf(out,
		"\n<details><summary>details</summary>\n\n````text\n%.*s%s"
		"````\n\n</details>\n\nDigest `%s`\n",
		TEXT_LIMIT, text, n > TEXT_LIMIT ? "\n(cut)\n" : "", p->digest);
	arena_done(&a);
}
