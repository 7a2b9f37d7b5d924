#ifndef OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_GATE_H
#define OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_GATE_H

#include <stdbool.h>
#include <jansson.h>

#include "providers/kinds/effect.h"
#include "providers/runtime/process_def.h"

/* Part of process.c: what an update asks a gate for. */

/* Is there a gate that says something about this change? old is the
 * definition of before, or NULL; stands is of gate_stands(). Warns (W1153) when
 * who drives it is down, or when it stands. */
bool gate_tells(struct effect_ctx *ctx, const struct effect_op *op,
		const struct process_def *old, const char *stands);
/* Before the restart: does it make no progress while one that drives it has
 * still to be changed? Perhaps that change is the cure, and it would never be
 * made if the gate had to open first. The name of that driver, malloc'd; or
 * NULL. Watches for up to 10 s. Adds no diagnostic. */
char *gate_stands(struct effect_ctx *ctx, const struct effect_op *op);
/* What each probe of the gate that `passes` says now, before the restart: an
 * array for wait_gate(), null where nothing was heard, false where the
 * program stays the same. New reference. Adds no diagnostic. */
json_t *gate_now(struct effect_ctx *ctx, const struct effect_op *op);
/* How long it may take to open. */
int64_t gate_ms(const struct effect_op *op);

#endif
