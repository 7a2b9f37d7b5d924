/*
 * endpoint: a server that others use: an RPC, a beacon node, a DA server.
 * There is nothing to create: it is looked at, and what was found stays in the
 * state.
 */
#include "engine/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"

static int
check_rpc_only(struct kind_ctx *ctx, const json_t *config, const char *type)
{
	static const char *const keys[] = { "chain_id", "newest_fork" };
	int bad = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (!jx_get(config, keys[i]))
			continue;
		diag_err(ctx->ds, "E0850",
			 "'%s' is of no use to an endpoint of type '%s'",
			 keys[i], type);
		diag_path(ctx->ds, "/%s", keys[i]);
		diag_hint(ctx->ds, "leave it out, or make it an endpoint of "
				   "type 'rpc'");
		bad = -1;
	}
	return bad;
}

static int
endpoint_check(struct kind_ctx *ctx, const json_t *config,
	       const json_t *unknown)
{
	const char *type = jx_str(config, "type", "rpc");
	const char *url = jx_str(config, "rpc", "");
	int bad;

	if (is_unknown(unknown, "/type") || strcmp(type, "rpc") == 0)
		return 0;
	bad = check_rpc_only(ctx, config, type);
	if (strncmp(url, "ws", 2) == 0) {
		diag_err(ctx->ds, "E0850",
			 "an endpoint of type '%s' does not speak WebSocket",
			 type);
		diag_path(ctx->ds, "/rpc");
		diag_hint(ctx->ds, "give its http:// or https:// URL");
		bad = -1;
	}
	return bad;
}

const struct kind kind_endpoint = {
	.name = "endpoint",
	.schema_version = 1,
	.flags = KIND_READ_ONLY | KIND_LIVE,
	.check = endpoint_check,
};
