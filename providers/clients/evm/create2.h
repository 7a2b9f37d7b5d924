#ifndef OPL2_PROVIDERS_CLIENTS_EVM_CREATE2_H
#define OPL2_PROVIDERS_CLIENTS_EVM_CREATE2_H

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * The deterministic deployer (call.h), by which contracts get their addresses.
 * A call of an address without code succeeds and does nothing, so it has to be
 * there before anything is sent to it.
 */

#define CREATE2_REMEDY                                                         \
	"send its presigned transaction, for which the chain's node must "     \
	"accept transactions without a chain id (geth: "                       \
	"--rpc.allow-unprotected-txs), or "                                    \
	"include it in the chain's genesis"

/* OC_OK: it is there. OC_FAIL with E0864: it is not. */
enum outcome create2_check(struct effect_ctx *ctx, struct rpc *rpc) MUST_CHECK;

/* For needs(): a need_contract() when the chain of that RPC field answers and
 * does not have it. What is not known yet says nothing. */
void create2_need(struct effect_ctx *ctx, const struct effect_op *op,
		  const char *rpc_field, uint64_t chain_id, json_t *out);

#endif
