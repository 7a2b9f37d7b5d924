/*
 * reth_chain: a chain file of op-reth, which is genesis.json with the times of
 * the L2's forks. op-geth is told these by arguments; op-reth reads them from
 * the config of the file that its --chain names (rust/op-reth/crates/chainspec
 * of the Optimism monorepo), where a fork past block 0 leaves block 0 as it is.
 */
#include "engine/kind/kind.h"

#include "providers/facts/managed_place.h"

static int
reth_chain_plan(struct kind_ctx *ctx, const struct plan_req *req,
		struct plan_out *out)
{
	out->attrs = json_pack("{s:s}", "path",
			       arena_printf(ctx->arena, "%s/chain.json",
					    managed_place(ctx, req)));
	return 0;
}

const struct kind kind_reth_chain = {
	.name = "reth_chain",
	.schema_version = 1,
	.plan = reth_chain_plan,
};
