/* forge_project: the effect half. */
#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "providers/forge_attrs.h"
#include "providers/lib/forge_project.h"

static enum outcome
forge_project_read(struct op_ctx *ctx UNUSED, const struct op *op,
		   struct op_result *out)
{
	if (!op->prior || !file_exists(jx_str(op->prior, "path", "")))
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static json_t *
driver_paths(struct op_ctx *ctx, const struct op *op)
{
	const json_t *drivers = jx_get(op->config, "drivers");
	json_t *out = json_object(), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)drivers, name, v)
	{
		const char *path = op_asset(ctx, op, json_string_value(v));

		json_object_set_new(out, name, json_string(path));
	}
	return out;
}

static enum outcome
forge_project_create(struct op_ctx *ctx, const struct op *op,
		     struct op_result *out)
{
	CLEANUP(put_json) json_t *files = driver_paths(ctx, op);
	CLEANUP(put_json) json_t *attrs = forge_attrs(op->config);
	const json_t *dirs = jx_get(attrs, "tool_dirs");
	size_t i, n = json_array_size(dirs);
	struct forge_sources src = {
		.source = jx_get(op->config, "source"),
		.compilers = jx_get(op->config, "compilers"),
		.artifacts = jx_str(op->config, "artifacts", ""),
		.solc = jx_str(op->config, "solc", ""),
		.forge = jx_str(op->config, "forge", ""),
		.tool_dirs = arena_alloc(ctx->arena,
					 (n + 1) * sizeof(*src.tool_dirs)),
		.files = files,
	};
	char key[65];
	enum outcome oc;

	for (i = 0; i < n; i++)
		src.tool_dirs[i] = json_string_value(json_array_get(dirs, i));
	forge_key(op->config, key);
	src.key = key;
	oc = forge_project_make(ctx, op, &src);
	if (oc != OC_OK)
		return oc;
	json_object_set_new(attrs, "path",
			    json_string(forge_project_path(ctx, op, key)));
	out->attrs = TAKE(attrs);
	return OC_OK;
}

/* The store is shared: what nobody uses is swept by `opl2 store gc`. */
static enum outcome
forge_project_remove(struct op_ctx *ctx UNUSED, const struct op *op UNUSED)
{
	return OC_OK;
}

const struct effects effects_forge_project = {
	.kind = "forge_project",
	.read = forge_project_read,
	.create = forge_project_create,
	.remove = forge_project_remove,
};
