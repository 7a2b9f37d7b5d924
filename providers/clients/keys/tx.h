#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_TX_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/u256.h"
#include "providers/clients/keys/sign.h"

/* EIP-1559 transactions (type 2) with an empty access list. Amounts in wei. */
struct tx {
	uint64_t chain_id, nonce, gas;
	struct u256 max_fee;  /* per gas, in all */
	struct u256 priority; /* per gas, to the proposer; <= max_fee */
	bool create;          /* `to` is not used */
	uint8_t to[20];
	struct u256 value;
	const uint8_t *data; /* borrowed */
	size_t data_len;
};

#define TX_RAW_MAX (512u << 10) /* what a node's pool takes is less */

/* Appends the signed bytes to raw (cap it at TX_RAW_MAX at least). When
 * raw->over is set afterwards the data was too long: do not send it. */
void tx_sign(const struct tx *t, const struct sign_key *k, struct buf *raw,
	     uint8_t hash[32]);

/* Strict; data points into raw. -1 when raw is no signed type 2 transaction
 * with an empty access list and a low s (EIP-2). from and hash may be NULL. */
int tx_decode(const uint8_t *raw, size_t n, struct tx *out, uint8_t from[20],
	      uint8_t hash[32]);

/* Gas before execution: EIP-2028 and EIP-3860, and not less than the floor
 * of EIP-7623, which a Prague chain asks for. */
uint64_t tx_intrinsic_gas(const struct tx *t);

/* Where a contract made by CREATE and CREATE2 (EIP-1014) comes to lie. */
void create_address(const uint8_t from[20], uint64_t nonce, uint8_t out[20]);
void create2_address(const uint8_t from[20], const uint8_t salt[32],
		     const uint8_t init_hash[32], uint8_t out[20]);

#endif
