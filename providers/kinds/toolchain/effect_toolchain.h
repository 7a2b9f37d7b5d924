#ifndef OPL2_PROVIDERS_KINDS_TOOLCHAIN_EFFECT_TOOLCHAIN_H
#define OPL2_PROVIDERS_KINDS_TOOLCHAIN_EFFECT_TOOLCHAIN_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/toolchain/toolchain_places.h"

/* Asks the program at path for its version by running it once. OC_OK: *version,
 * and *said, all that it printed, are in the arena. OC_FAIL: E0709 (or the
 * runner's own). */
enum outcome toolchain_ask(struct effect_ctx *ctx, const struct effect_op *op,
			   const char *path, const char **version,
			   const char **said) MUST_CHECK;
/* The same, but a program that was asked before need not be run again
 * (providers/clients/store/memo.h). */
enum outcome toolchain_probe(struct effect_ctx *ctx, const struct effect_op *op,
			     const char *path, const char **version) MUST_CHECK;

/* Where it came from. Strings are in the arena. */
struct toolchain_source {
	const char *path;   /* the program */
	const char *origin; /* for people and state */
	const char *root;   /* of its store entry, to verify later; or NULL */
	/* What it said in the same place before; NULL: to be asked. */
	const char *version;
	json_t *lock; /* what opl2.lock keeps of it; new, or NULL */
};

enum outcome toolchain_fetch(struct effect_ctx *ctx, const struct effect_op *op,
			     const struct toolchain_place *place,
			     struct toolchain_source *out) MUST_CHECK;
/* The file of an image, {ref, file}, in the store: path, origin, root, lock. */
enum outcome toolchain_from_image(struct effect_ctx *ctx,
				  const struct effect_op *op,
				  const json_t *image,
				  struct toolchain_source *out) MUST_CHECK;
/* Appends what that would lack (providers/clients/tools/need.h). */
enum outcome toolchain_fetch_needs(struct effect_ctx *ctx,
				   const struct effect_op *op,
				   const json_t *from, json_t *out) MUST_CHECK;

/* The program of one place, asked for its version: fills out. */
enum outcome toolchain_take(struct effect_ctx *ctx, const struct effect_op *op,
			    const struct toolchain_place *place,
			    struct effect_result *out) MUST_CHECK;
/* The program of the first place that can be had; W0718 tells when that is not
 * the first of all. */
enum outcome toolchain_choose(struct effect_ctx *ctx,
			      const struct effect_op *op,
			      struct effect_result *out) MUST_CHECK;

#endif
