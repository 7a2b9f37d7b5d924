/*
 * output_root: the output of an L2 block, as its rollup node computes it.
 *
 * config: {rpc, chain_id: 0, block}
 * answer: {output_root, block, block_hash, state_root, storage_root}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"

static enum outcome
output_root_run(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	uint64_t n = (uint64_t)jx_int(op->config, "block", 0);
	CLEANUP(rpc_freep)
	struct rpc *rpc = effect_rpc_quick(ctx, op, "rpc", 0);
	CLEANUP(put_json) json_t *v = NULL;
	const json_t *block;
	enum rpc_status st;

	if (!rpc)
		return OC_FAIL;
	st = rpc_call(rpc, "optimism_outputAtBlock",
		      json_pack("[o]", quantity_from_u64(n)), &v, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	block = jx_get(v, "blockRef");
	out->attrs =
		json_pack("{s:s, s:I, s:s, s:s, s:s}", "output_root",
			  jx_str(v, "outputRoot", ""), "block",
			  (json_int_t)jx_int(block, "number", (int64_t)n),
			  "block_hash", jx_str(block, "hash", ""), "state_root",
			  jx_str(v, "stateRoot", ""), "storage_root",
			  jx_str(v, "withdrawalStorageRoot", ""));
	return OC_OK;
}

const struct action action_output_root = {
	.name = "output_root",
	.run = output_root_run,
};
