#ifndef OPL2_PROVIDERS_RUNTIME_PROBE_H
#define OPL2_PROVIDERS_RUNTIME_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/runtime/process_def.h"

/* The pure part of probes: is this answer good enough? */

/* Judges an RPC result by a probe's at, equals, at_least, age_below. true: it
 * holds; else why has a short text. now is Unix ms. */
bool probe_holds(const struct process_probe *p, const json_t *result,
		 int64_t now, char *why, size_t nwhy);
/* Both are numbers, and a is the greater. */
bool value_above(const json_t *a, const json_t *b);
/* The number that is one less, as 0x hex; NULL when there is none. New
 * reference. */
json_t *value_below(const json_t *v);
/* As value_above(), for a probe that `passes`; when not, why has a short
 * text. */
bool value_passes(const json_t *v, const json_t *base, char *why, size_t nwhy);
/* Equal as numbers (hex or decimal), as text without case for 0x..., or as
 * JSON values. */
bool values_equal(const json_t *a, const json_t *b);

#endif
