/* archive: the effect half. */
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/effect.h"
#include "providers/lib/fetch.h"
#include "providers/lib/store.h"
#include "providers/lib/untar.h"

static enum outcome
archive_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
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

static enum outcome
fill(struct op_ctx *ctx, const struct op *op, const char *what,
     const struct digest *want, struct store_entry *e)
{
	const json_t *mirrors = jx_get(op->config, "mirrors"), *m;
	size_t n = 0, i;
	const char **urls = arena_alloc(
		ctx->arena, (json_array_size(mirrors) + 1) * sizeof(*urls));
	struct fetch f = { .what = what,
			   .urls = urls,
			   .want = want,
			   .key = jx_str(op->config, "sha256", "") };
	struct untar opts = {
		.strip = (unsigned)jx_int(op->config, "strip", 0),
		.cancelled = fetch_cancelled,
		.arg = ctx,
	};
	CLEANUP(put_json) json_t *about = NULL;
	CLEANUP(freep) char *file = NULL;
	enum outcome oc;
	int rc;

	json_array_foreach(mirrors, i, m) urls[n++] = json_string_value(m);
	urls[n++] = jx_str(op->config, "url", "");
	f.nurls = n;
	oc = fetch_file(ctx, op, &f, &file);
	if (oc != OC_OK)
		return oc;
	op_progress(ctx, "unpacking %s", what);
	about = json_pack("{s:s,s:s}", "file", what, "sha256", f.key);
	rc = untar(file, e->root, &opts, ctx->ds);
	if (rc == 0)
		rc = store_commit(e, about, ctx->ds);
	if (rc <= 0)
		unlink(file);
	if (rc > 0) {
		diag_err(ctx->ds, "E0805", "stopped while unpacking '%s'",
			 what);
		return OC_CANCELLED;
	}
	return rc ? OC_FAIL : OC_OK;
}

/* The file's name, without a query that may hold a credential. */
static const char *
file_name(struct arena *a, const char *url)
{
	char *s = arena_strndup(a, url, strcspn(url, "?#")), *slash;

	slash = strrchr(s, '/');
	return slash && slash[1] ? slash + 1 : "archive";
}

static enum outcome
archive_create(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	const char *sha = jx_str(op->config, "sha256", "");
	const char *what = file_name(ctx->arena, jx_str(op->config, "url", ""));
	struct store_id id = { "archive", what, "", NULL };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	struct digest want;
	enum outcome oc;
	bool found;

	if (digest_parse(sha, &want)) {
		diag_err(ctx->ds, "E0703", "'%s' is no digest", sha);
		diag_path(ctx->ds, "/sha256");
		return OC_FAIL;
	}
	id.digest = arena_printf(ctx->arena, "%s strip %d", sha,
				 (int)jx_int(op->config, "strip", 0));
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = fill(ctx, op, what, &want, &e);
	if (oc != OC_OK)
		return oc;
	out->attrs = json_pack("{s:s}", "dir", e.root);
	return OC_OK;
}

static enum outcome
archive_remove(struct op_ctx *ctx UNUSED, const struct op *op UNUSED)
{
	return OC_OK;
}

const struct effects effects_archive = {
	.kind = "archive",
	.read = archive_read,
	.create = archive_create,
	.remove = archive_remove,
};
