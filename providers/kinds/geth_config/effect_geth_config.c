/* geth_config: the effect half. */
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/managed_files.h"

#define TEXT_MAX (1u << 16)

static enum outcome
geth_config_read(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const char *path = op->prior ? jx_str(op->prior, "path", "") : "";
	char digest[65];

	if (!*path || !file_exists(path))
		return OC_GONE;
	if (file_sha256(path, digest, ctx->ds))
		return OC_UNREACHABLE;
	out->attrs = json_pack("{s:s, s:s}", "path", path, "sha256", digest);
	return OC_OK;
}

/* The schema's pattern lets no quote into an enode. */
static void
render(const struct effect_op *op, struct buf *text)
{
	const json_t *v;
	size_t i;

	buf_adds(text, "[Node.P2P]\nStaticNodes = [\n");
	json_array_foreach(jx_get(op->config, "static_nodes"), i, v)
		buf_addf(text, "  \"%s\",\n", json_string_value(v));
	buf_adds(text, "]\n");
}

static enum outcome
geth_config_create(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	const char *dir = managed_dir(ctx, op, true), *path;
	char digest[65];

	if (!dir)
		return OC_FAIL;
	path = arena_printf(ctx->arena, "%s/geth.toml", dir);
	render(op, &text);
	if (file_replace(path, text.p, text.n, 0644, ctx->ds))
		return OC_FAIL;
	sha256_hex(text.p, text.n, digest);
	out->attrs = json_pack("{s:s, s:s}", "path", path, "sha256", digest);
	return OC_OK;
}

const struct effects effects_geth_config = {
	.kind = "geth_config",
	.read = geth_config_read,
	.create = geth_config_create,
	.remove = managed_remove,
};
