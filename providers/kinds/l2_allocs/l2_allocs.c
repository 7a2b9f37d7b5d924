/*
 * l2_allocs: the predeployed contracts of the L2, a file that the L2Genesis
 * script computes. The same inputs give the same file.
 */
#include "engine/kind/kind.h"

#include "engine/io/jx.h"
#include "providers/facts/managed_place.h"
#include "providers/facts/same_inputs.h"

static int
l2_allocs_plan(struct kind_ctx *ctx, const struct plan_req *req,
	       struct plan_out *out)
{
	const char *path = arena_printf(ctx->arena, "%s/allocs.json",
					managed_place(ctx, req));
	const char *had = jx_str(req->recorded, "sha256", "");

	out->attrs = json_pack("{s:s}", "path", path);
	if (had[0] &&
	    same_inputs(req->prior_config, req->config, l2_allocs_inputs))
		json_object_set_new(out->attrs, "sha256", json_string(had));
	return 0;
}

const struct kind kind_l2_allocs = {
	.name = "l2_allocs",
	.schema_version = 1,
	.flags = KIND_EARLY,
	.plan = l2_allocs_plan,
};
