#include "providers/page/page.h"

#include "engine/io/jx.h"
#include "providers/page/page_parts.h"

void
page_top(const struct page *p, struct buf *out)
{
	page_findings(p, out);
	page_tiles(p, out);
}

void
page_tables(const struct page *p, struct buf *out)
{
	if (!p->seen)
		return;
	page_processes(p, out);
	page_chain(p, out);
	buf_adds(out, "<p class=\"sub\">Seen ");
	html_since(out, jx_int(p->seen, "at", p->now), p->now);
	buf_adds(out, " ago, the processes ");
	html_since(out, p->processes_at, p->now);
	buf_adds(out, " ago.</p>\n");
}

void
page_head(const char *word, const char *name, const char *style,
	  struct buf *out)
{
	html_put(out,
		 "<!doctype html>\n<html lang=\"en\">\n<head>\n"
		 "<meta charset=\"utf-8\">\n<title>%s: %s</title>\n"
		 "<meta name=\"viewport\" content=\"width=device-width, "
		 "initial-scale=1\">\n"
		 "<meta name=\"color-scheme\" content=\"light dark\">\n"
		 "<link rel=\"icon\" href=\"/icon.svg\" "
		 "type=\"image/svg+xml\">\n"
		 "<style>%r</style>\n",
		 word, name, style);
}

void
page_html(const struct page *p, struct buf *out)
{
	const char *name = jx_str(p->seen, "name", "chain");

	page_head(page_verdict(p), name, p->style, out);
	html_put(out,
		 "<script src=\"/page.js\" defer></script>\n</head>\n"
		 "<body data-now=\"%d\">\n"
		 "<a class=\"skip\" href=\"#tables\">To the tables</a>\n"
		 "<header><h1>%s</h1><p id=\"live\" role=\"status\">"
		 "as of the time when this was loaded; <a href=\"/\">reload</a>"
		 "</p></header>\n<main>\n<div id=\"top\">\n",
		 p->now, name);
	page_top(p, out);
	buf_adds(out, "</div>\n<div id=\"charts\"><noscript><p class=\"sub\">"
		      "The lines of the last 24 hours are drawn by JavaScript."
		      "</p></noscript></div>\n<div id=\"tables\" "
		      "tabindex=\"-1\">\n");
	page_tables(p, out);
	buf_adds(out, "</div>\n<section id=\"plan\" aria-labelledby=\"h-plan\">"
		      "<h2 id=\"h-plan\">The spec as a graph</h2>"
		      "<p><a href=\"/graph.svg\">What depends on what, as a "
		      "picture</a>. <a href=\"/plan\">What an apply would do"
		      "</a></p></section>\n");
	html_put(out,
		 "</main>\n<footer><p class=\"sub\">opl2 %s. This page changes "
		 "nothing.</p></footer>\n</body>\n</html>\n",
		 OPL2_VERSION);
}
