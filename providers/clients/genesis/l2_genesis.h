#ifndef OPL2_PROVIDERS_CLIENTS_GENESIS_L2_GENESIS_H
#define OPL2_PROVIDERS_CLIENTS_GENESIS_L2_GENESIS_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The L2's genesis.json and rollup.json: what `op-node genesis l2` of v1.9.4
 * writes, byte for byte. Both follow from the deploy config, the addresses of
 * the L1 contracts, the predeployed contracts and one block of the L1. Forks
 * after Granite are no part of it.
 *
 * Sources: the optimism monorepo at v1.9.4, op-chain-ops/genesis (what is in
 * them) and op-node/rollup/types.go (rollup.json); op-geth v1.101411.0,
 * params/config.go, core/gen_genesis.go and core/types/gen_account.go
 * (genesis.json).
 */
struct l2_genesis_from {         /* borrowed */
	const json_t *config;    /* the deploy config as op-node reads it */
	const json_t *addresses; /* {name of an L1 contract: address} */
	const json_t *allocs; /* as forge dumps a state: {address: account} */
	uint64_t l1_number, l1_time;
	const char *l1_hash; /* "0x...", the L1's own word for it */
};

/*
 * -1 with E0437 when a document is not understood, E0438 when the allocs are
 * not of this chain. genesis, rollup: new references, in the order in which
 * they are written.
 */
int l2_genesis(const struct l2_genesis_from *from, json_t **genesis,
	       json_t **rollup, struct diags *ds) MUST_CHECK;

/* The text of either. malloc'd. */
char *l2_genesis_text(const json_t *doc);

#endif
