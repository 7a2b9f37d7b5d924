#include "providers/clients/tools/managed_files.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"

static void
digest_field(const char *field, char *out, size_t n)
{
	if (strcmp(field, "path") == 0)
		(void)snprintf(out, n, "sha256");
	else
		(void)snprintf(out, n, "%s_sha256", field);
}

static json_t *
mark_of(const struct stat *st)
{
	return jx_strf("%lld %lld.%09ld %llu", (long long)st->st_size,
		       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		       (unsigned long long)st->st_ino);
}

json_t *
managed_marks(const json_t *attrs, const char *const *fields)
{
	json_t *out = json_object();
	struct stat st;
	char key[64];

	for (; *fields; fields++) {
		digest_field(*fields, key, sizeof(key));
		if (jx_get(attrs, key))
			json_object_set_new(out, key,
					    jx_share(jx_get(attrs, key)));
		if (stat(jx_str(attrs, *fields, ""), &st) == 0)
			json_object_set_new(out, *fields, mark_of(&st));
	}
	return out;
}

enum outcome
managed_written(struct effect_ctx *ctx, const char *path,
		struct effect_result *out)
{
	static const char *const fields[] = { "path", NULL };
	char digest[65];

	if (file_sha256(path, digest, ctx->ds))
		return OC_FAIL;
	out->attrs = json_pack("{s:s, s:s}", "path", path, "sha256", digest);
	out->priv = managed_marks(out->attrs, fields);
	return OC_OK;
}

const char *
managed_digest(const struct effect_op *op, const char *field)
{
	char key[64];

	digest_field(field, key, sizeof(key));
	return jx_str(op->priv, key, jx_str(op->prior, key, ""));
}

bool
managed_as_made(struct effect_ctx *ctx, const struct effect_op *op,
		const char *field, const char *path)
{
	char digest[65];

	return file_exists(path) && file_sha256(path, digest, ctx->ds) == 0 &&
	       !strcmp(digest, managed_digest(op, field));
}

static int
read_one(struct effect_ctx *ctx, const struct effect_op *op, const char *field,
	 json_t *attrs, json_t *priv)
{
	const char *path = jx_str(op->prior, field, "");
	const json_t *old = op->priv ? jx_get(op->priv, field) : NULL;
	json_t *mark;
	char key[64], digest[65] = "";
	struct stat st;

	digest_field(field, key, sizeof(key));
	if (jx_get(op->priv, key))
		json_object_set_new(priv, key, jx_share(jx_get(op->priv, key)));
	if (stat(path, &st) == 0) {
		mark = mark_of(&st);
		json_object_set_new(priv, field, mark);
		if (old && json_equal(old, mark))
			return 0;
		if (file_sha256(path, digest, ctx->ds))
			return -1;
	}
	json_object_set_new(attrs, key, json_string(digest));
	return 0;
}

enum outcome
managed_read(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *const *fields, struct effect_result *out)
{
	CLEANUP(put_json) json_t *attrs = NULL, *priv = NULL;

	if (!op->prior)
		return OC_GONE;
	attrs = json_object();
	json_object_update(attrs, (json_t *)(uintptr_t)op->prior);
	priv = json_object();
	for (; *fields; fields++)
		if (read_one(ctx, op, *fields, attrs, priv))
			return OC_UNREACHABLE;
	out->attrs = TAKE(attrs);
	out->priv = TAKE(priv);
	return OC_OK;
}

const char *
managed_dir(struct effect_ctx *ctx, const struct effect_op *op, bool make)
{
	const char *dir = addr_place(ctx->arena, op->env->places->files,
				     op->addr, op->planned, op->prior);

	if (make && file_mkdirs(dir, 0755, ctx->ds))
		return NULL;
	return dir;
}

enum outcome
managed_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *path = managed_dir(ctx, op, false);
	DIR *dir = opendir(path);
	const struct dirent *e;
	int err = dir || errno == ENOENT ? 0 : errno;

	/* An earlier version put the folders of an instance's resources in
	 * that of a resource with the instance's name. */
	while (dir && (e = readdir(dir)))
		if (unlinkat(dirfd(dir), e->d_name, 0) && errno != EISDIR &&
		    errno != ENOENT)
			err = errno;
	if (dir)
		closedir(dir);
	if (err || (rmdir(path) && errno != ENOENT && errno != ENOTEMPTY)) {
		errno = err ? err : errno;
		diag_errno(ctx->ds, "E0501", "cannot remove '%s'", path);
		return OC_FAIL;
	}
	return OC_OK;
}
