#ifndef OPL2_HEALTH_REORG_H
#define OPL2_HEALTH_REORG_H

#include <stdbool.h>
#include <jansson.h>

/*
 * Why the L2 was reorganised, which op-node's log only tells as "random field
 * does not match": L1 and sequencer disagreed about a block.
 *
 * clues are those of symptoms_scan() or NULL; window_over: the sequencing
 * window has run out now; hash_now: what the L1 has at clues.back.number, or
 * NULL. The code of the cause, E1104, E1105, E1106 or W1107.
 */
const char *reorg_cause(const json_t *clues, bool window_over,
			const char *hash_now);

/* What to do about it; NULL for W1107. */
const char *reorg_cure(const char *code);

#endif
