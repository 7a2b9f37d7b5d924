/*
 * envrc: what the official scripts want in the environment, as a shell file.
 * It holds no secret: keys are read from their files, and a secret URL comes
 * from the environment, at the moment the file is sourced.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/kinds/envrc/envrc_render.h"

static int
check_seconds(struct kind_ctx *ctx, const json_t *config, const char *field)
{
	const char *text = jx_str(config, field, NULL), *why;
	uint64_t ms;

	if (!text || duration_parse(text, &ms, &why) ||
	    (ms > 0 && ms % 1000 == 0))
		return 0;
	diag_err(ctx->ds, "E0452", "a block time of %s is not whole seconds",
		 text);
	diag_path(ctx->ds, "/%s", field);
	return -1;
}

static int
check_rpc(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	const json_t *rpc = jx_get(config, "l1_rpc");

	if (!rpc || is_unknown(unknown, "/l1_rpc"))
		return 0;
	if (jx_get(config, "l1_rpc_env")) {
		diag_err(ctx->ds, "E0453",
			 "'l1_rpc' and 'l1_rpc_env' cannot be used together");
		diag_path(ctx->ds, "/l1_rpc_env");
		diag_hint(ctx->ds, "remove one of them");
		return -1;
	}
	if (envrc_can_write(rpc))
		return 0;
	/* No path: the line of the spec that it shows may hold a password. */
	diag_err(ctx->ds, "E0451",
		 "'l1_rpc' is secret and is not written to a file");
	diag_hint(ctx->ds, "set 'l1_rpc_env' to the name of an environment "
			   "variable instead");
	return -1;
}

static int
envrc_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	int rc = check_rpc(ctx, config, unknown);

	if (!is_unknown(unknown, "/l1_block_time") &&
	    check_seconds(ctx, config, "l1_block_time"))
		rc = -1;
	if (!is_unknown(unknown, "/l2_block_time") &&
	    check_seconds(ctx, config, "l2_block_time"))
		rc = -1;
	return rc;
}

static int
envrc_plan(struct kind_ctx *ctx, const struct plan_req *req,
	   struct plan_out *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(1u << 20);
	char digest[65];

	if (json_array_size(req->unknown))
		return 0;
	envrc_render(req->config, ctx->addr, ctx->spec_dir, &text);
	sha256_hex(text.p, text.n, digest);
	out->attrs = envrc_attrs(
		envrc_path(ctx->arena, req->config, ctx->spec_dir), digest);
	return 0;
}

const struct kind kind_envrc = {
	.name = "envrc",
	.schema_version = 1,
	.check = envrc_check,
	.plan = envrc_plan,
};
