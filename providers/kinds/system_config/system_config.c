/*
 * system_config: the values of the chain that its owner changes on the L1, in
 * SystemConfig, and that all nodes of the L2 then follow: who posts batches,
 * who signs unsafe blocks, gas limit and fee scalars. Identity: the contract.
 * What the genesis says of them is what they began with.
 *
 * Functions: SystemConfig.sol of contracts-bedrock 0.17.3 (version 2.3.0), and
 * of op-contracts/v7.0.0 (3.14.2), which has more of them.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rules.h"
#include "providers/facts/contracts/settings.h"

/* The batcher's hash is its address in a word, as every version 0 is. */
static const struct setting values[] = {
	{ .field = "batcher", .view = "batcherHash()(address)" },
	{ .field = "unsafe_block_signer",
	  .view = "unsafeBlockSigner()(address)" },
	{ .field = "gas_limit", .view = "gasLimit()(uint64)" },
	{ .field = "base_fee_scalar", .view = "basefeeScalar()(uint32)" },
	{ .field = "blob_base_fee_scalar",
	  .view = "blobbasefeeScalar()(uint32)" },
	{ .field = "owner", .view = "owner()(address)" },
	{ .field = "operator_fee_scalar",
	  .view = "operatorFeeScalar()(uint32)",
	  .newer = true },
	{ .field = "operator_fee_constant",
	  .view = "operatorFeeConstant()(uint64)",
	  .newer = true },
	{ .field = "min_base_fee",
	  .view = "minBaseFee()(uint64)",
	  .newer = true },
	{ .field = "da_footprint_gas_scalar",
	  .view = "daFootprintGasScalar()(uint16)",
	  .newer = true },
};

static json_t *
given_or_live(const json_t *config, const json_t *live, const char *field)
{
	const json_t *v = jx_get(config, field);

	return json_integer(json_integer_value(v ? v : jx_get(live, field)));
}

/* One function sets both, so that what the config leaves out stays. */
static void
pair(json_t *calls, const json_t *config, const json_t *live,
     const char *function, const char *a, const char *b)
{
	if (setting_differs(config, live, a) ||
	    setting_differs(config, live, b))
		setting_call(calls, function, given_or_live(config, live, a),
			     given_or_live(config, live, b));
}

static void
single(json_t *calls, const json_t *config, const json_t *live,
       const char *function, const char *field)
{
	if (setting_differs(config, live, field))
		setting_call(calls, function, jx_share(jx_get(config, field)),
			     NULL);
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
	single(calls, config, live, "setUnsafeBlockSigner(address)",
	       "unsafe_block_signer");
	single(calls, config, live, "setGasLimit(uint64)", "gas_limit");
	pair(calls, config, live, "setGasConfigEcotone(uint32,uint32)",
	     "base_fee_scalar", "blob_base_fee_scalar");
	pair(calls, config, live, "setOperatorFeeScalars(uint32,uint64)",
	     "operator_fee_scalar", "operator_fee_constant");
	single(calls, config, live, "setMinBaseFee(uint64)", "min_base_fee");
	single(calls, config, live, "setDAFootprintGasScalar(uint16)",
	       "da_footprint_gas_scalar");
	/* Last: afterwards another account is in charge. */
	single(calls, config, live, "transferOwnership(address)", "owner");
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
