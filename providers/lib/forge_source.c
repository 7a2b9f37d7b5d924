/*
 * A forge project out of a checkout. forge takes its compilers from
 * HOME/.svm/VERSION/solc-VERSION and fetches none when it is offline; HOME is
 * the project itself, here and in each run, so they are put there and go with
 * every copy of it.
 */
#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/lib/forge_layout.h"
#include "providers/lib/source_tree.h"

#define WRAPPER_MAX 16384u

static int
put_compilers(struct op_ctx *ctx, const json_t *compilers, const char *dir)
{
	const char *version;
	json_t *path;

	json_object_foreach((json_t *)(uintptr_t)compilers, version, path)
	{
		char *home =
			arena_printf(ctx->arena, "%s/.svm/%s", dir, version);
		char *at =
			arena_printf(ctx->arena, "%s/solc-%s", home, version);

		CLEANUP(buf_done) struct buf sh = BUF_INIT(WRAPPER_MAX);

		/* A link would not do: each run copies what it leads to, and a
		 * compiler may look for its other files beside itself. */
		buf_adds(&sh, "#!/bin/sh\nexec ");
		buf_addsh(&sh, json_string_value(path));
		buf_adds(&sh, " \"$@\"\n");
		if (file_mkdirs(home, 0755, ctx->ds) ||
		    file_replace(at, sh.p, sh.n, 0755, ctx->ds))
			return -1;
	}
	return 0;
}

enum outcome
source_lay_out(struct op_ctx *ctx, const struct forge_sources *src,
	       const char *dir)
{
	const json_t *patches = jx_get(src->source, "patches"), *patch;
	const char *from = jx_str(src->source, "path", "");
	enum outcome oc;
	size_t i;

	from = arena_printf(ctx->arena, "%s/%s", from,
			    jx_str(src->source, "dir", "."));
	if (!file_exists(arena_printf(ctx->arena, "%s/foundry.toml", from))) {
		diag_err(ctx->ds, "E0485", "'%s' is no forge project", from);
		diag_path(ctx->ds, "/source/dir");
		diag_hint(ctx->ds, "give the folder that has foundry.toml");
		return OC_FAIL;
	}
	op_progress(ctx, "copying the contracts' source");
	oc = source_copy(ctx, from, dir);
	json_array_foreach(patches, i, patch)
	{
		if (oc != OC_OK)
			break;
		if (source_patch(ctx, dir, patch)) {
			diag_path(ctx->ds, "/source/patches/%zu", i);
			oc = OC_FAIL;
		}
	}
	if (oc == OC_OK && put_compilers(ctx, src->compilers, dir))
		oc = OC_FAIL;
	return oc;
}
