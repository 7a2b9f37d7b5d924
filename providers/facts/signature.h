#ifndef OPL2_PROVIDERS_FACTS_SIGNATURE_H
#define OPL2_PROVIDERS_FACTS_SIGNATURE_H

#include "engine/kind/kind.h"

/*
 * What can be told of a call before anything is encoded: whether a signature
 * is one and its arguments may be of its types. Ranges are the encoder's
 * matter. -1 with an E0830 at a JSON pointer into the config.
 */

/* A function at prefix + "/" + key of o, with "args" beside it; absent or
 * unknown is fine. view: it says what it returns, too. */
int signature_check(struct kind_ctx *ctx, const json_t *o, const char *prefix,
		    const char *key, bool view, const json_t *unknown);

/* Arguments against the types in "(T,...)", which are at ptr. *end is what
 * follows them. */
int signature_args(struct kind_ctx *ctx, const char *types, const char *ptr,
		   const json_t *args, const json_t *unknown,
		   const char *args_ptr, const char **end);

#endif
