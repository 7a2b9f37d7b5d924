/*
 * envrc: the effect half. priv holds the digest of what was written last: any
 * other content is somebody's work, and is moved aside, never overwritten.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/envrc/envrc_render.h"

#define TEXT_MAX (1u << 20)

static enum outcome
envrc_read(struct effect_ctx *ctx, const struct effect_op *op,
	   struct effect_result *out)
{
	CLEANUP(put_json) json_t *attrs = NULL;
	const char *path;
	char digest[65];
	struct stat st;

	if (!op->prior)
		return OC_GONE;
	path = jx_str(op->prior, "written", "");
	if (stat(path, &st))
		return OC_GONE;
	if (file_sha256(path, digest, ctx->ds))
		return OC_UNREACHABLE;
	attrs = envrc_attrs(path, digest);
	json_object_set_new(attrs, "mode", jx_strf("%04o", st.st_mode & 07777));
	out->attrs = TAKE(attrs);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

/* Content that opl2 did not write gets a name of its own. */
static int
keep(struct effect_ctx *ctx, const char *path, const struct buf *text,
     const char *digest)
{
	const char *bak = arena_printf(ctx->arena, "%s.bak-%.8s", path, digest);

	if (file_create(bak, text->p, text->n, 0600, ctx->ds) < 0)
		return -1;
	effect_progress(ctx, "the edited file was saved as %s", bak);
	return 0;
}

static int
make_room(struct effect_ctx *ctx, const struct effect_op *op, const char *path,
	  const struct buf *old)
{
	char digest[65];

	if (strncmp(buf_str(old), ENVRC_MARKER, strlen(ENVRC_MARKER)) != 0 &&
	    !op->priv) {
		diag_err(ctx->ds, "E0450", "'%s' was not written by opl2",
			 path);
		diag_path(ctx->ds, "/path");
		diag_hint(ctx->ds, "move it away, or choose another 'path'");
		return -1;
	}
	sha256_hex(old->p, old->n, digest);
	if (op->priv && strcmp(jx_str(op->priv, "sha256", ""), digest) == 0)
		return 0;
	return keep(ctx, path, old, digest);
}

static enum outcome
envrc_create(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	CLEANUP(buf_done) struct buf old = BUF_INIT(TEXT_MAX);
	const char *path =
		envrc_path(ctx->arena, op->config, op->env->spec_dir);
	char digest[65];
	int have = file_read_opt(path, &old, ctx->ds);
	bool same;

	if (have < 0)
		return OC_FAIL;
	envrc_render(op->config, op->addr, op->env->spec_dir, &text);
	same = have == 0 && old.n == text.n &&
	       memcmp(old.p, text.p, text.n) == 0;
	if (have == 0 && !same && make_room(ctx, op, path, &old))
		return OC_FAIL;
	if (file_replace(path, text.p, text.n, 0600, ctx->ds))
		return OC_FAIL;
	sha256_hex(text.p, text.n, digest);
	out->attrs = envrc_attrs(path, digest);
	out->priv = json_pack("{s:s}", "sha256", digest);
	return OC_OK;
}

static enum outcome
envrc_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(buf_done) struct buf old = BUF_INIT(TEXT_MAX);
	const char *path =
		op->prior ? jx_str(op->prior, "written", NULL) : NULL;
	int have = path ? file_read_opt(path, &old, ctx->ds) : 1;

	if (have > 0)
		return OC_OK;
	if (have < 0 || make_room(ctx, op, path, &old))
		return OC_FAIL;
	if (unlink(path) == 0 || errno == ENOENT)
		return OC_OK;
	diag_errno(ctx->ds, "E0501", "cannot remove '%s'", path);
	return OC_FAIL;
}

const struct effects effects_envrc = {
	.kind = "envrc",
	.read = envrc_read,
	.create = envrc_create,
	.remove = envrc_remove,
};
