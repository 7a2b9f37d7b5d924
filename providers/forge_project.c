/*
 * forge_project: the deployment scripts, compiled and ready to run. It lies in
 * the store under a digest of its content, so making it again finds it.
 */
#include "engine/base/jx.h"
#include "engine/kind.h"
#include "providers/forge_attrs.h"

static const char *const published[] = { "artifacts_digest", "drivers",
					 "solc" };

/* What goes with the one origin is missing, or of the other. */
static int
forge_project_check(struct kind_ctx *ctx, const json_t *config,
		    const json_t *unknown)
{
	bool source =
		jx_get(config, "source") || is_unknown(unknown, "/source");
	int rc = 0;

	if (source && is_unknown(unknown, "/artifacts"))
		return 0;
	for (size_t i = 0; i < COUNTOF(published); i++) {
		const char *at = jx_ptr_key(ctx->arena, "", published[i]);
		bool given =
			jx_get(config, published[i]) || is_unknown(unknown, at);

		if (given != source)
			continue;
		diag_err(ctx->ds, "E0484",
			 source ? "'%s' does not go with a source"
				: "published artifacts need '%s'",
			 published[i]);
		diag_path(ctx->ds, "%s", source ? at : "/artifacts");
		rc = -1;
	}
	if (source && json_object_size(jx_get(config, "compilers")) == 0 &&
	    !is_unknown(unknown, "/compilers")) {
		diag_err(ctx->ds, "E0484", "a source needs 'compilers'");
		diag_path(ctx->ds, "/source");
		diag_hint(ctx->ds, "name those that its files ask for, such as "
				   "0.8.15: \"${toolchain.solc.path}\"");
		rc = -1;
	}
	return rc;
}

static int
forge_project_plan(struct kind_ctx *ctx UNUSED, const struct plan_req *req,
		   struct plan_out *out)
{
	if (json_array_size(req->unknown) == 0)
		out->attrs = forge_attrs(req->config);
	return 0;
}

const struct kind kind_forge_project = {
	.name = "forge_project",
	.schema_version = 1,
	.flags = KIND_CACHE,
	.check = forge_project_check,
	.plan = forge_project_plan,
};
