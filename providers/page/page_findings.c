/* What is wrong, and what to do: the verdict and the findings of doctor. */
#include "providers/page/page_parts.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/io/jx.h"

#define WHY_MAX 4096

enum grade { GRADE_OK, GRADE_NOTE, GRADE_WARNING, GRADE_ERROR };
static const char *const grade_names[] = { "ok", "note", "warning", "error" };

static enum grade
grade_of(const json_t *finding)
{
	if (jx_bool(finding, "note", false))
		return GRADE_NOTE;
	return *jx_str(finding, "code", "E") == 'W' ? GRADE_WARNING
						    : GRADE_ERROR;
}

/* Whatever is worst. */
static size_t
count(const struct page *p, enum grade grade)
{
	const json_t *v;
	size_t i, n = 0;

	json_array_foreach(jx_get(p->seen, "findings"), i, v)
		n += grade_of(v) == grade;
	return n;
}

/* Processes that are not as somebody wants them; with out, as a list. */
static size_t
amiss(const struct page *p, struct buf *out)
{
	CLEANUP(arena_done) struct arena a;
	const json_t *v;
	size_t i, n = 0;

	arena_init(&a);
	json_array_foreach(jx_get(p->seen, "processes"), i, v) {
		struct process_status one = process_status_decode(&a, v);
		CLEANUP(buf_done) struct buf text = BUF_INIT(WHY_MAX);

		if (page_process_good(&one))
			continue;
		n++;
		if (!out)
			continue;
		page_process_why(&one, &text);
		html_put(out, "<li><b>%s</b>: %s", one.name,
			 process_state_name(one.state));
		if (text.n)
			html_put(out, ", %s", buf_str(&text));
		buf_adds(out, "</li>");
	}
	return n;
}

static enum grade
grade_of_all(const struct page *p)
{
	if (count(p, GRADE_ERROR) || amiss(p, NULL))
		return GRADE_ERROR;
	if (!p->seen || p->trouble || count(p, GRADE_WARNING) ||
	    json_array_size(jx_get(jx_get(p->seen, "chain"), "problems")))
		return GRADE_WARNING;
	return GRADE_OK;
}

const char *
page_verdict(const struct page *p)
{
	return grade_names[grade_of_all(p)];
}

static void
put_count(struct buf *b, size_t n, const char *what, bool more)
{
	if (n)
		buf_addf(b, "%s%zu %s%s", more ? ", " : "", n, what,
			 n == 1 ? "" : "s");
}

/* The one line that is read first. */
static void
put_headline(const struct page *p, struct buf *out)
{
	size_t errors = count(p, GRADE_ERROR), down = amiss(p, NULL);
	size_t warnings = count(p, GRADE_WARNING);
	CLEANUP(buf_done) struct buf text = BUF_INIT(WHY_MAX);

	if (down)
		buf_addf(&text, "%zu process%s not ready", down,
			 down == 1 ? "" : "es");
	put_count(&text, errors, "error", text.n > 0);
	put_count(&text, warnings, "warning", text.n > 0);
	if (!p->seen)
		buf_adds(&text, "Nothing was seen yet");
	else if (p->trouble)
		buf_addf(&text, "%sthe chain cannot be looked at",
			 text.n ? ", " : "");
	else if (text.n == 0)
		buf_adds(&text, grade_of_all(p) == GRADE_OK
					? "Nothing is wrong"
					: "Something needs a look");
	html_put(out,
		 "<div class=\"verdict %s\" role=\"status\"><p><span "
		 "class=\"sign %s\">%s</span> <strong>%s</strong></p>",
		 page_verdict(p), page_verdict(p), page_verdict(p),
		 buf_str(&text));
	if (p->trouble)
		html_put(out,
			 "<p>The last look failed, figures are older: %s</p>",
			 p->trouble);
	if (down) {
		buf_adds(out, "<ul>");
		amiss(p, out);
		buf_adds(out, "</ul>");
	}
	buf_adds(out, "</div>\n");
}

static void
put_evidence(const json_t *e, int64_t now, struct buf *out)
{
	int64_t times = jx_int(e, "count", 1), at = jx_int(e, "time", 0);

	if (jx_get(e, "said")) {
		html_put(out, "<p>%s</p>", jx_str(e, "said", ""));
		return;
	}
	html_put(out, "<p class=\"sub\">log of %s", jx_str(e, "process", "?"));
	if (at) {
		buf_adds(out, ", ");
		html_since(out, at, now);
		buf_adds(out, " ago");
	}
	if (times > 1)
		html_put(out, ", %d times", times);
	html_put(out, "</p><pre tabindex=\"0\">%s</pre>",
		 jx_str(e, "line", ""));
}

static void
put_finding(const json_t *f, int64_t now, struct buf *out)
{
	const char *grade = grade_names[grade_of(f)];
	const json_t *e;
	size_t i;

	html_put(
		out,
		"<li class=\"finding %s\"><h3><span class=\"sign %s\">%s</span>"
		" <span>%s: %s</span> <code>%s</code></h3>"
		"<p class=\"cure\"><b>Cure:</b> %s</p>",
		grade, grade, grade, jx_str(f, "what", "?"),
		jx_str(f, "title", ""), jx_str(f, "code", ""),
		jx_str(f, "cure", ""));
	html_put(out,
		 "<details><summary>Evidence and cause<span class=\"vh\"> "
		 "of %s %s</span></summary>",
		 jx_str(f, "code", ""), jx_str(f, "what", ""));
	json_array_foreach(jx_get(f, "evidence"), i, e)
		put_evidence(e, now, out);
	html_put(out, "<p>%s</p></details></li>\n", jx_str(f, "cause", ""));
}

/* Errors before warnings before notes. */
void
page_findings(const struct page *p, struct buf *out)
{
	const json_t *list = jx_get(p->seen, "findings"), *v;
	int64_t now = jx_int(p->seen, "at", p->now);
	size_t i;

	put_headline(p, out);
	if (json_array_size(list) == 0)
		return;
	buf_adds(out, "<section aria-labelledby=\"h-find\"><h2 id=\"h-find\">"
		      "Findings</h2><ul class=\"findings\">\n");
	for (enum grade g = GRADE_ERROR; g > GRADE_OK; g--) {
		json_array_foreach(list, i, v) {
			if (grade_of(v) == g)
				put_finding(v, now, out);
		}
	}
	buf_adds(out, "</ul></section>\n");
}
