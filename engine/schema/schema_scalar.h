#ifndef OPL2_ENGINE_SCHEMA_SCHEMA_SCALAR_H
#define OPL2_ENGINE_SCHEMA_SCHEMA_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * Text to a typed value, by schema. Diagnostics are appended without position
 * or path: the caller decorates.
 */
struct scalar {
	struct diags *ds;
	const char *subject; /* the field's name, for messages */
	const char *text;
	bool quoted; /* in the file: then it is text and nothing else */
	/* Not from a file but from another resource: the canonical forms (wei
	 * as digits, integers as text) are welcome. */
	bool value;
};

/* New reference, or NULL with a diag. */
json_t *scalar_type(const struct scalar *s, const json_t *schema);
/* enum, minimum ... on a typed value of any type; 0, or -1 with a diag. */
int scalar_limits(const struct scalar *s, const json_t *schema,
		  const json_t *v);
/* "an integer", "a map", "an amount such as '0.5eth'": for messages. */
const char *schema_wants(const json_t *schema);
/* value.seconds and so on: text of the number, malloc'd, or NULL with a diag
 * without position. text is a written or a canonical quantity. */
char *accessor_apply(const char *accessor, const char *text, struct diags *ds);
/* Is it one of seconds, wei, gwei, bytes? */
bool accessor_known(const char *word);

#endif
