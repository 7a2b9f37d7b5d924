#include "providers/clients/forge/deployment.h"

#include <errno.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define RECORD_FORMAT 1
#define RECORD_MAX    (1u << 20)

static const char *
record_dir(struct effect_ctx *ctx, const struct effect_op *op)
{
	return arena_printf(ctx->arena, "%s/deployments", op->env->spec_dir);
}

const char *
deployment_path(struct effect_ctx *ctx, const struct effect_op *op)
{
	return arena_printf(ctx->arena, "%s/%s.json", record_dir(ctx, op),
			    op->env->chain);
}

int
deployment_load(struct effect_ctx *ctx, const struct effect_op *op,
		json_t **out)
{
	const char *path = deployment_path(ctx, op);
	CLEANUP(put_json) json_t *record = NULL;

	if (!file_exists(path))
		return 0;
	record = jx_load_file(path, RECORD_MAX, ctx->ds);
	if (!record)
		return -1;
	if (jx_int(record, "opl2", 0) != RECORD_FORMAT ||
	    !json_is_object(jx_get(record, "addresses"))) {
		diag_err(ctx->ds, "E0835",
			 "'%s' is not a record that this version can read of "
			 "opl2",
			 path);
		return -1;
	}
	*out = TAKE(record);
	return 1;
}

int
deployment_save(struct effect_ctx *ctx, const struct effect_op *op,
		const json_t *record)
{
	if (file_mkdirs(record_dir(ctx, op), 0755, ctx->ds) < 0)
		return -1;
	return file_replace_json(deployment_path(ctx, op), record, 0644,
				 ctx->ds);
}

int
deployment_set_aside(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *path = deployment_path(ctx, op);

	if (!file_exists(path))
		return 0;
	for (unsigned i = 1;; i++) {
		const char *old =
			arena_printf(ctx->arena, "%s/%s.old-%u.json",
				     record_dir(ctx, op), op->env->chain, i);

		if (file_exists(old))
			continue;
		if (rename(path, old) < 0)
			return diag_errno(ctx->ds, "E0501", "record '%s'",
					  path);
		return file_fsync_dir(record_dir(ctx, op), ctx->ds);
	}
}

enum rpc_status
deployment_probe(struct rpc *rpc, const json_t *addresses, const char **missing,
		 size_t *present, struct diags *ds)
{
	size_t n = json_object_size(addresses), i = 0;
	struct rpc_item *items = xcalloc(n ? n : 1, sizeof(*items));
	enum rpc_status st;
	const char *name;
	json_t *addr;

	json_object_foreach((json_t *)(uintptr_t)addresses, name, addr) {
		items[i].method = "eth_getCode";
		items[i++].params = json_pack("[O, s]", addr, "latest");
	}
	st = rpc_batch(rpc, items, n, ds);
	*missing = NULL;
	*present = 0;
	i = 0;
	json_object_foreach((json_t *)(uintptr_t)addresses, name, addr) {
		if (json_string_length(items[i++].result) > 2)
			++*present;
		else if (!*missing)
			*missing = name;
	}
	rpc_items_done(items, n);
	free(items);
	return st;
}
