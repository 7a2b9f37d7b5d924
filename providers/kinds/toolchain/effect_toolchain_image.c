/* toolchain: a program out of a container image. */
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/oci/pull.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/store.h"
#include "providers/facts/image_ref.h"
#include "providers/kinds/toolchain/effect_toolchain.h"

/* Into the entry's bin, and it can be run. 1: cancelled. */
static int
pull_into(struct effect_ctx *ctx, const struct image_ref *ref, const char *file,
	  struct store_entry *e)
{
	const char *bin = arena_printf(ctx->arena, "%s/bin", e->root);
	const char *name = strrchr(file, '/') + 1;
	const char *arch = strrchr(platform_name(), '-');
	const struct oci_target t = {
		.repository =
			arena_printf(ctx->arena, "%s/%s", ref->host, ref->path),
		.cancelled = fetch_cancelled,
		.arg = ctx,
	};
	const struct oci_pull p = {
		.digest = ref->digest,
		.arch = arch ? arch + 1 : "",
		.file = file,
		.scratch = arena_printf(ctx->arena, "%s/layer", e->root),
		.to = bin,
	};
	const char *path = arena_printf(ctx->arena, "%s/%s", bin, name);
	int rc;

	if (file_mkdirs(bin, 0755, ctx->ds))
		return -1;
	rc = oci_pull_file(&t, &p, ctx->ds);
	if (rc == 0 && chmod(path, 0755))
		rc = diag_errno(ctx->ds, "E0707", "cannot make '%s'", path);
	return rc;
}

enum outcome
toolchain_from_image(struct effect_ctx *ctx, const struct effect_op *op,
		     const json_t *image, struct toolchain_source *out)
{
	static const char *const subject[] = { "image", NULL };
	const char *text = jx_str(image, "ref", "");
	const char *file = jx_str(image, "file", "");
	CLEANUP(put_json) json_t *lock = NULL;
	CLEANUP(put_json) json_t *what = NULL;
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	struct store_id id = { "image", strrchr(file, '/') + 1, "", NULL };
	struct image_ref ref;
	enum outcome oc;
	bool found;
	int rc;

	if (image_ref_parse(ctx->arena, text, &ref, ctx->ds))
		return OC_FAIL;
	/* The same name with another digest is a matter for a person. */
	lock = json_pack("{s:o, s:s}", "image",
			 jx_strf("%s/%s %s", ref.host, ref.path, file),
			 "digest", ref.digest);
	if (fetch_locked(ctx, op, lock, subject))
		return OC_FAIL;
	id.digest = arena_printf(ctx->arena, "%s %s %s", ref.digest, file,
				 platform_name());
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc != OC_OK)
		return oc;
	if (!found) {
		effect_progress(ctx, "taking %s from %s", file, text);
		what = json_pack("{s:s, s:s}", "image", text, "file", file);
		rc = pull_into(ctx, &ref, file, &e);
		if (rc == 0)
			rc = store_commit(&e, what, ctx->ds);
		if (rc > 0) {
			diag_err(ctx->ds, "E0805",
				 "interrupted while taking a file from '%s'",
				 text);
			return OC_CANCELLED;
		}
		if (rc)
			return OC_FAIL;
	}
	out->root = arena_strdup(ctx->arena, e.root);
	out->path = arena_printf(ctx->arena, "%s/bin/%s", e.root,
				 strrchr(file, '/') + 1);
	out->origin = arena_printf(ctx->arena, "image:%s", text);
	out->lock = TAKE(lock);
	return OC_OK;
}
