/*
 * genesis: genesis.json and rollup.json, which `op-node genesis l2` computes
 * from the deploy config, the allocs and the L1 block of SystemConfig. While
 * those are the same, so are the files: another version of op-node does not
 * make another chain.
 */
#include "engine/kind.h"

#include "engine/base/jx.h"
#include "providers/same_inputs.h"

static const struct {
	const char *field, *name;
} files[] = {
	{ "genesis", "genesis.json" },
	{ "rollup", "rollup.json" },
	{ "rollup_chain_op", "rollup-chain-op.json" },
};

/* What follows from the inputs alone. */
static const char *const derived[] = {
	"genesis_sha256", "rollup_sha256", "rollup_chain_op_sha256",
	"l2_hash",        "l2_time",       "l1_hash",
	"l1_number",      "chain_key",
};

static int
genesis_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	out->attrs = json_object();
	for (size_t i = 0; i < COUNTOF(files); i++)
		json_object_set_new(
			out->attrs, files[i].field,
			json_string(arena_printf(ctx->arena, "%s/files/%s/%s",
						 ctx->state_dir, ctx->addr,
						 files[i].name)));
	if (!req->prior ||
	    !same_inputs(req->prior_config, req->config, genesis_inputs))
		return 0;
	for (size_t i = 0; i < COUNTOF(derived); i++) {
		const json_t *v = jx_get(req->prior, derived[i]);

		if (v && strcmp(json_is_string(v) ? json_string_value(v) : "x",
				"") != 0)
			json_object_set_new(out->attrs, derived[i],
					    jx_share(v));
	}
	return 0;
}

const struct kind kind_genesis = {
	.name = "genesis",
	.schema_version = 1,
	.plan = genesis_plan,
};
