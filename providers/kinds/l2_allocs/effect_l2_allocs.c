/* l2_allocs: the effect half. */
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/forge/forge_project.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/facts/same_inputs.h"

static const char *const files[] = { "path", NULL };

static enum outcome
l2_allocs_read(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	return managed_read(ctx, op, files, out);
}

static enum outcome
l2_allocs_create(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const char *dir = managed_dir(ctx, op, true), *path;
	struct forge_run run = {
		.config = jx_str(op->config, "deploy_config", ""),
		.addresses = jx_str(op->config, "addresses", ""),
		.script = jx_str(jx_get(op->config, "project"), "script", NULL),
	};
	enum outcome oc;

	if (!dir)
		return OC_FAIL;
	path = arena_printf(ctx->arena, "%s/allocs.json", dir);
	if (op->prior &&
	    same_inputs(op->prior_config, op->config, l2_allocs_inputs) &&
	    managed_as_made(ctx, op, "path", path)) {
		oc = OC_OK;
	} else {
		forge_project_get(ctx, jx_get(op->config, "project"),
				  &run.project);
		oc = forge_l2_allocs(
			ctx, op, &run,
			(uint64_t)jx_int(op->config, "l2_chain_id", 0), path);
	}
	return oc == OC_OK ? managed_written(ctx, path, out) : oc;
}

const struct effects effects_l2_allocs = {
	.kind = "l2_allocs",
	.read = l2_allocs_read,
	.create = l2_allocs_create,
	.remove = managed_remove,
};
