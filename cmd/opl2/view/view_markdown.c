/*
 * A plan as Markdown, for a comment on a change: what to decide by, a row a
 * change, and the whole for people in a folded block, cut so that a code host
 * accepts it.
 */
#include "cmd/opl2/view/view_plan.h"

#include "engine/base/mem.h"

enum { TEXT_LIMIT = 40000, ROWS = 150 };

static void
table(FILE *out, const struct plan *p, bool cache)
{
	size_t i, rows = 0;

	for (i = 0; i < p->nchanges; i++) {
		const struct change *ch = &p->changes[i];
		const struct reason *r = ch->nreasons ? ch->reasons : NULL;

		if (change_is_quiet(ch) || change_is_cache(ch) != cache)
			continue;
		if (rows == 0)
			fputs("\n| | resource | why |\n|---|---|---|\n", out);
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

/* Four backquotes: a value may hold three. */
static void
fenced(FILE *out, const char *text, size_t n)
{
	if (n > 0)
		fprintf(out, "\n````text%s%.*s%s````\n",
			*text == '\n' ? "" : "\n", TEXT_LIMIT, text,
			n > TEXT_LIMIT ? "\n(cut)\n" : "");
}

static void
summary(FILE *out, const struct plan *p)
{
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;
	struct painter pt = { .out = open_memstream(&text, &n) };

	if (!pt.out)
		mem_exhausted();
	arena_init(&pt.a);
	view_costs(&pt, p);
	view_decide(&pt, p);
	arena_done(&pt.a);
	fclose(pt.out);
	fenced(out, text, n);
}

static void
details(FILE *out, const struct plan *p)
{
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;
	FILE *mem = open_memstream(&text, &n);

	if (!mem)
		mem_exhausted();
	view_plan(mem, p, false, true);
	fclose(mem);
	if (!n)
		return;
	fputs("\n<details><summary>details</summary>\n", out);
	fenced(out, text, n);
	fputs("\n</details>\n", out);
}

void
view_plan_markdown(FILE *out, const struct plan *p)
{
	struct arena a;

	arena_init(&a);
	fprintf(out, "### opl2 plan: %s\n\n**%s**\n", p->chain,
		view_plan_line(p, &a));
	if (p->counts.irreversible)
		fprintf(out, "\n:warning: %u irreversible.\n",
			p->counts.irreversible);
	summary(out, p);
	table(out, p, false);
	if (p->counts.cache_build || p->counts.cache_drop) {
		fputs("\n<details><summary>downloads and builds</summary>\n",
		      out);
		table(out, p, true);
		fputs("\n</details>\n", out);
	}
	details(out, p);
	if (plan_has_changes(p))
		fprintf(out, "\nDigest `%s`\n", p->content);
	arena_done(&a);
}
