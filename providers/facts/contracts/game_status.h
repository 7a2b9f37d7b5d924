#ifndef OPL2_PROVIDERS_FACTS_CONTRACTS_GAME_STATUS_H
#define OPL2_PROVIDERS_FACTS_CONTRACTS_GAME_STATUS_H

/* status() of a dispute game, seen from whoever created it. Source: GameStatus
 * of contracts-bedrock, IN_PROGRESS, CHALLENGER_WINS, DEFENDER_WINS. */
enum game_status { GAME_RUNS, GAME_LOST, GAME_WON };

#endif
