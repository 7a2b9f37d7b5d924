#include "providers/page/page_plan.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/page/html.h"
#include "providers/page/page_parts.h"

/* As `opl2 plan` draws them. */
static const struct action {
	const char *name, *sign, *says;
} actions[] = {
	{ "create", "+", "is created" },     { "update", "~", "is changed" },
	{ "replace", "-/+", "is replaced" }, { "delete", "-", "is destroyed" },
	{ "forget", ".", "is forgotten" },   { "import", "+", "is imported" },
};

static const struct action *
action_of(const char *name)
{
	for (size_t i = 0; i < COUNTOF(actions); i++)
		if (!strcmp(actions[i].name, name))
			return &actions[i];
	return NULL;
}

/* What of its config is another than before, without values: whoever reads the
 * page need not be allowed to read the spec. */
static void
add_fields(const json_t *change, struct buf *out)
{
	const json_t *reason;
	size_t i, n = 0;

	json_array_foreach(json_object_get(change, "reasons"), i, reason) {
		const char *at = jx_str(reason, "pointer", "");

		if (*at == '/')
			html_put(out, "%r<code>%s</code>", n++ ? ", " : "",
				 at + 1);
	}
	if (n)
		buf_adds(out, "<br>");
}

static void
add_notes(const json_t *change, struct buf *out)
{
	const json_t *notes = json_object_get(change, "notes"), *note;
	size_t i;

	json_array_foreach(notes, i, note)
		html_put(out, "%r%s", i ? "<br>" : "", json_string_value(note));
}

static void
add_change(const json_t *change, struct buf *out)
{
	const struct action *a = action_of(jx_str(change, "action", ""));
	const char *class = jx_str(change, "class", "");
	bool grave = jx_bool(change, "irreversible", false);

	if (!a)
		return;
	html_put(out,
		 "<tr data-addr=\"%s\" data-action=\"%s\" data-sign=\"%s\">"
		 "<th scope=\"row\">%s</th><td class=\"n l\"><b>%s</b> %s%s%s"
		 "%s</td><td>%r",
		 jx_str(change, "addr", ""), a->name, a->sign,
		 jx_str(change, "addr", ""), a->sign, a->says,
		 *class ? " (" : "", class, *class ? ")" : "",
		 grave ? "<span class=\"sign warning\">spends money or cannot "
			 "be undone</span><br>"
		       : "");
	add_fields(change, out);
	add_notes(change, out);
	buf_adds(out, "</td></tr>\n");
}

static void
add_diagnostic(const json_t *d, struct buf *out)
{
	const char *severity = jx_str(d, "severity", "");

	if (strcmp(severity, "error") && strcmp(severity, "warning"))
		return;
	html_put(out, "<li><span class=\"sign %s\">%s</span> %s %s", severity,
		 severity, jx_str(d, "code", ""), jx_str(d, "summary", ""));
	if (jx_str(d, "hint", NULL))
		html_put(out, "<br>%s", jx_str(d, "hint", ""));
	buf_adds(out, "</li>\n");
}

struct parts {
	struct buf rows, problems;
	char summary[256];
};

static void
add_line(struct parts *p, const json_t *line)
{
	const char *type = jx_str(line, "type", "");

	if (!strcmp(type, "planned_change"))
		add_change(json_object_get(line, "change"), &p->rows);
	else if (!strcmp(type, "diagnostic"))
		add_diagnostic(json_object_get(line, "diagnostic"),
			       &p->problems);
	else if (!strcmp(type, "change_summary"))
		snprintf(p->summary, sizeof(p->summary), "%s",
			 jx_str(line, "@message", ""));
}

static void
add_lines(struct parts *p, const char *said, size_t n)
{
	const char *end;

	for (; n; n -= (size_t)(end - said), said = end) {
		const char *stop = memchr(said, '\n', n);
		json_t *line;

		end = stop ? stop + 1 : said + n;
		line = jx_parse(said, (size_t)(end - said), "a plan", NULL);
		add_line(p, line);
		json_decref(line);
	}
}

void
page_plan(const struct page_plan *plan, struct buf *out)
{
	struct parts p = { .rows = BUF_INIT(LIM_STATE_BYTES),
			   .problems = BUF_INIT(LIM_STATE_BYTES) };

	add_lines(&p, plan->said, plan->n);
	page_head("plan", plan->name, plan->style, out);
	html_put(out,
		 "</head>\n<body>\n<main><h1>%s</h1>\n<div id=\"changes\">"
		 "<p><strong>%s</strong></p>\n",
		 plan->name,
		 *p.summary     ? p.summary
		 : p.problems.n ? "There is no plan."
				: plan->why);
	if (p.problems.n)
		html_put(out, "<ul>\n%r</ul>\n", buf_str(&p.problems));
	if (p.rows.n)
		html_put(out,
			 "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
			 "aria-label=\"Changes\"><table><thead><tr>"
			 "<th scope=\"col\">resource</th>"
			 "<th scope=\"col\">an apply</th>"
			 "<th scope=\"col\">why</th></tr></thead><tbody>\n"
			 "%r</tbody></table></div>\n",
			 buf_str(&p.rows));
	buf_adds(out, "<p class=\"sub\">Planned ");
	html_since(out, plan->at, plan->at);
	buf_adds(out, " ago. <code>opl2 plan</code> shows the values.</p>"
		      "</div>\n</main>\n</body>\n</html>\n");
	buf_done(&p.rows);
	buf_done(&p.problems);
}
