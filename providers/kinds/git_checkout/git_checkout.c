/*
 * git_checkout: one revision of a git repository in a work tree of this chain,
 * .opl2/src/NAME/<commit12>. Its objects are in the store and are shared.
 * Converges: a tree appears whole, by a rename, or not at all. A tree that
 * somebody changed is the somebody's: only -replace throws it away.
 */
#include "engine/kind/kind.h"

#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "engine/kind/places.h"

static int
git_checkout_plan(struct kind_ctx *ctx, const struct plan_req *req,
		  struct plan_out *out)
{
	const char *commit = jx_str(req->config, "commit", "");
	const char *name = strchr(ctx->addr, '.');

	if (is_unknown(req->unknown, "/commit"))
		return 0;
	out->attrs = json_pack(
		"{s:s, s:[]}", "path",
		arena_printf(ctx->arena, "%s/%.12s",
			     addr_place(ctx->arena, ctx->places->sources,
					name ? name + 1 : ctx->addr, NULL,
					req->creating ? NULL : req->recorded),
			     commit),
		"dirty");
	return 0;
}

const struct kind kind_git_checkout = {
	.name = "git_checkout",
	.schema_version = 1,
	.flags = KIND_CACHE,
	.plan = git_checkout_plan,
};
