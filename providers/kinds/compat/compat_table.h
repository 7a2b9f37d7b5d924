#ifndef OPL2_PROVIDERS_KINDS_COMPAT_COMPAT_TABLE_H
#define OPL2_PROVIDERS_KINDS_COMPAT_COMPAT_TABLE_H

#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * The table of versions that do not go together, schemas/compat-table.json.
 * A row fires when each field below its "when" fits the config. What fits is a
 * glob ("v1.9.4*"), a version range (">=1.26"), any of an array of them,
 * {"not": ...}, {"absent": true}, or of a fork of the L1 {"past": "programs"}:
 * one that is known and newer than what the programs follow
 * (providers/facts/forks.h). A field that is absent fits nothing else, unless
 * compat_text.h has a meaning for that. The texts of a row are those of
 * compat_text.h.
 */
enum compat_hit {
	COMPAT_NO,
	COMPAT_YES,
	COMPAT_OPEN /* fits so far; the rest is unknown yet */
};

/* The rows. New reference; NULL with a diagnostic. */
json_t *compat_rows(struct diags *ds) MUST_CHECK;

/* unknown as in engine/kind/kind.h; NULL: all is known. */
enum compat_hit compat_match(const json_t *row, const json_t *config,
			     const json_t *unknown);

/*
 * Puts the whole table to the config. An error for each row that refuses; the
 * texts of those that warn go to the array `warn`, what those that are open
 * need to the array `open` (either may be NULL).
 */
int compat_judge(const json_t *config, const json_t *unknown, json_t *warn,
		 json_t *open, struct diags *ds) MUST_CHECK;

/* What a chain that is all right should know of what is to come: a warning for
 * each row of that verdict. */
void compat_remind(const json_t *config, const json_t *unknown,
		   struct diags *ds);

/* The same of those that go together and have a known fault. */
void compat_warn(const json_t *config, const json_t *unknown, struct diags *ds);

/* {verdict, notes}: the computed fields. Steals warn. */
json_t *compat_attrs(json_t *warn);

#endif
