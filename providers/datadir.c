/*
 * datadir: a folder for a node's database, .opl2/data/<key8>/NAME. The key is
 * a digest of what the chain is, so that a new genesis gets a new folder and
 * the old one stays. A marker file in it says what it was made for.
 */
#include "engine/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"

static int
datadir_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	bool program = jx_get(config, "program") != NULL ||
		       is_unknown(unknown, "/program");
	bool genesis = jx_get(config, "genesis") != NULL ||
		       is_unknown(unknown, "/genesis");

	if (program == genesis)
		return 0;
	diag_err(ctx->ds, "E0423", "'%s' is given without '%s'",
		 program ? "program" : "genesis",
		 program ? "genesis" : "program");
	diag_path(ctx->ds, program ? "/program" : "/genesis");
	diag_hint(ctx->ds, "give both for geth's database, neither for a "
			   "plain folder");
	return -1;
}

static int
datadir_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	const char *key = jx_str(req->config, "key", ""), *name;

	if (is_unknown(req->unknown, "/key"))
		return 0;
	name = strchr(ctx->addr, '.');
	if (strncmp(key, "0x", 2) == 0)
		key += 2;
	out->attrs = json_pack("{s:s, s:b}", "path",
			       arena_printf(ctx->arena, "%s/data/%.8s/%s",
					    ctx->state_dir, key,
					    name ? name + 1 : ctx->addr),
			       "initialised", 1);
	return 0;
}

static int
datadir_leaves(struct kind_ctx *ctx, const json_t *config UNUSED,
	       const json_t *attrs, struct plan_out *out)
{
	const char *path = jx_str(attrs, "path", NULL);

	if (path)
		kind_note(ctx, out, "database in %s", path);
	else
		kind_note(ctx, out, "perhaps a database below %s/data",
			  ctx->state_dir);
	return 0;
}

const struct kind kind_datadir = {
	.name = "datadir",
	.schema_version = 1,
	.flags = KIND_DATA | KIND_IMPORT,
	.check = datadir_check,
	.plan = datadir_plan,
	.leaves = datadir_leaves,
};
