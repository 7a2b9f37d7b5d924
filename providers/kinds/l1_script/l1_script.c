/*
 * l1_script: one function of a deployment script, for what is done to the
 * contracts after their deployment. It is run once, by way of the ledger; what
 * is expected of the chain afterwards is asked before as well. Destroy forgets
 * it, for nothing takes transactions back.
 */
#include "engine/kind/kind.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/facts/cost.h"
#include "providers/facts/signature.h"

/* A guess, to see that the account is not empty: forge tells the real one. */
#define TYPICAL_GAS "1000000"

static bool
is_reserved(const char *name)
{
	static const char *const ours[] = {
		"HOME",
		"PATH",
		"DEPLOY_CONFIG_PATH",
		"DEPLOYMENT_OUTFILE",
		"STATE_DUMP_PATH",
		"CONTRACT_ADDRESSES_PATH",
	};

	for (size_t i = 0; i < COUNTOF(ours); i++)
		if (strcmp(name, ours[i]) == 0)
			return true;
	return strncmp(name, "FOUNDRY_", 8) == 0;
}

static int
check_env(struct kind_ctx *ctx, const json_t *env)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)env, name, v) {
		if (name[0] && !strchr(name, '=') && !is_reserved(name))
			continue;
		diag_err(ctx->ds, "E0871", "'%s' cannot be set for the script",
			 name);
		diag_path(ctx->ds, "%s", jx_ptr_key(ctx->arena, "/env", name));
		return -1;
	}
	return 0;
}

static int
l1_script_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown)
{
	if (check_env(ctx, jx_get(config, "env")) ||
	    signature_check(ctx, config, "", "sig", false, unknown))
		return -1;
	return signature_check(ctx, jx_get(config, "expect"), "/expect",
			       "function", true, unknown);
}

static int
l1_script_plan(struct kind_ctx *ctx, const struct plan_req *req,
	       struct plan_out *out)
{
	const json_t *c = req->config;
	const char *script = jx_str(c, "script", NULL);

	out->attrs = json_pack("{s:b}", "holds", 1);
	if (!req->creating)
		return 0;
	if (!script)
		script = jx_str(jx_get(c, "project"), "script", "the script");
	kind_note(ctx, out,
		  "runs %s of %s; its transactions are known after the "
		  "simulation",
		  jx_str(c, "sig", "a function"), script);
	if (jx_get(c, "expect"))
		kind_note(ctx, out,
			  "nothing is sent if the expectation already holds");
	out->costs = cost_list(req, "deployer", "deployer", TYPICAL_GAS, "0");
	return 0;
}

static int
l1_script_leaves(struct kind_ctx *ctx, const json_t *config,
		 const json_t *attrs, struct plan_out *out)
{
	const char *what = jx_str(config, "sig", "run()");
	const json_t *txs = jx_get(attrs, "transactions");
	long long chain = (long long)jx_int(config, "l1_chain_id", 0);

	if (txs)
		kind_note(ctx, out,
			  "result of %s on L1 chain %lld, by %zu transactions",
			  what, chain, json_array_size(txs));
	else
		kind_note(ctx, out,
			  "transactions that %s may have sent on L1 chain "
			  "%lld: see %s",
			  what, chain, ctx->places->ledger);
	return 0;
}

const struct kind kind_l1_script = {
	.name = "l1_script",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST,
	.check = l1_script_check,
	.plan = l1_script_plan,
	.leaves = l1_script_leaves,
};
