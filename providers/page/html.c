#include "providers/page/html.h"

#include <stdio.h>

#include "engine/base/clock.h"

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
			buf_addxml(b, va_arg(ap, const char *));
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
