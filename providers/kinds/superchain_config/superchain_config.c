/*
 * superchain_config: whether withdrawals and messages to the L1 are paused,
 * which the guardian says in SuperchainConfig. Identity: the contract.
 *
 * Functions: SuperchainConfig.sol of contracts-bedrock 0.17.3, and of
 * op-contracts/v7.0.0, where a pause is of one chain or, at the zero address,
 * of all, and ends by itself.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/settings.h"

/* Who the guardian is changes only by an upgrade. */
static const struct setting values[] = {
	{ .field = "paused", .view = "paused()(bool)" },
	{ .field = "guardian", .view = "guardian()(address)" },
	{ .field = "pause_expiry",
	  .view = "pauseExpiry()(uint256)",
	  .newer = true },
};

static const char everywhere[] = "0x0000000000000000000000000000000000000000";

static json_t *
superchain_config_calls(const json_t *config, const json_t *live)
{
	bool pause = jx_bool(config, "paused", false);
	json_t *calls = json_array();

	if (!setting_differs(config, live, "paused"))
		return calls;
	if (jx_get(live, "pause_expiry"))
		setting_call(calls,
			     pause ? "pause(address)" : "unpause(address)",
			     json_string(everywhere), NULL);
	else if (pause)
		setting_call(calls, "pause(string)", json_string("opl2"), NULL);
	else
		setting_call(calls, "unpause()", NULL, NULL);
	return calls;
}

const struct settings superchain_config_settings = {
	.what = "SuperchainConfig",
	.v = values,
	.n = COUNTOF(values),
	.authority = "guardian",
	.calls = superchain_config_calls,
};

static int
superchain_config_plan(struct kind_ctx *ctx, const struct plan_req *req,
		       struct plan_out *out)
{
	if (!req->creating && jx_bool(req->config, "paused", false) &&
	    setting_differs(req->config, jx_get(req->prior, "live"), "paused"))
		kind_note(ctx, out,
			  "while it is paused, withdrawals cannot be proven or "
			  "finalized, and no message reaches the L1");
	return settings_plan(&superchain_config_settings, ctx, req, out);
}

static int
superchain_config_leaves(struct kind_ctx *ctx, const json_t *config,
			 const json_t *attrs UNUSED, struct plan_out *out)
{
	return settings_leaves(&superchain_config_settings, ctx, config, out);
}

const struct kind kind_superchain_config = {
	.name = "superchain_config",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST,
	.plan = superchain_config_plan,
	.leaves = superchain_config_leaves,
};
