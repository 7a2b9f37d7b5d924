/*
 * block_hash: which block a chain has at a height.
 *
 * config: {rpc, chain_id, number}; without number: the newest
 * answer: {number, time, hash, fork (as its header shows)}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/facts/forks.h"

static enum outcome
block_hash_run(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	uint64_t n = (uint64_t)jx_int(op->config, "number", 0);
	CLEANUP(queries_done) struct queries a = { 0 };
	enum rpc_status st;

	if (queries_init(&a, ctx, op, "rpc"))
		return OC_FAIL;
	if (jx_get(op->config, "number"))
		queries_block_at(&a, n);
	else
		queries_block(&a, "latest");
	st = queries_send(&a, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	out->attrs = queries_head(&a, 0);
	if (out->attrs) {
		const char *fork = forks_of_header(queries_answer(&a, 0), NULL);

		json_object_set_new(out->attrs, "fork", json_string(fork));
		return OC_OK;
	}
	diag_err(ctx->ds, "E0811", "%s: block %llu does not exist",
		 rpc_name(a.rpc), (unsigned long long)n);
	return OC_FAIL;
}

const struct action action_block_hash = {
	.name = "block_hash",
	.run = block_hash_run,
};
