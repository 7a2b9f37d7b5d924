/*
 * jwt_secret: the secret that op-geth and op-node share, in a file of its own
 * with mode 0600. An existing file is kept: both programs may be using it.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "providers/facts/managed_place.h"

static int
jwt_secret_plan(struct kind_ctx *ctx, const struct plan_req *req,
		struct plan_out *out)
{
	out->attrs = json_pack(
		"{s:s, s:s}", "path",
		arena_printf(ctx->arena, "%s/jwt.txt", managed_place(ctx, req)),
		"mode", "0600");
	return 0;
}

const struct kind kind_jwt_secret = {
	.name = "jwt_secret",
	.schema_version = 1,
	.plan = jwt_secret_plan,
};
