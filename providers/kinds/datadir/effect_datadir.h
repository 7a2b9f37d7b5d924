#ifndef OPL2_PROVIDERS_KINDS_DATADIR_EFFECT_DATADIR_H
#define OPL2_PROVIDERS_KINDS_DATADIR_EFFECT_DATADIR_H

#include "providers/kinds/datadir/datadir.h"
#include "providers/kinds/effect.h"

/* Shared by datadir.c and datadir_import.c only. Arena strings. */

/* Where the folder is, or would be. */
const char *datadir_path(struct effect_ctx *ctx, const struct effect_op *op);
/* A new reference: the computed fields. */
json_t *datadir_attrs(const char *dir, bool initialised);
/* E0486: the database in the folder is of another client. */
int datadir_own(struct effect_ctx *ctx, const struct effect_op *op,
		const char *dir) MUST_CHECK;
/* A word of a client's init for this folder and this file of block 0. */
const char *datadir_init_word(struct effect_ctx *ctx,
			      const struct effect_op *op, const char *word,
			      const char *dir, const char *genesis);
/* The client's init, which leaves a database of the same genesis as it is and
 * refuses one of another; and the hash that it tells is the expected one. */
enum outcome datadir_init(struct effect_ctx *ctx, const struct effect_op *op,
			  const char *dir) MUST_CHECK;
/* Are the forks that are past those that the folder's marker has? One without
 * any is of a release that scheduled none. */
int datadir_forks_agree(struct effect_ctx *ctx, const struct effect_op *op,
			const char *dir, const json_t *mark) MUST_CHECK;
/* Its database is made where its process runs, and this machine never has it:
 * effect_datadir_remote.c. */
bool datadir_is_remote(const struct effect_op *op);
/* Writes PREPARE.json: how to make it. E1341: there is one on this machine. */
int datadir_hand_over(struct effect_ctx *ctx, const struct effect_op *op,
		      const char *dir) MUST_CHECK;
/* Was it written so; and for a runtime on this machine, is there none? */
bool datadir_at_home(struct effect_ctx *ctx, const struct effect_op *op,
		     const char *dir);
/* E1341: that the database is elsewhere. */
int datadir_not_here(struct effect_ctx *ctx, const char *dir);
/* Writes the file by which the folder is known from then on. */
int datadir_mark(struct effect_ctx *ctx, const struct effect_op *op,
		 const char *dir) MUST_CHECK;

enum outcome datadir_import(struct effect_ctx *ctx, const struct effect_op *op,
			    struct effect_result *out);

#endif
