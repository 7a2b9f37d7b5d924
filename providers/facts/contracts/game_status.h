#ifndef OPL2_PROVIDERS_FACTS_CONTRACTS_GAME_STATUS_H
#define OPL2_PROVIDERS_FACTS_CONTRACTS_GAME_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* status() of a dispute game, seen from whoever created it. Source: GameStatus
 * of contracts-bedrock, IN_PROGRESS, CHALLENGER_WINS, DEFENDER_WINS. */
enum game_status { GAME_RUNS, GAME_LOST, GAME_WON };

/* Whether the claim of a type of games is over several chains: a super root.
 * Source: GameTypes.isSuperGame of op-contracts/v7.0.0. */
static inline bool
game_is_super(uint64_t type)
{
	return type == 4 || type == 5 || type == 7 || type == 9;
}

#endif
