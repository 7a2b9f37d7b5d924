#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_PORTAL_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_PORTAL_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/bridge/l2_proof.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/facts/pace.h"

/*
 * OptimismPortal as it is behind a chain's proxy: which of its two kinds, what
 * outputs of the L2 the L1 has, and how far a withdrawal is. Nothing here
 * sends; times are those of L1 blocks, which is what contracts go by.
 */
enum portal_kind {
	PORTAL_ORACLE, /* outputs by word of the proposer: L2OutputOracle */
	PORTAL_GAMES   /* OptimismPortal2: outputs are claims of games */
};

struct portal {
	struct rpc *l1, *l2; /* borrowed */
	struct diags *ds;    /* borrowed */
	const char *addr;    /* borrowed */
	enum portal_kind kind;
	char version[32];
	char outputs[43]; /* L2OutputOracle, or DisputeGameFactory */
	bool paused;
	/* Seconds: from proof to finalization; PORTAL_GAMES also from a game's
	 * end. */
	uint64_t delay, game_delay;
	uint64_t game_type, game_type_since; /* PORTAL_GAMES */
	/* Games over several chains: this one's id, and when its block 0 was
	 * and how long a block takes. 0: games are over this chain alone. */
	uint64_t chain_id, genesis_time, block_time;
	uint64_t now; /* time of the newest L1 block */
};

/* Asks the portal what it is: E1071 when it is neither. */
enum rpc_status portal_open(struct portal *p) MUST_CHECK;
/* Takes the newest block's time and whether it is paused, again. */
enum rpc_status portal_refresh(struct portal *p) MUST_CHECK;
/* "OptimismPortal 2.8.0 with an output oracle". Static buffer of the caller. */
void portal_describe(const struct portal *p, char *out, size_t n);

/* An output that the L1 has been told of. */
struct l2_output {
	uint64_t index; /* in the oracle or the factory */
	uint64_t block; /* of the L2 */
	uint64_t at;    /* when it was told */
	uint8_t root[32];
	char game[43]; /* PORTAL_GAMES */
};

/*
 * The first output by which a withdrawal of that L2 block can be proven, with
 * the proof: it is the node's own output root, and of a game that has not been
 * lost or made void. *found is false when there is none yet. E1074: the oracle
 * has another root than the node.
 */
enum rpc_status portal_find(const struct portal *p, uint64_t block,
			    const uint8_t hash[32], struct l2_output *out,
			    struct l2_proof *proof, bool *found) MUST_CHECK;
/* When such an output is to be expected. */
struct next_output {
	struct pace pace;
	uint64_t block;  /* of the L2; 0: not known beforehand */
	uint64_t told;   /* the newest L2 block that the L1 has one of */
	uint64_t safe;   /* how far the L2 is safe, when that has to catch up
			    first; else 0 */
	uint64_t behind; /* safe L2 blocks that no output covers */
};
enum rpc_status portal_next_output(const struct portal *p, uint64_t block,
				   struct next_output *out) MUST_CHECK;

enum withdrawal_stage {
	WITHDRAWAL_NO_OUTPUT,  /* the L1 has no output that covers it yet */
	WITHDRAWAL_PROVABLE,   /* it can be proven now, or has to be again */
	WITHDRAWAL_MATURING,   /* proven; the portal waits until `until` */
	WITHDRAWAL_GAME,       /* the game is not over */
	WITHDRAWAL_RESOLVABLE, /* the game's clock has run out, nobody ended it
				*/
	WITHDRAWAL_READY,      /* it can be finalized */
	WITHDRAWAL_DONE
};

struct withdrawal_state {
	enum withdrawal_stage stage;
	uint64_t until;       /* L1 time, exclusive; 0: not known */
	const char *void_why; /* WITHDRAWAL_PROVABLE: why the proof is void; or
				 NULL */
	uint64_t proven_at;   /* 0: not proven */
	char prover[43];      /* PORTAL_GAMES: whose proof it is */
	struct l2_output output; /* it was proven by, index and game of it */
	bool disputed;           /* WITHDRAWAL_GAME: somebody moved in it */
};

/* How far the withdrawal is. `me` is whose proof is preferred ("": nobody's).
 */
enum rpc_status portal_state(const struct portal *p, const uint8_t hash[32],
			     const char *me,
			     struct withdrawal_state *out) MUST_CHECK;

/* --- shared by its own files --------------------------------------------- */

enum rpc_status portal_query(const struct portal *p, const char *to,
			     const char *view, json_t *args,
			     json_t **values) MUST_CHECK;
/* As portal_query; no answer is an error, E0831. */
enum rpc_status portal_need(const struct portal *p, const char *to,
			    const char *view, json_t *args,
			    json_t **values) MUST_CHECK;
/* The proof at the output's block, and whether its root is the node's. */
enum rpc_status portal_try(const struct portal *p, const uint8_t hash[32],
			   const struct l2_output *o, struct l2_proof *proof,
			   bool *same, struct diags *ds) MUST_CHECK;

enum rpc_status oracle_find(const struct portal *p, uint64_t block,
			    const uint8_t hash[32], struct l2_output *out,
			    struct l2_proof *proof, bool *found) MUST_CHECK;
enum rpc_status oracle_next(const struct portal *p, uint64_t block,
			    struct next_output *out) MUST_CHECK;
enum rpc_status oracle_state(const struct portal *p, const uint8_t hash[32],
			     struct withdrawal_state *out) MUST_CHECK;
enum rpc_status games_find(const struct portal *p, uint64_t block,
			   const uint8_t hash[32], struct l2_output *out,
			   struct l2_proof *proof, bool *found) MUST_CHECK;
enum rpc_status games_next(const struct portal *p,
			   struct next_output *out) MUST_CHECK;
enum rpc_status games_state(const struct portal *p, const uint8_t hash[32],
			    const char *me,
			    struct withdrawal_state *out) MUST_CHECK;

#endif
