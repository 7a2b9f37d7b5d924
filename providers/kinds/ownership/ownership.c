/*
 * ownership: who owns a contract. Identity: the contract. Who owned it before
 * gives it away, and only who owns it then can give it back.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/facts/rules.h"
#include "providers/facts/contracts/settings.h"

static const struct setting values[] = {
	{ .field = "owner", .view = "owner()(address)" },
};

static json_t *
ownership_calls(const json_t *config, const json_t *live)
{
	json_t *calls = json_array();

	if (setting_differs(config, live, "owner"))
		setting_call(calls, "transferOwnership(address)",
			     jx_share(jx_get(config, "owner")), NULL);
	return calls;
}

const struct settings ownership_settings = {
	.what = "the contract",
	.v = values,
	.n = COUNTOF(values),
	.authority = "owner",
	.calls = ownership_calls,
};

static int
ownership_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown UNUSED)
{
	return rule_not_zero(ctx, config, "owner");
}

static int
ownership_plan(struct kind_ctx *ctx, const struct plan_req *req,
	       struct plan_out *out)
{
	return settings_plan(&ownership_settings, ctx, req, out);
}

static int
ownership_leaves(struct kind_ctx *ctx, const json_t *config,
		 const json_t *attrs UNUSED, struct plan_out *out)
{
	return settings_leaves(&ownership_settings, ctx, config, out);
}

const struct kind kind_ownership = {
	.name = "ownership",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST,
	.check = ownership_check,
	.plan = ownership_plan,
	.leaves = ownership_leaves,
};
