#ifndef OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_DEF_H
#define OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_DEF_H

#include <jansson.h>

#include "engine/diag/diag.h"
#include "providers/kinds/effect.h"

/* The supervisor's definition (engine/supctl.h) of a process's config. New
 * reference; NULL with diagnostics. */
json_t *process_def(const struct op *op, struct diags *ds);

/* Appends the arguments of its command to argv; a value that is not known yet
 * is left out. 0, or -1 with a diagnostic. */
int process_args(const json_t *config, json_t *argv,
		 struct diags *ds) MUST_CHECK;

/* process_needs.c: the contract's needs(). */
enum outcome process_needs(struct op_ctx *ctx, const struct op *op,
			   json_t *out);

#endif
