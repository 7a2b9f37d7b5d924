#ifndef OPL2_PROVIDERS_KINDS_GENESIS_EFFECT_GENESIS_ANCHOR_H
#define OPL2_PROVIDERS_KINDS_GENESIS_EFFECT_GENESIS_ANCHOR_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/* The L1 block that an L2 is to start after. */
struct anchor {
	uint64_t number, time;
	char hash[67];
};

/* Asks the L1 for a block. */
enum outcome anchor_query(struct effect_ctx *ctx, struct rpc *rpc,
			  uint64_t number, struct anchor *out) MUST_CHECK;

/*
 * Moves both files of op-node to another L1 block: the block, the time of
 * block 0, and with it the times of the upgrades that are not active from the
 * start. The hash of block 0 is then no longer true. -1 with E0428.
 */
int anchor_move(json_t *rollup, json_t *genesis, const struct anchor *to,
		struct diags *ds) MUST_CHECK;

/*
 * anchor_move() and the new hash of block 0, by geth, which must also come to
 * op-node's hash of what op-node wrote to the file `made`. Warns of what
 * happened on L1 before the block and is lost. rollup and genesis: as loaded
 * from op-node's files.
 */
enum outcome anchor_apply(struct effect_ctx *ctx, const struct effect_op *op,
			  struct rpc *rpc, const struct anchor *to,
			  const char *made, json_t *rollup,
			  json_t *genesis) MUST_CHECK;

/* Warns of what happened on L1 after block `start` and up to `to`, which does
 * not reach the L2. rollup: for the addresses. */
void anchor_warn_lost(struct effect_ctx *ctx, struct rpc *rpc,
		      const json_t *rollup, uint64_t start,
		      const struct anchor *to);

#endif
