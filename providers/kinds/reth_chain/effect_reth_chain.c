/* reth_chain: the effect half. */
#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/managed_files.h"

#define GENESIS_MAX (256u << 20)

static const char *const files[] = { "path", NULL };

static enum outcome
reth_chain_read(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	return managed_read(ctx, op, files, out);
}

/* {"karst": T} as {"config": {"karstTime": T}}, which also stands for the fork
 * of the L1 that comes with it: op-reth derives Osaka from Karst. */
static int
add_forks(struct effect_ctx *ctx, const struct effect_op *op, json_t *genesis)
{
	json_t *config = json_object_get(genesis, "config"), *at;
	const char *name;

	if (!json_is_object(config))
		return diag_err(ctx->ds, "E0502", "'%s' has no config",
				jx_str(op->config, "genesis", ""));
	json_object_foreach((json_t *)(uintptr_t)jx_get(op->config, "forks"),
			    name, at)
		json_object_set(config,
				arena_printf(ctx->arena, "%sTime", name), at);
	return 0;
}

static enum outcome
reth_chain_create(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	const char *dir = managed_dir(ctx, op, true), *path;
	CLEANUP(put_json) json_t *genesis = NULL;

	genesis = dir ? jx_load_file(jx_str(op->config, "genesis", ""),
				     GENESIS_MAX, ctx->ds)
		      : NULL;
	if (!genesis || add_forks(ctx, op, genesis))
		return OC_FAIL;
	path = arena_printf(ctx->arena, "%s/chain.json", dir);
	if (file_replace_json(path, genesis, 0644, ctx->ds))
		return OC_FAIL;
	return managed_written(ctx, path, out);
}

const struct effects effects_reth_chain = {
	.kind = "reth_chain",
	.read = reth_chain_read,
	.create = reth_chain_create,
	.remove = managed_remove,
};
