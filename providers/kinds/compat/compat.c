/*
 * compat: whether the chosen versions go together, by a table. What depends on
 * it is not begun before the whole table has been put to the known values.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/kinds/compat/compat_table.h"

static int
compat_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	if (compat_judge(config, unknown, NULL, NULL, ctx->ds))
		return -1;
	compat_remind(config, unknown, ctx->ds);
	return 0;
}

static int
compat_plan(struct kind_ctx *ctx, const struct plan_req *req,
	    struct plan_out *out)
{
	CLEANUP(put_json) json_t *warn = json_array(), *open = json_array();

	/* What it refuses, check has refused. */
	if (compat_judge(req->config, req->unknown, warn, open, ctx->ds))
		return -1;
	compat_warn(req->config, req->unknown, ctx->ds);
	for (size_t i = 0; i < json_array_size(open); i++)
		kind_note(ctx, out, "needs %s, which is not known yet",
			  json_string_value(json_array_get(open, i)));
	if (!json_array_size(open))
		out->attrs = compat_attrs(TAKE(warn));
	return 0;
}

const struct kind kind_compat = {
	.name = "compat",
	.schema_version = 1,
	.flags = KIND_JUDGE,
	.check = compat_check,
	.plan = compat_plan,
};
