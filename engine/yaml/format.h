#ifndef OPL2_ENGINE_YAML_FORMAT_H
#define OPL2_ENGINE_YAML_FORMAT_H

#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/*
 * The canonical layout of a YAML file: two spaces a level, list dashes too; one
 * space after ":", "-" and ","; { a: 1 }, [a, b]; no tabs, no blanks at the end
 * of a line, one empty line in a row, LF, a newline at the end. Nothing but
 * white space changes: lines are neither joined nor split, and comments, order,
 * quotes and the content of block scalars stay.
 *
 * Lets anchors, tags, several documents and duplicate keys through: they are
 * for yaml_parse() to refuse. 0, or -1 with diags: text that is no YAML, and
 * E0113 where the result would not say the same.
 */
int yaml_format(const char *name, const char *text, size_t n, struct buf *out,
		struct diags *ds);

#endif
