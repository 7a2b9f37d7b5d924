/*
 * genesis: genesis.json and rollup.json, which follow from the deploy config,
 * the allocs and the L1 block of SystemConfig, or a later one that is given.
 * While those are the same, so are the files, whoever computes them: op-node,
 * another version of it, or opl2 itself.
 */
#include "engine/kind/kind.h"

#include "engine/io/jx.h"
#include "providers/facts/managed_place.h"
#include "providers/facts/same_inputs.h"

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
	"l1_number",      "chain_key",     "scheduled",
};

static int
genesis_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	if (!jx_get(config, "l1_anchor") || jx_get(config, "geth") ||
	    is_unknown(unknown, "/geth") ||
	    !(jx_get(config, "program") || is_unknown(unknown, "/program")))
		return 0;
	diag_err(ctx->ds, "E0433",
		 "'l1_anchor' is set with 'program' but without 'geth'");
	diag_path(ctx->ds, "/l1_anchor");
	diag_hint(ctx->ds,
		  "remove 'program', or set 'geth' to the datadir's geth "
		  "program, which computes the new hash of block 0");
	return -1;
}

static void
warn_moved(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *at = jx_get(config, "l1_anchor");

	if (!at)
		return;
	diag_warn(ctx->ds, "W0436",
		  "deposits on L1 up to block %lld do not reach the L2",
		  (long long)json_integer_value(at));
	diag_addr(ctx->ds, ctx->addr);
	diag_path(ctx->ds, "/l1_anchor");
	diag_hint(ctx->ds, "apply counts the deposits since SystemConfig was "
			   "initialised");
}

static int
genesis_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	const char *dir = managed_place(ctx, req);

	out->attrs = json_object();
	for (size_t i = 0; i < COUNTOF(files); i++)
		json_object_set_new(
			out->attrs, files[i].field,
			json_string(arena_printf(ctx->arena, "%s/%s", dir,
						 files[i].name)));
	if (!req->prior || !same_genesis(req->prior_config, req->config)) {
		warn_moved(ctx, req->config);
		if (req->creating)
			json_object_set_new(out->attrs, "scheduled",
					    json_true());
		return 0;
	}
	for (size_t i = 0; i < COUNTOF(derived); i++) {
		const json_t *v = jx_get(req->recorded, derived[i]);

		if (v)
			json_object_set_new(out->attrs, derived[i],
					    jx_share(v));
	}
	return 0;
}

/* Of version 1, which left no room for forks that begin with the chain. */
static int
genesis_upgrade(struct kind_ctx *ctx UNUSED, unsigned from UNUSED,
		json_t *config UNUSED, json_t *attrs)
{
	json_object_set_new(attrs, "scheduled", json_false());
	return 0;
}

const struct kind kind_genesis = {
	.name = "genesis",
	.schema_version = 2,
	.flags = KIND_IMPORT,
	.check = genesis_check,
	.plan = genesis_plan,
	.upgrade = genesis_upgrade,
};
