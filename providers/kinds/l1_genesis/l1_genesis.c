/*
 * l1_genesis: the genesis of a local L1, a file in .opl2/files/ADDR. Unless it
 * is to be fresh nothing in it is drawn: the same inputs are the same chain.
 */
#include "engine/kind/kind.h"

#include "engine/io/jx.h"
#include "providers/facts/managed_place.h"
#include "providers/kinds/l1_genesis/l1_render.h"

static int
l1_genesis_check(struct kind_ctx *ctx, const json_t *config,
		 const json_t *unknown)
{
	int64_t id = jx_int(config, "chain_id", 0);

	if (is_unknown(unknown, "/chain_id") || (id != 900 && id != 1337))
		return 0;
	diag_err(ctx->ds, "E0401", "chain id %lld is reserved", (long long)id);
	diag_path(ctx->ds, "/chain_id");
	diag_hint(ctx->ds, "the deployment scripts use 900 and 1337 for tests: "
			   "choose another id");
	return -1;
}

static int
l1_genesis_plan(struct kind_ctx *ctx, const struct plan_req *req,
		struct plan_out *out)
{
	int64_t time = l1_genesis_time(req->config, req->prior, 0);

	if (json_array_size(req->unknown) || time == 0)
		return 0;
	out->attrs =
		l1_genesis_attrs(req->config, time,
				 arena_printf(ctx->arena, "%s/genesis.json",
					      managed_place(ctx, req)));
	return 0;
}

const struct kind kind_l1_genesis = {
	.name = "l1_genesis",
	.schema_version = 1,
	.check = l1_genesis_check,
	.plan = l1_genesis_plan,
};
