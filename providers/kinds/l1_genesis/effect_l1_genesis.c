/* l1_genesis: the effect half. */
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/kinds/l1_genesis/l1_render.h"

static const char *const files[] = { "path", NULL };

static enum outcome
l1_genesis_read(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	return managed_read(ctx, op, files, out);
}

static enum outcome
l1_genesis_create(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	int64_t at = l1_genesis_time(op->config, op->prior, time(NULL));
	CLEANUP(put_json) json_t *doc = l1_genesis_render(op->config, at);
	const char *dir = managed_dir(ctx, op, true), *path;

	if (!dir)
		return OC_FAIL;
	path = arena_printf(ctx->arena, "%s/genesis.json", dir);
	if (file_replace_json(path, doc, 0644, ctx->ds))
		return OC_FAIL;
	out->attrs = l1_genesis_attrs(op->config, at, path);
	out->priv = managed_marks(out->attrs, files);
	return OC_OK;
}

const struct effects effects_l1_genesis = {
	.kind = "l1_genesis",
	.read = l1_genesis_read,
	.create = l1_genesis_create,
	.remove = managed_remove,
};
