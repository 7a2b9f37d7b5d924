/*
 * forge_project: the deployment scripts, compiled and ready to run. It lies in
 * the store under a digest of its content, so making it again finds it.
 */
#include <string.h>

#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "providers/kinds/forge_project/forge_attrs.h"

static const struct {
	const char *field;
	bool of_both; /* a source may have it, too */
} published[] = { { "artifacts_digest", false },
		  { "drivers", true },
		  { "solc", false } };

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
		const char *at = jx_ptr_key(ctx->arena, "", published[i].field);
		bool given = jx_get(config, published[i].field) ||
			     is_unknown(unknown, at);

		if (given != source || (source && published[i].of_both))
			continue;
		diag_err(ctx->ds, "E0484",
			 source ? "'%s' cannot be used with a source"
				: "published artifacts need '%s'",
			 published[i].field);
		diag_path(ctx->ds, "%s", source ? at : "/artifacts");
		rc = -1;
	}
	if (source && json_object_size(jx_get(config, "compilers")) == 0 &&
	    !is_unknown(unknown, "/compilers")) {
		diag_err(ctx->ds, "E0484", "a source needs 'compilers'");
		diag_path(ctx->ds, "/source");
		diag_hint(ctx->ds,
			  "set the compilers that its files need, such as "
			  "0.8.15: \"${toolchain.solc.path}\"");
		rc = -1;
	}
	return rc;
}

/* A build of a compiler for another of the same version leaves the compiled
 * project where it is. */
static bool
stays(const struct plan_req *req)
{
	char now[65], then[65];

	if (req->creating || !req->prior || !req->prior_config)
		return false;
	forge_key(req->config, now);
	forge_key(req->prior_config, then);
	return strcmp(now, then) == 0;
}

static int
forge_project_plan(struct kind_ctx *ctx UNUSED, const struct plan_req *req,
		   struct plan_out *out)
{
	const json_t *path = jx_get(req->prior, "path");

	if (json_array_size(req->unknown))
		return 0;
	out->attrs = forge_attrs(req->config);
	if (path && stays(req))
		json_object_set_new(out->attrs, "path", jx_share(path));
	return 0;
}

const struct kind kind_forge_project = {
	.name = "forge_project",
	.schema_version = 1,
	.flags = KIND_CACHE,
	.check = forge_project_check,
	.plan = forge_project_plan,
};
