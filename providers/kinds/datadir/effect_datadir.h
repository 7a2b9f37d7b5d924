#ifndef OPL2_PROVIDERS_KINDS_DATADIR_EFFECT_DATADIR_H
#define OPL2_PROVIDERS_KINDS_DATADIR_EFFECT_DATADIR_H

#include "providers/kinds/effect.h"

/* Shared by datadir.c and datadir_import.c only. Arena strings. */

/* Where the folder is, or would be. */
const char *datadir_path(struct effect_ctx *ctx, const struct effect_op *op);
/* A new reference: the computed fields. */
json_t *datadir_attrs(const char *dir, bool initialised);
/* `geth init`, which leaves a database of the same genesis as it is and
 * refuses one of another; and the hash that it tells is the expected one. */
enum outcome datadir_init(struct effect_ctx *ctx, const struct effect_op *op,
			  const char *dir) MUST_CHECK;
/* Are the forks that are past those that the folder's marker has? One without
 * any is of a release that scheduled none. */
int datadir_forks_agree(struct effect_ctx *ctx, const struct effect_op *op,
			const char *dir, const json_t *mark) MUST_CHECK;
/* Writes the file by which the folder is known from then on. */
int datadir_mark(struct effect_ctx *ctx, const struct effect_op *op,
		 const char *dir) MUST_CHECK;

enum outcome datadir_import(struct effect_ctx *ctx, const struct effect_op *op,
			    struct effect_result *out);

#endif
