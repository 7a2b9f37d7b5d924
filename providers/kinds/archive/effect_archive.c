/* archive: the effect half. */
#include "providers/kinds/archive/effect_archive.h"

#include <stdio.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/store.h"
#include "providers/clients/store/untar.h"
#include "providers/kinds/archive/archive.h"

static enum outcome
archive_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	const char *dir = jx_str(op->prior, "dir", NULL);
	int rc = dir ? store_verify(dir, false, NULL, ctx->ds) : 0;

	if (rc < 0)
		return OC_FAIL;
	if (rc == 0)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

struct making {
	const json_t *spec;  /* {url, sha256, mirrors, strip} */
	const char *what;    /* the file's name, for people */
	const char *program; /* the file is this program itself, or NULL */
	struct digest want;
};

/* 1: cancelled. */
static int
unpack(struct effect_ctx *ctx, const struct making *m, const char *file,
       const char *root)
{
	struct untar opts = {
		.strip = (unsigned)jx_int(m->spec, "strip", 0),
		.cancelled = fetch_cancelled,
		.arg = ctx,
	};
	const char *bin;

	if (!m->program)
		return untar(file, root, &opts, ctx->ds);
	bin = arena_printf(ctx->arena, "%s/bin", root);
	if (file_mkdirs(bin, 0755, ctx->ds))
		return -1;
	bin = arena_printf(ctx->arena, "%s/%s", bin, m->program);
	if (rename(file, bin) || chmod(bin, 0755))
		return diag_errno(ctx->ds, "E0707", "cannot make '%s'", bin);
	return 0;
}

static enum outcome
archive_fill(struct effect_ctx *ctx, const struct effect_op *op,
	     const struct making *m, struct store_entry *e)
{
	const json_t *mirrors = jx_get(m->spec, "mirrors"), *mirror;
	size_t n = 0, i;
	const char **urls = arena_alloc(
		ctx->arena, (json_array_size(mirrors) + 1) * sizeof(*urls));
	struct fetch f = { .what = m->what,
			   .urls = urls,
			   .want = &m->want,
			   .key = jx_str(m->spec, "sha256", "") };
	CLEANUP(put_json) json_t *about = NULL;
	CLEANUP(freep) char *file = NULL;
	enum outcome oc;
	int rc;

	json_array_foreach(mirrors, i, mirror)
		urls[n++] = json_string_value(mirror);
	urls[n++] = jx_str(m->spec, "url", "");
	f.nurls = n;
	oc = fetch_file(ctx, op, &f, &file);
	if (oc != OC_OK)
		return oc;
	effect_progress(ctx, "unpacking %s", m->what);
	about = json_pack("{s:s,s:s}", "file", m->what, "sha256", f.key);
	rc = unpack(ctx, m, file, e->root);
	if (rc == 0)
		rc = store_commit(e, about, ctx->ds);
	if (rc <= 0)
		unlink(file);
	if (rc > 0) {
		diag_err(ctx->ds, "E0805", "interrupted while unpacking '%s'",
			 m->what);
		return OC_CANCELLED;
	}
	return rc ? OC_FAIL : OC_OK;
}

enum outcome
archive_get(struct effect_ctx *ctx, const struct effect_op *op,
	    const json_t *spec, const char *at, const char *program,
	    struct archive_got *out)
{
	const char *sha = jx_str(spec, "sha256", "");
	struct making m = { .spec = spec,
			    .what = archive_file_name(ctx->arena,
						      jx_str(spec, "url", "")),
			    .program = program };
	struct store_id id = { "archive", m.what, "", NULL };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	enum outcome oc;
	bool found;

	if (digest_parse(sha, &m.want)) {
		diag_err(ctx->ds, "E0703", "'%s' is no digest", sha);
		diag_path(ctx->ds, "%s/sha256", at);
		return OC_FAIL;
	}
	if (program)
		id.digest =
			arena_printf(ctx->arena, "%s program %s", sha, program);
	else
		id.digest = arena_printf(ctx->arena, "%s strip %d", sha,
					 (int)jx_int(spec, "strip", 0));
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = archive_fill(ctx, op, &m, &e);
	if (oc != OC_OK)
		return oc;
	out->root = arena_strdup(ctx->arena, e.root);
	out->file = m.what;
	return OC_OK;
}

static enum outcome
archive_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	struct archive_got got;
	enum outcome oc = archive_get(ctx, op, op->config, "", NULL, &got);

	if (oc == OC_OK)
		out->attrs = json_pack("{s:s}", "dir", got.root);
	return oc;
}

const struct effects effects_archive = {
	.kind = "archive",
	.read = archive_read,
	.create = archive_create,
	.remove = effect_leave,
};
