/* A forge project out of a checkout. */
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/forge/forge_compilers.h"
#include "providers/clients/forge/forge_layout.h"
#include "providers/clients/store/source_tree.h"

enum outcome
source_lay_out(struct effect_ctx *ctx, const struct forge_sources *src,
	       const char *dir)
{
	const json_t *patches = jx_get(src->source, "patches"), *patch;
	const char *from = jx_str(src->source, "path", "");
	enum outcome oc;
	size_t i;

	from = arena_printf(ctx->arena, "%s/%s", from,
			    jx_str(src->source, "dir", "."));
	if (!file_exists(arena_printf(ctx->arena, "%s/foundry.toml", from))) {
		diag_err(ctx->ds, "E0485", "'%s' is not a forge project", from);
		diag_path(ctx->ds, "/source/dir");
		diag_hint(ctx->ds, "use the folder that contains foundry.toml");
		return OC_FAIL;
	}
	effect_progress(ctx, "copying the contracts' source");
	oc = source_copy(ctx, from, dir);
	json_array_foreach(patches, i, patch) {
		if (oc != OC_OK)
			break;
		if (source_patch(ctx, dir, patch)) {
			diag_path(ctx->ds, "/source/patches/%zu", i);
			oc = OC_FAIL;
		}
	}
	if (oc == OC_OK && (forge_put_drivers(ctx, src, dir) ||
			    compilers_put(ctx, src->compilers, dir)))
		oc = OC_FAIL;
	return oc;
}
