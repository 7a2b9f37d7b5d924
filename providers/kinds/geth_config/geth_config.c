/*
 * geth_config: a configuration file of op-geth, with what has no argument. It
 * is written anew whenever its content is another.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "providers/facts/managed_place.h"

static int
geth_config_plan(struct kind_ctx *ctx, const struct plan_req *req,
		 struct plan_out *out)
{
	out->attrs = json_pack("{s:s}", "path",
			       arena_printf(ctx->arena, "%s/geth.toml",
					    managed_place(ctx, req)));
	return 0;
}

const struct kind kind_geth_config = {
	.name = "geth_config",
	.schema_version = 1,
	.plan = geth_config_plan,
};
