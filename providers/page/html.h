#ifndef OPL2_PAGE_HTML_H
#define OPL2_PAGE_HTML_H

#include <stdint.h>

#include "engine/base/buf.h"

/*
 * HTML, of texts that nobody vouches for: names, the words of logs and of
 * servers. What is not a letter of a format is escaped.
 *
 *	%s  a text, escaped; NULL is nothing    %r  HTML as it is
 *	%d  an int64_t                          %%  a per cent sign
 */
void html_put(struct buf *b, const char *fmt, ...);

/* "45 s", "3 min 20 s", "2 h 5 min", "4 d 3 h". */
#define HTML_SPAN 32
const char *html_span(int64_t seconds, char out[HTML_SPAN]);

/* How long ago a time was, which page.js keeps up to date. */
void html_since(struct buf *b, int64_t then, int64_t now);

#endif
