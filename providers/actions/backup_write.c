/*
 * backup_write: puts files of a chain into an archive.
 *
 * config: {archive (absolute path), dir (of the spec), manifest (object),
 *	    encryption (of the spec; sealed with it),
 *	    paths: [{path (below dir), public: bool}]}
 * answer: {files, bytes}
 *
 * The first member is opl2-backup.json: the manifest, and in "private" the
 * files that only their owner may read, for unpacking forgets modes.
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/shared/seal_stream.h"
#include "providers/clients/store/tar.h"

static bool
backup_write_is_cancelled(void *arg)
{
	return effect_cancelled(arg);
}

static char *
manifest_text(const struct effect_op *op, const struct tar_list *l)
{
	CLEANUP(put_json)
	json_t *m = json_deep_copy(jx_get(op->config, "manifest"));
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].folder && !(l->v[i].mode & 077))
			json_array_append_new(list, json_string(l->v[i].path));
	json_object_set_new(m, "private", list);
	return jx_dump(m);
}

static enum outcome
backup_write_run(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const char *archive = jx_str(op->config, "archive", "");
	const char *dir = jx_str(op->config, "dir", "");
	const json_t *encryption = jx_get(op->config, "encryption");
	CLEANUP(tar_list_done) struct tar_list l = { 0 };
	CLEANUP(seal_stream_done) struct seal_stream seal = { 0 };
	CLEANUP(freep) char *text = NULL;
	struct tar_opts opts = { .first = "opl2-backup.json",
				 .cancelled = backup_write_is_cancelled,
				 .arg = ctx };
	const json_t *v;
	size_t i;
	int rc;

	json_array_foreach(jx_get(op->config, "paths"), i, v)
		if (tar_gather(&l, dir, jx_str(v, "path", ""),
			       jx_bool(v, "public", false), ctx->ds))
			return OC_FAIL;
	if (encryption) {
		if (seal_stream_make(&seal, encryption, dir, ctx->ds) < 0)
			return OC_FAIL;
		opts.write = seal_stream_write;
		opts.sink = &seal;
	}
	text = manifest_text(op, &l);
	opts.text = text;
	effect_progress(ctx, "%zu files, %llu MiB", l.n,
			(unsigned long long)(l.bytes >> 20));
	rc = tar_write(archive, dir, &l, &opts, ctx->ds);
	if (rc > 0) {
		diag_err(ctx->ds, "E0623", "the backup was interrupted");
		return OC_CANCELLED;
	}
	if (rc < 0)
		return OC_FAIL;
	out->attrs = json_pack("{s:I, s:I}", "files", (json_int_t)l.n, "bytes",
			       (json_int_t)l.bytes);
	return OC_OK;
}

const struct action action_backup_write = {
	.name = "backup_write",
	.run = backup_write_run,
};
