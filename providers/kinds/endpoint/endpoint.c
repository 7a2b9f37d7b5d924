/*
 * endpoint: a server that others use: an RPC, a beacon node, a DA server.
 * There is nothing to create: it is looked at, and what was found stays in the
 * state.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/kinds/endpoint/endpoint_urls.h"

static int
check_fallback(struct kind_ctx *ctx, const json_t *config, const char *type)
{
	size_t n = json_array_size(jx_get(config, "rpc_fallback"));

	if (n > 0 && strcmp(type, "rpc") != 0) {
		diag_err(ctx->ds, "E0850",
			 "'rpc_fallback' has no effect for an endpoint of type "
			 "'%s'",
			 type);
		diag_hint(ctx->ds, "leave it out");
	} else if (n > ENDPOINT_FALLBACKS_MAX) {
		diag_err(ctx->ds, "E0850",
			 "'rpc_fallback' has %zu URLs, but at most %d are used",
			 n, ENDPOINT_FALLBACKS_MAX);
		diag_hint(ctx->ds, "remove some of them");
	} else {
		return 0;
	}
	diag_path(ctx->ds, "/rpc_fallback");
	return -1;
}

static int
check_rpc_only(struct kind_ctx *ctx, const json_t *config, const char *type)
{
	static const char *const keys[] = { "chain_id", "newest_fork" };
	int bad = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		if (!jx_get(config, keys[i]))
			continue;
		diag_err(ctx->ds, "E0850",
			 "'%s' has no effect for an endpoint of type '%s'",
			 keys[i], type);
		diag_path(ctx->ds, "/%s", keys[i]);
		diag_hint(ctx->ds, "remove it, or change the type to 'rpc'");
		bad = -1;
	}
	return bad;
}

static int
endpoint_check(struct kind_ctx *ctx, const json_t *config,
	       const json_t *unknown)
{
	const char *type = jx_str(config, "type", "rpc");
	int bad;

	if (is_unknown(unknown, "/type"))
		return 0;
	bad = check_fallback(ctx, config, type);
	if (strcmp(type, "rpc") == 0)
		return bad;
	if (check_rpc_only(ctx, config, type) < 0)
		bad = -1;
	return bad;
}

static int
endpoint_plan(struct kind_ctx *ctx UNUSED, const struct plan_req *req,
	      struct plan_out *out)
{
	/* Part of a text that is not known yet leaves the whole unknown. */
	for (size_t i = 0; i < json_array_size(req->unknown); i++)
		if (strncmp(json_string_value(json_array_get(req->unknown, i)),
			    "/rpc", 4) == 0)
			return 0;
	out->attrs = json_pack("{s:o}", "urls", endpoint_urls(req->config));
	return 0;
}

const struct kind kind_endpoint = {
	.name = "endpoint",
	.schema_version = 1,
	.flags = KIND_READ_ONLY | KIND_LIVE,
	.check = endpoint_check,
	.plan = endpoint_plan,
};
