/*
 * datadir: the database of a process that runs elsewhere. Its folder on this
 * machine tells what it was made for, as always, and PREPARE.json says how the
 * runtime makes it, with {datadir} and {genesis} for where these are there. So
 * the block 0 that the client computes ('genesis_hash') is not looked at here,
 * nor whether there is a database: op-node compares block 0 at its start.
 */
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/kinds/datadir/effect_datadir.h"
#include "providers/runtime/runtime.h"
#include "providers/runtime/tree/tree.h"

bool
datadir_is_remote(const struct effect_op *op)
{
	return runtime_of(op->env->places->runtime)->elsewhere;
}

static const char *
prepare_path(struct effect_ctx *ctx, const char *dir)
{
	return arena_printf(ctx->arena, "%s/" TREE_PREPARE, dir);
}

static json_t *
how_to_make_it(struct effect_ctx *ctx, const struct effect_op *op)
{
	const struct datadir_client *client = datadir_client(op->config);
	json_t *args = json_array(), *clean = json_array();

	for (size_t i = 0; client->init[i]; i++)
		json_array_append_new(args, json_string(datadir_init_word(
						    ctx, op, client->init[i],
						    "{datadir}", "{genesis}")));
	for (size_t i = 0; client->parts[i]; i++)
		json_array_append_new(clean, json_string(client->parts[i]));
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:o}", "program",
		jx_str(op->config, "program", ""), "args", args, "genesis",
		jx_str(op->config, "genesis", ""), "genesis_sha256",
		jx_str(op->config, "genesis_sha256", ""), "clean", clean);
}

bool
datadir_at_home(struct effect_ctx *ctx, const struct effect_op *op,
		const char *dir)
{
	const char *path = prepare_path(ctx, dir);
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(put_json) json_t *had = NULL;
	CLEANUP(put_json) json_t *want = NULL;

	diags_init(&ds);
	if (!datadir_is_remote(op))
		return !file_exists(path);
	if (!jx_get(op->config, "program"))
		return true;
	had = jx_load_file(path, 1u << 16, &ds);
	want = how_to_make_it(ctx, op);
	return had && json_equal(had, want);
}

int
datadir_hand_over(struct effect_ctx *ctx, const struct effect_op *op,
		  const char *dir)
{
	const char *path = prepare_path(ctx, dir);
	const char *db = arena_printf(ctx->arena, "%s/%s", dir,
				      datadir_client(op->config)->parts[0]);
	const char *moved = arena_printf(ctx->arena, "%s/" TREE_MOVED, dir);
	CLEANUP(put_json) json_t *how = how_to_make_it(ctx, op);

	if (!file_exists(path) && file_exists(db) && !file_exists(moved)) {
		diag_err(ctx->ds, "E1341",
			 "'%s' has a database, but its process runs elsewhere",
			 dir);
		diag_hint(ctx->ds, "'opl2 move' takes the database there, or "
				   "move the folder away to begin at block 0");
		return -1;
	}
	return file_replace_json(path, how, 0644, ctx->ds);
}

int
datadir_not_here(struct effect_ctx *ctx, const char *dir)
{
	diag_err(ctx->ds, "E1341",
		 "the database of '%s' was made where its process ran", dir);
	diag_hint(ctx->ds, "'opl2 move' takes the database here, or move the "
			   "folder away to begin at block 0");
	return -1;
}
