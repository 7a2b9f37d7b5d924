/*
 * datadir: a folder for a node's database, .opl2/data/<key8>/NAME. The key is
 * a digest of what the chain is, so that a new genesis gets a new folder and
 * the old one stays. A marker file in it says what it was made for.
 */
#include "providers/kinds/datadir/datadir.h"

#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/facts/managed_place.h"
#include "providers/runtime/runtime.h"

static int
datadir_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	bool program = jx_get(config, "program") != NULL ||
		       is_unknown(unknown, "/program");
	bool genesis = jx_get(config, "genesis") != NULL ||
		       is_unknown(unknown, "/genesis");

	if (program && genesis && ctx->places &&
	    strchr(ctx->places->data, '$')) {
		diag_err(ctx->ds, "E0423",
			 "geth reads the '$' in '%s' as a variable",
			 ctx->places->data);
		diag_hint(ctx->ds, "move the spec to a folder without '$'");
		return -1;
	}
	if (program == genesis)
		return 0;
	diag_err(ctx->ds, "E0423", "'%s' is set without '%s'",
		 program ? "program" : "genesis",
		 program ? "genesis" : "program");
	diag_path(ctx->ds, program ? "/program" : "/genesis");
	diag_hint(ctx->ds, "set both for a client's database, or neither for a "
			   "plain folder");
	return -1;
}

/* Another chain has another folder. */
static bool
same_folder(const struct plan_req *req)
{
	return !req->creating && !is_unknown(req->unknown, "/key") &&
	       strcmp(jx_str(req->prior_config, "key", ""),
		      jx_str(req->config, "key", "")) == 0;
}

/* geth converts a database at its start, and only upwards. */
static int
plan_format(struct kind_ctx *ctx, const struct plan_req *req,
	    struct plan_out *out)
{
	int64_t was = jx_int(req->prior_config, "format", 0);
	int64_t is = jx_int(req->config, "format", 0);

	if (!same_folder(req) || is_unknown(req->unknown, "/format") ||
	    is == was)
		return 0;
	if (is > was) {
		kind_note(ctx, out,
			  "the next start of the program converts the "
			  "database; older programs cannot open it after that");
		return 0;
	}
	diag_err(ctx->ds, "E0468",
		 "the database has format %lld, but these programs support "
		 "only %lld",
		 (long long)was, (long long)is);
	diag_path(ctx->ds, "/format");
	diag_hint(ctx->ds, "use the newer programs again, or restore a backup "
			   "that was made before");
	return -1;
}

static int
plan_client(struct kind_ctx *ctx, const struct plan_req *req)
{
	const struct datadir_client *was = datadir_client(req->prior_config);
	const struct datadir_client *is = datadir_client(req->config);

	if (!same_folder(req) || is == was)
		return 0;
	diag_err(ctx->ds, "E0486", "%s cannot open a database of %s", is->name,
		 was->name);
	diag_path(ctx->ds, "/client");
	diag_hint(ctx->ds, "give it a datadir of its own, in a replica that "
			   "derives the chain from the L1");
	return -1;
}

static bool
has_marker(struct kind_ctx *ctx, const char *dir)
{
	return file_exists(arena_printf(ctx->arena, "%s/" DATADIR_MARKER, dir));
}

/* A new database beside the one that the chain's blocks are in: the sequencer
 * would begin at block 0. One that is adopted or renamed is not new. */
static int
plan_successor(struct kind_ctx *ctx, const struct plan_req *req,
	       const char *key, const char *dir)
{
	const char *before = jx_str(req->config, "instead_of", NULL), *other;

	if (!req->creating || !before || has_marker(ctx, dir))
		return 0;
	other = datadir_place(ctx->arena, ctx->places->data, key, before, NULL);
	if (!has_marker(ctx, other))
		return 0;
	diag_err(ctx->ds, "E0487",
		 "the chain's blocks are in '%s', which %s cannot open", other,
		 datadir_client(req->config)->name);
	diag_path(ctx->ds, "/instead_of");
	diag_hint(ctx->ds,
		  "sync a replica with %s first, then give its database to "
		  "the chain: 'moved: [{ from: datadir.REPLICA/%s, to: %s }]'",
		  datadir_client(req->config)->name,
		  datadir_client(req->config)->name, ctx->addr);
	return -1;
}

static int
datadir_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	const char *key = jx_str(req->config, "key", ""), *name, *dir;

	if (plan_format(ctx, req, out) || plan_client(ctx, req))
		return -1;
	if (is_unknown(req->unknown, "/key"))
		return 0;
	name = strchr(ctx->addr, '.');
	dir = datadir_place(ctx->arena, ctx->places->data, key,
			    name ? name + 1 : ctx->addr,
			    req->creating ? NULL : req->recorded);
	out->attrs = json_pack("{s:s, s:b}", "path", dir, "initialised", 1);
	return plan_successor(ctx, req, key, dir);
}

static int
datadir_leaves(struct kind_ctx *ctx, const json_t *config UNUSED,
	       const json_t *attrs, struct plan_out *out)
{
	const char *path = jx_str(attrs, "path", NULL);

	if (runtime_of(ctx->places->runtime)->elsewhere)
		kind_note(ctx, out, "database in the volume of its process");
	else if (path)
		kind_note(ctx, out, "database in %s", path);
	else
		kind_note(ctx, out, "possibly a database in %s",
			  ctx->places->data);
	return 0;
}

/* Of version 1, when there was one format. */
static int
datadir_upgrade(struct kind_ctx *ctx UNUSED, unsigned from UNUSED,
		json_t *config, json_t *attrs UNUSED)
{
	json_object_set_new(config, "format", json_integer(8));
	return 0;
}

const struct kind kind_datadir = {
	.name = "datadir",
	.schema_version = 2,
	.flags = KIND_DATA | KIND_IMPORT | KIND_NEEDS,
	.check = datadir_check,
	.plan = datadir_plan,
	.leaves = datadir_leaves,
	.upgrade = datadir_upgrade,
};
