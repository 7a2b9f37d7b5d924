#ifndef OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_GATE_H
#define OPL2_PROVIDERS_KINDS_PROCESS_EFFECT_PROCESS_GATE_H

#include <stdbool.h>
#include <jansson.h>

#include "providers/kinds/effect.h"
#include "providers/runtime/process_def.h"

/* Part of process.c: what an update asks a gate for. */

/* What the probes of a gate saw before the restart, one element each. */
struct gate_before {
	json_t *above; /* for wait_gate(): what a probe that `passes` has to be
			  above; null where nothing was heard; false: any
			  answer will do */
	json_t *stood; /* true where one that drives it has still to be changed
			  and the number did not move; null: not watched */
};

/* Looks before the restart. there: it was created before; wanted: it should be
 * running. Where a driver is changed after it in this run, numbers are watched
 * until they move, for up to 10 s. Adds no diagnostic. gate_before_done() frees
 * b. */
void gate_look(struct effect_ctx *ctx, const struct effect_op *op, bool there,
	       bool wanted, struct gate_before *b);
void gate_before_done(struct gate_before *b);

/* Is there a gate that says something about this change? old is the
 * definition of before, or NULL. Warns (W1153) where it does not, or one of its
 * probes: who drives it is down, or is changed later and perhaps the cure for
 * what stood before. b->above has what is left. */
bool gate_tells(struct effect_ctx *ctx, const struct effect_op *op,
		const struct process_def *old, const struct gate_before *b);
/* How long it may take to open. */
int64_t gate_ms(const struct effect_op *op);

#endif
