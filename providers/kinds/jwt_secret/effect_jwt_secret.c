/* jwt_secret: the effect half. */
#include <sys/random.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/managed_files.h"

static enum outcome
jwt_secret_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		struct effect_result *out)
{
	struct stat st;

	if (!op->prior || stat(jx_str(op->prior, "path", ""), &st) ||
	    st.st_size < 64)
		return OC_GONE;
	out->attrs =
		json_pack("{s:s, s:o}", "path", jx_str(op->prior, "path", ""),
			  "mode", jx_strf("%04o", st.st_mode & 07777));
	return OC_OK;
}

static int
jwt_secret_draw(struct effect_ctx *ctx, const char *path)
{
	uint8_t raw[32];
	char text[66];
	int rc;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return diag_errno(ctx->ds, "E0501", "cannot get random bytes");
	hex_encode(raw, sizeof(raw), text);
	text[64] = '\n';
	rc = file_replace(path, text, 65, 0600, ctx->ds);
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(text, sizeof(text));
	return rc;
}

static enum outcome
jwt_secret_create(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	const char *dir = managed_dir(ctx, op, true), *path;
	struct stat st;

	if (!dir)
		return OC_FAIL;
	path = arena_printf(ctx->arena, "%s/jwt.txt", dir);
	if (stat(path, &st) || st.st_size < 64) {
		if (jwt_secret_draw(ctx, path))
			return OC_FAIL;
	} else if (chmod(path, 0600)) {
		diag_errno(ctx->ds, "E0501", "cannot protect '%s'", path);
		return OC_FAIL;
	}
	out->attrs = json_pack("{s:s, s:s}", "path", path, "mode", "0600");
	return OC_OK;
}

const struct effects effects_jwt_secret = {
	.kind = "jwt_secret",
	.read = jwt_secret_read,
	.create = jwt_secret_create,
	.remove = managed_remove,
};
