#ifndef OPL2_PROVIDERS_CLIENTS_SEND_SENDER_H
#define OPL2_PROVIDERS_CLIENTS_SEND_SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/diag/diag.h"
#include "providers/clients/keys/signer.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/clients/send/ledger.h"

/*
 * Sends a list of transactions from one key, in order, so that each is mined
 * exactly once: DESIGN of the promise in a few lines.
 *
 * - The whole list with its nonces is in the ledger before the first
 *   signature, every signed form before it is sent. A nonce belongs to its
 *   transaction for ever: a lost one is sent again byte by byte, a stuck one
 *   is replaced under the same nonce, and after kill -9 the next run goes on
 *   from the ledger.
 * - What is mined is told by receipts at the asked depth, never by silence.
 * - A reorganisation that takes mined ones back is noticed, up to the last
 *   look before the entry ends: they are sent again as they are.
 * - Gas is that of the chain as it is: what is signed was measured there
 *   (gas.h), in its present fork, as soon as all before it is mined. Across a
 *   fork whose time the node tells (eth_config) nothing is in flight, and what
 *   is not signed then is measured again; so it is when a fork just came.
 * - What the balance does not cover at worst is not in flight, but for one.
 * - A foreign transaction on one of the nonces stops everything (E0843).
 * - One sender per (chain id, address) and user: sender_lock.
 */
enum send_result {
	SEND_DONE = 0,
	SEND_BUSY,        /* not begun; another list of this sender is open */
	SEND_UNREACHABLE, /* the node went away: the next run goes on */
	SEND_CANCELLED,   /* asked to stop: the next run goes on */
	SEND_POOR,        /* not begun; the account has too little */
	SEND_LATER,       /* fee over the ceiling, spent on the way ...: the
			     next run goes on when that is mended */
	SEND_REVERTED,    /* one was mined and failed; what follows is unsent */
	SEND_UNSURE,      /* foreign transaction: a human must look */
	SEND_FAILED       /* refused before anything was signed, or a defect */
};

struct send_policy {
	/* Wei per gas at most, priority included; 0: any. While the base fee
	 * is above it, wait. */
	struct u256 max_fee;
	struct u256 max_base_fee; /* wait while it is above; 0: never */
	struct u256 priority;     /* wei per gas; 0: what the node suggests */
	/* Wei in all, value included; 0: none. With `apply`, of all entries of
	 * the ledger that bear its name on the same chain. Borrowed. */
	struct u256 ceiling;
	const char *apply;
	/* "safe" or "finalized": a transaction counts when the chain calls its
	 * block that, whatever confirmations says; NULL: by confirmations. */
	const char *tag;
	unsigned confirmations; /* 1: a receipt is enough (the default) */
	unsigned stuck_blocks;  /* bump the fee after so many; 5 */
	unsigned patience_ms;   /* silent node, or nothing mined; 180,000 */
	uint64_t dear_ms;       /* wait for lower fees so long; 1 hour */
	unsigned window;        /* transactions in flight at most; 64 */
	unsigned margin;        /* percent of gas on top of what is used; 30 */
};

struct sender {
	struct rpc *rpc;
	const struct signer *signer;
	const char *role;   /* whose account it is, for people; or NULL */
	const char *remedy; /* what helps it to more money; or NULL */
	struct send_policy policy;
	const char *lock_dir; /* of this user, shared by all chains */
	struct diags *ds;
	/* Waits; true when asked to stop. Never NULL. */
	bool (*wait)(void *arg, unsigned ms);
	/* One line of progress, at least every few seconds. May be NULL. */
	void (*progress)(void *arg, const char *line);
	void *arg;
};

/* What is to be sent. */
struct send_list {
	/* Array of {"to": address or null, "value", "data"[, "gas", "gas_used",
	 * "source", "name", "nonce", "address"]}; gas and value are decimal
	 * strings. gas is the limit, gas_used what it is expected to use: where
	 * that is not said they are found out by gas_plan(), to which gas is
	 * forge's figure then. A nonce that is there must be the one that comes
	 * out, for predicted addresses depend on it. Borrowed. */
	const json_t *txs;
	const json_t *about; /* kept in the entry, for people; or NULL */
	const char *dir;     /* of the ledger */
	const char *name;    /* of the entry: letters, digits, - and _ */
};

/*
 * Holds the lock of (chain id, address) until the returned fd is closed,
 * waiting for others with progress. -1: cancelled or failed, with a diag.
 * sender_begin and sender_run are called under it.
 */
int sender_lock(const struct sender *s, uint64_t chain_id) MUST_CHECK;

struct send_price {
	/* What a unit of gas is expected to cost: base fee and tip, a quarter
	 * on top of each, but no more of the base fee than max_base_fee and no
	 * more in all than max_fee. */
	struct u256 each;
	struct u256 base; /* of the newest block */
	struct u256 tip;
	bool waits; /* it is over the limits: nothing is signed now */
};
enum rpc_status sender_price(struct rpc *rpc, const struct send_policy *p,
			     struct send_price *out,
			     struct diags *ds) MUST_CHECK;

/* Funds that the list is expected to cost now: gas_used, or else gas, and the
 * values. */
enum send_result sender_cost(const struct sender *s, const json_t *txs,
			     struct u256 *out) MUST_CHECK;

/*
 * Checks chain, nonces, gas, balance and ceiling, then writes the ledger entry.
 * After SEND_DONE *out is the entry, to be sent by sender_run.
 */
enum send_result sender_begin(const struct sender *s,
			      const struct send_list *list,
			      struct ledger **out) MUST_CHECK;

/* Sends what is not mined yet of an entry, new or resumed, and ends it. */
enum send_result sender_run(const struct sender *s,
			    struct ledger *l) MUST_CHECK;

/* Lock, open or begin, run, unlock. *out (may be NULL) is the ended entry. */
enum send_result sender_send(const struct sender *s,
			     const struct send_list *list,
			     struct ledger **out) MUST_CHECK;

/* Block 0 of the node's chain: what tells two chains with one id apart. */
enum rpc_status chain_genesis(struct rpc *c, uint8_t out[32],
			      struct diags *ds) MUST_CHECK;

#endif
