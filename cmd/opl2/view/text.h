#ifndef OPL2_VIEW_TEXT_H
#define OPL2_VIEW_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* Small text helpers of the front end. */

/* Writes text wrapped at width columns, each line after prefix; a newline in
 * text starts a new line, an empty line stays. Ends with a newline. */
void text_wrap(FILE *out, const char *text, const char *prefix, int width);

/* "3.1s", "12s", "1m20s", "2h05m": for people; out has at least 16 bytes. */
void text_elapsed(uint64_t ms, char *out, size_t n);

/* What an exit code means, as in the man page; "unknown" otherwise. */
const char *text_exit_code(int code);
/* The documented codes, 0 to EXIT_INTERNAL. */
#define TEXT_EXIT_CODES 15

/* Columns of a string: UTF-8 characters, none of them wide. */
int text_width(const char *s);

#endif
