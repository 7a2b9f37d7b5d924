#ifndef OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_DEF_H
#define OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_DEF_H

#include <jansson.h>

#include "engine/diag/diag.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/process/process_args.h"
#include "providers/runtime/process_def.h"

/* The definition of a process's config; process_def_put(). NULL with
 * diagnostics. */
struct process_def *process_def_of(const struct effect_op *op,
				   struct diags *ds);

/* process_needs.c: the contract's needs(). */
enum outcome process_needs(struct effect_ctx *ctx, const struct effect_op *op,
			   json_t *out);

#endif
