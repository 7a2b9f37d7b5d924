#ifndef OPL2_PROVIDERS_EFFECT_TOOLCHAIN_H
#define OPL2_PROVIDERS_EFFECT_TOOLCHAIN_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/effect.h"

/* Asks the program at path for its version by running it once. OC_OK: *version
 * is in the arena. OC_FAIL: E0709 (or the runner's own). */
enum outcome toolchain_probe(struct op_ctx *ctx, const struct op *op,
			     const char *path, const char **version) MUST_CHECK;

/* Where `from` says it comes from. Strings are in the arena. */
struct toolchain_source {
	const char *path;   /* the program */
	const char *origin; /* for people and state */
	const char *root;   /* of its store entry, to verify later; or NULL */
	/* What it said in the same place before; NULL: to be asked. */
	const char *version;
	json_t *lock; /* what opl2.lock keeps of it; new, or NULL */
};

enum outcome toolchain_fetch(struct op_ctx *ctx, const struct op *op,
			     struct toolchain_source *out) MUST_CHECK;
/* Appends what that would lack (providers/lib/need.h). */
enum outcome toolchain_fetch_needs(struct op_ctx *ctx, const struct op *op,
				   json_t *out) MUST_CHECK;

#endif
