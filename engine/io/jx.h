#ifndef OPL2_ENGINE_IO_JX_H
#define OPL2_ENGINE_IO_JX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * jansson helpers. Borrow by default; "new reference" is said where it is
 * so. No reals anywhere: amounts are decimal strings.
 */

void put_json(json_t **j); /* for CLEANUP; leaves NULL behind */

/* Parses text; duplicate keys are refused. NULL on error, with a diag naming
 * `what` when ds is given. New reference. */
json_t *jx_parse(const char *text, size_t n, const char *what,
		 struct diags *ds);
json_t *jx_load_file(const char *path, size_t max, struct diags *ds);
/* Canonical text: sorted keys, two-space indent, final newline. malloc'd. */
NEVER_NULL char *jx_dump(const json_t *j);
/* One line, sorted keys, no newline. malloc'd. */
NEVER_NULL char *jx_dump_line(const json_t *j);
/* sha256 of the one-line canonical text, 64 hex digits + NUL. */
void jx_digest(const json_t *j, char out[65]);

/* Typed getters on objects: def when absent or of another type. */
const char *jx_str(const json_t *o, const char *key, const char *def);
int64_t jx_int(const json_t *o, const char *key, int64_t def);
bool jx_bool(const json_t *o, const char *key, bool def);
/* Borrowed; NULL when absent (json null counts as absent). */
const json_t *jx_get(const json_t *o, const char *key);

/* JSON pointers, RFC 6901. jx_at borrows; NULL when absent. */
const json_t *jx_at(const json_t *root, const char *pointer);
/* Sets (making objects on the way); steals value. -1 when the path runs
 * through a scalar or past an array's end. */
int jx_set_at(json_t *root, const char *pointer, json_t *value);
/* base + "/" + escaped key. */
NEVER_NULL char *jx_ptr_key(struct arena *a, const char *base, const char *key);
NEVER_NULL char *jx_ptr_idx(struct arena *a, const char *base, size_t i);

/* Maps merge, everything else replaces, null deletes; over wins. base is
 * changed in place; values of over are shared, not copied. */
void jx_merge(json_t *base, const json_t *over);

/* Builders that read well. Each steals nothing and returns a new reference. */
json_t *jx_strf(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* json_incref through const, for the few places that keep a borrowed value
 * which nobody will change: says so by its name. */
json_t *jx_share(const json_t *j);

#endif
