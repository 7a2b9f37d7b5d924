#include "engine/base/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT(max);
}

void
buf_done(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT(b->max);
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->over = false;
	if (b->p)
		b->p[0] = '\0';
}

/* Makes sure that n more bytes and the final NUL fit. */
static bool
buf_grow(struct buf *b, size_t n)
{
	size_t want, cap;

	if (n > b->max - b->n) {
		b->over = true;
		return false;
	}
	want = b->n + n + 1;
	if (want <= b->cap)
		return true;
	cap = b->cap ? b->cap : 128;
	while (cap < want)
		cap = cap > want / 2 ? cap * 2 : want;
	b->p = xrealloc(b->p, cap);
	b->cap = cap;
	b->p[b->n] = '\0';
	return true;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (!buf_grow(b, n))
		return;
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_addch(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addurl(struct buf *b, const void *p, size_t n, const char *also)
{
	const unsigned char *s = p;

	for (size_t i = 0; i < n; i++)
		if (s[i] && s[i] < 0x80 &&
		    (isalnum(s[i]) || strchr("-._~", s[i]) ||
		     strchr(also, s[i])))
			buf_addch(b, (char)s[i]);
		else
			buf_addf(b, "%%%02X", s[i]);
}

void
buf_addsh(struct buf *b, const char *s)
{
	buf_addch(b, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_adds(b, "'\\''");
		else
			buf_addch(b, *s);
	buf_addch(b, '\'');
}

void
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || !buf_grow(b, (size_t)n))
		return;
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	b->n += (size_t)n;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void
buf_addxml(struct buf *b, const char *s)
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

char *
buf_reserve(struct buf *b, size_t n)
{
	if (!buf_grow(b, n))
		return NULL;
	b->p[b->n] = '\0';
	return b->p + b->n;
}

void
buf_filled(struct buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
	} else {
		memmove(b->p, b->p + n, b->n - n);
		b->n -= n;
	}
	if (b->p)
		b->p[b->n] = '\0';
}

const char *
buf_str(const struct buf *b)
{
	return b->p ? b->p : "";
}

char *
buf_take(struct buf *b)
{
	char *p = b->p ? TAKE(b->p) : xstrdup("");

	*b = (struct buf)BUF_INIT(b->max);
	return p;
}
