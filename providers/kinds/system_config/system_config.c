/*
 * system_config: the values of the chain that its owner changes on the L1, in
 * SystemConfig, and that all nodes of the L2 then follow: who posts batches,
 * who signs unsafe blocks, gas limit and fee scalars. Identity: the contract.
 * What the genesis says of them is what they began with.
 *
 * Functions: SystemConfig.sol of contracts-bedrock 0.17.3 (version 2.3.0).
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rules.h"
#include "providers/facts/settings.h"

/* The batcher's hash is its address in a word, as every version 0 is. */
static const struct setting values[] = {
	{ "batcher", "batcherHash()(address)" },
	{ "unsafe_block_signer", "unsafeBlockSigner()(address)" },
	{ "gas_limit", "gasLimit()(uint64)" },
	{ "base_fee_scalar", "basefeeScalar()(uint32)" },
	{ "blob_base_fee_scalar", "blobbasefeeScalar()(uint32)" },
	{ "owner", "owner()(address)" },
};

static json_t *
given_or_live(const json_t *config, const json_t *live, const char *field)
{
	const json_t *v = jx_get(config, field);

	return json_integer(json_integer_value(v ? v : jx_get(live, field)));
}

/* One function sets both, so that what the config leaves out stays. */
static void
scalars(json_t *calls, const json_t *config, const json_t *live)
{
	if (setting_differs(config, live, "base_fee_scalar") ||
	    setting_differs(config, live, "blob_base_fee_scalar"))
		setting_call(
			calls, "setGasConfigEcotone(uint32,uint32)",
			given_or_live(config, live, "base_fee_scalar"),
			given_or_live(config, live, "blob_base_fee_scalar"));
}

static json_t *
system_config_calls(const json_t *config, const json_t *live)
{
	json_t *calls = json_array();

	if (setting_differs(config, live, "batcher")) {
		CLEANUP(freep)
		char *word = xasprintf("0x%024d%s", 0,
				       jx_str(config, "batcher", "0x") + 2);

		setting_call(calls, "setBatcherHash(bytes32)",
			     json_string(word), NULL);
	}
	if (setting_differs(config, live, "unsafe_block_signer"))
		setting_call(calls, "setUnsafeBlockSigner(address)",
			     jx_share(jx_get(config, "unsafe_block_signer")),
			     NULL);
	if (setting_differs(config, live, "gas_limit"))
		setting_call(calls, "setGasLimit(uint64)",
			     jx_share(jx_get(config, "gas_limit")), NULL);
	scalars(calls, config, live);
	/* Last: afterwards another account is in charge. */
	if (setting_differs(config, live, "owner"))
		setting_call(calls, "transferOwnership(address)",
			     jx_share(jx_get(config, "owner")), NULL);
	return calls;
}

const struct settings system_config_settings = {
	.what = "SystemConfig",
	.v = values,
	.n = COUNTOF(values),
	.authority = "owner",
	.calls = system_config_calls,
};

static int
system_config_check(struct kind_ctx *ctx, const json_t *config,
		    const json_t *unknown UNUSED)
{
	int rc = rule_not_zero(ctx, config, "batcher") |
		 rule_not_zero(ctx, config, "owner");

	if (jx_get(config, "gas_limit"))
		rc |= rule_gas_limit(ctx, jx_int(config, "gas_limit", 0),
				     "gas_limit");
	return rc;
}

static int
system_config_plan(struct kind_ctx *ctx, const struct plan_req *req,
		   struct plan_out *out)
{
	return settings_plan(&system_config_settings, ctx, req, out);
}

static int
system_config_leaves(struct kind_ctx *ctx, const json_t *config,
		     const json_t *attrs UNUSED, struct plan_out *out)
{
	return settings_leaves(&system_config_settings, ctx, config, out);
}

const struct kind kind_system_config = {
	.name = "system_config",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST,
	.check = system_config_check,
	.plan = system_config_plan,
	.leaves = system_config_leaves,
};
