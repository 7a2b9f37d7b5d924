#ifndef OPL2_HEALTH_GAMES_H
#define OPL2_HEALTH_GAMES_H

#include <stdbool.h>
#include <jansson.h>

/*
 * Dispute games that somebody else than the proposer made:
 * cmd/opl2/chain/snapshot.h has them as seen.claims, {"game": one of
 * probe_l1's, "answer" or "error": what the node computes for its block}.
 */

/* What is wrong with one, in words; malloc'd. NULL: nothing, or the node cannot
 * tell. */
char *health_bad_claim(const json_t *seen, const json_t *claim);
/* Has nobody disputed it who still can? */
bool health_claim_stands(const json_t *claim);
/* Was it won already? Only the guardian can take it back then. */
bool health_claim_won(const json_t *claim);
/* Is the newest output the proposer's own, as far as is known? */
bool health_output_is_own(const json_t *seen);

#endif
