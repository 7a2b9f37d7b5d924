#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_WITHDRAWAL_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_WITHDRAWAL_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

/*
 * Withdrawals of the OP Stack: what the L2's message passer has noted, and how
 * the L1's portal is told of it.
 */
#define MESSAGE_PASSER "0x4200000000000000000000000000000000000016"
#define L2_MESSENGER   "0x4200000000000000000000000000000000000007"
#define L2_BRIDGE      "0x4200000000000000000000000000000000000010"

struct withdrawal {
	/* [nonce, sender, target, value, gasLimit, data], as abi.h has values:
	 * the tuple that the portal's functions take. */
	json_t *tuple;
	uint8_t hash[32];
};

/* The i-th (from 0) message that the receipt's transaction sent to the L1:
 * its log, borrowed; NULL when there are not so many. */
const json_t *withdrawal_log(const json_t *receipt, size_t i);
/* 0; -1 when it is not such a log, or its hash is not that of what it says. */
int withdrawal_from_log(const json_t *log, struct withdrawal *out);
void withdrawal_done(struct withdrawal *w); /* for CLEANUP; {0} is fine */

/* The tokens that the standard bridge gives out for it: [L1 token, L2 token,
 * from, to, amount], as abi.h has values, a new reference. NULL: it is of
 * ether, or of something else. */
json_t *withdrawal_token(const struct withdrawal *w);

/* Where the message passer's storage has a 1 for the withdrawal. */
void withdrawal_slot(const uint8_t hash[32], uint8_t out[32]);

/* Version 0 of an output root: what the L1 is told of an L2 block. */
struct output_parts {
	uint8_t state_root[32];
	uint8_t storage_root[32]; /* of the message passer */
	uint8_t block_hash[32];
};
void output_root(const struct output_parts *p, uint8_t out[32]);

#endif
