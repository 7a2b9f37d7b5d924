#ifndef OPL2_ENGINE_IO_SUMLINE_H
#define OPL2_ENGINE_IO_SUMLINE_H

#include <stddef.h>
#include <jansson.h>

/*
 * A record as a line that shows whether it is whole: 8 hex digits (the start
 * of the sha256 of the text), a space, one-line JSON, a newline.
 */
char *sumline_make(const json_t *record); /* malloc'd */

/* The record of a line without its newline; NULL when it is damaged. New
 * reference. */
json_t *sumline_read(const char *p, size_t n);

#endif
