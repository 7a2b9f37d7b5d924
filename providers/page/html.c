#include "providers/page/html.h"

#include <stdio.h>

#include "engine/base/clock.h"

static void
html_text(struct buf *b, const char *s)
{
	for (; s && *s; s++) {
		if (*s == '&')
			buf_adds(b, "&amp;");
		else if (*s == '<')
			buf_adds(b, "&lt;");
		else if (*s == '>')
			buf_adds(b, "&gt;");
		else if (*s == '"')
			buf_adds(b, "&quot;");
		else if (*s == '\'')
			buf_adds(b, "&#39;");
		else if ((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t')
			buf_addch(b, *s);
	}
}

void
html_put(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			buf_addch(b, *fmt);
			continue;
		}
		fmt++;
		if (*fmt == 's')
			html_text(b, va_arg(ap, const char *));
		else if (*fmt == 'r')
			buf_adds(b, va_arg(ap, const char *));
		else if (*fmt == 'd')
			buf_addf(b, "%lld", (long long)va_arg(ap, int64_t));
		else
			buf_addch(b, *fmt);
	}
	va_end(ap);
}

const char *
html_span(int64_t s, char out[HTML_SPAN])
{
	long long n = s > 0 ? s : 0;

	if (n < 60)
		snprintf(out, HTML_SPAN, "%lld s", n);
	else if (n < 3600)
		snprintf(out, HTML_SPAN, "%lld min %lld s", n / 60, n % 60);
	else if (n < 86400)
		snprintf(out, HTML_SPAN, "%lld h %lld min", n / 3600,
			 n / 60 % 60);
	else
		snprintf(out, HTML_SPAN, "%lld d %lld h", n / 86400,
			 n / 3600 % 24);
	return out;
}

void
html_since(struct buf *b, int64_t then, int64_t now)
{
	char span[HTML_SPAN], at[CLOCK_MINUTE];

	utc_text(then, at, sizeof(at));
	html_put(b, "<time datetime=\"%s\" data-at=\"%d\">%s</time>", at, then,
		 html_span(now - then, span));
}
