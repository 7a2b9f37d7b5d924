#ifndef OPL2_BASE_BUF_H
#define OPL2_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/compiler.h"

/*
 * Growable bytes with a mandatory cap. Invariant: p is NULL or p[n] == 0, so
 * buf text can be read as a C string. An append over the cap is dropped whole
 * and sets `over`, which the caller checks once at the end.
 */
struct buf {
	char *p;
	size_t n, cap, max;
	bool over;
};

#define BUF_INIT(limit)                                                        \
	{                                                                      \
		.max = (limit)                                                 \
	}

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_addch(struct buf *b, char c);
void buf_adds(struct buf *b, const char *s);
/* As one word of a POSIX shell, whatever is in it. */
void buf_addsh(struct buf *b, const char *s);
/* Percent-encoded (RFC 3986), but for the unreserved characters and those in
 * `also`. */
void buf_addurl(struct buf *b, const void *p, size_t n, const char *also);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* As text of XML or HTML, or as the value of an attribute. A character that XML
 * does not have is left out. NULL is nothing. */
void buf_addxml(struct buf *b, const char *s);
/* Makes room for n more bytes and returns where they go; NULL if over. The
 * caller fills some and says how many by buf_filled(). */
char *buf_reserve(struct buf *b, size_t n);
void buf_filled(struct buf *b, size_t n);
/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);
/* The text, never NULL ("" when empty); owned by the buf. */
NEVER_NULL const char *buf_str(const struct buf *b);
/* The text as a malloc'd string; the buf is empty afterwards. */
NEVER_NULL char *buf_take(struct buf *b);

#endif
