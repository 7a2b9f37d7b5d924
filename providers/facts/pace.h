#ifndef OPL2_PROVIDERS_FACTS_PACE_H
#define OPL2_PROVIDERS_FACTS_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When the proposer's outputs come, by those that it has told the L1 lately:
 * one that started late, or was away, catches up at a pace of its own. Times
 * are seconds, those of L1 blocks. Pure.
 */
enum { PACE_TIMES = 4 }; /* of so many newest outputs the times are wanted */

struct pace_seen {
	uint64_t now;
	uint64_t times[PACE_TIMES]; /* of the newest outputs, newest first */
	unsigned n;                 /* so many of them */
	uint64_t interval; /* between two of a proposer that keeps up; 0 is
			    * what a chain or a node may say */
	uint64_t ahead;    /* the awaited one comes after so many, itself one */
	uint64_t ready;    /* so many could be there already */
	uint64_t earliest; /* seconds until the awaited one can be made */
};

struct pace {
	uint64_t seconds; /* until the awaited one is there; 0: any moment */
	bool known;       /* whether that can be told */
	bool behind;      /* more are to be made than the next one */
	uint64_t quiet;   /* nothing for longer than usual: for so long; or 0 */
	uint64_t caught_up; /* `behind`: seconds until it is not; 0: unknown */
};

void pace_reckon(const struct pace_seen *s, struct pace *out);
/* Seconds that an output takes it, `interval` when they are too few. */
uint64_t pace_usual(const struct pace_seen *s);

#endif
