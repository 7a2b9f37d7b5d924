/*
 * forge_project: the deployment scripts, compiled and ready to run. It lies in
 * the store under a digest of its content, so making it again finds it.
 */
#include "engine/kind.h"
#include "providers/forge_attrs.h"

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
	.plan = forge_project_plan,
};
