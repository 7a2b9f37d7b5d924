/* forge_project: the effect half. */
#include <string.h>

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/forge/forge_compilers.h"
#include "providers/clients/forge/forge_project.h"
#include "providers/kinds/forge_project/forge_attrs.h"

static enum outcome
forge_project_read(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	const char *path = jx_str(op->prior, "path", NULL);

	if (!path || !file_exists(path))
		return OC_GONE;
	if (!compilers_stand(ctx, jx_get(op->prior_config, "compilers"), path))
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static json_t *
driver_paths(struct effect_ctx *ctx, const struct effect_op *op)
{
	const json_t *drivers = jx_get(op->config, "drivers");
	json_t *out = json_object(), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)drivers, name, v) {
		const char *path = effect_asset(ctx, op, json_string_value(v));

		json_object_set_new(out, name, json_string(path));
	}
	return out;
}

static void
sources_of(struct effect_ctx *ctx, const struct effect_op *op,
	   const json_t *files, const json_t *dirs, struct forge_sources *src)
{
	size_t i, n = json_array_size(dirs);

	*src = (struct forge_sources){
		.source = jx_get(op->config, "source"),
		.compilers = jx_get(op->config, "compilers"),
		.artifacts = jx_str(op->config, "artifacts", ""),
		.solc = jx_str(op->config, "solc", ""),
		.forge = jx_str(op->config, "forge", ""),
		.tool_dirs = arena_alloc(ctx->arena,
					 (n + 1) * sizeof(*src->tool_dirs)),
		.files = files,
	};
	for (i = 0; i < n; i++)
		src->tool_dirs[i] = json_string_value(json_array_get(dirs, i));
}

/* kept: the compiled project that only changes its compilers, or NULL. */
static enum outcome
forge_project_build(struct effect_ctx *ctx, const struct effect_op *op,
		    const char *kept, struct effect_result *out)
{
	CLEANUP(put_json) json_t *files = driver_paths(ctx, op);
	CLEANUP(put_json) json_t *attrs = forge_attrs(op->config);
	const char *path = kept;
	struct forge_sources src;
	char key[65];
	enum outcome oc;

	sources_of(ctx, op, files, jx_get(attrs, "tool_dirs"), &src);
	forge_key(op->config, key);
	src.key = key;
	if (!path)
		path = forge_project_path(ctx, op, key);
	oc = kept ? forge_project_renew(ctx, &src, kept)
		  : forge_project_make(ctx, op, &src);
	if (oc != OC_OK)
		return oc;
	json_object_set_new(attrs, "path", json_string(path));
	out->attrs = TAKE(attrs);
	return OC_OK;
}

static enum outcome
forge_project_create(struct effect_ctx *ctx, const struct effect_op *op,
		     struct effect_result *out)
{
	return forge_project_build(ctx, op, NULL, out);
}

static enum outcome
forge_project_update(struct effect_ctx *ctx, const struct effect_op *op,
		     struct effect_result *out)
{
	const char *path = jx_str(op->prior, "path", NULL);
	char now[65], then[65];

	forge_key(op->config, now);
	forge_key(op->prior_config, then);
	if (!path || strcmp(now, then) != 0 || !file_exists(path))
		path = NULL;
	return forge_project_build(ctx, op, path, out);
}

const struct effects effects_forge_project = {
	.kind = "forge_project",
	.read = forge_project_read,
	.create = forge_project_create,
	.update = forge_project_update,
	.remove = effect_leave,
};
