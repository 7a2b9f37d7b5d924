/*
 * deploy_config: the effect half. The L1 block that a deployment starts from
 * is drawn once and remembered beside the ledger, under the digest of what the
 * contracts are deployed from: destroyed and applied again, the same config on
 * the same L1 is the same deployment, which can then be adopted.
 */
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/kinds/deploy_config/deploy_render.h"

static const char *const files[] = { "solidity", "op_node", NULL };

static bool
doc_anchor(const json_t *doc, struct deploy_anchor *out)
{
	out->hash = jx_str(doc, "anchor_hash", NULL);
	out->number = jx_int(doc, "anchor_number", 0);
	out->time = jx_int(doc, "anchor_time", 0);
	return out->hash && out->time > 0;
}

static json_t *
block_anchor(const json_t *block)
{
	const char *hash = jx_str(block, "hash", NULL);
	uint64_t number, seconds;

	if (!hash || quantity_u64(jx_get(block, "number"), &number) ||
	    quantity_u64(jx_get(block, "timestamp"), &seconds))
		return NULL;
	return json_pack("{s:s, s:I, s:I}", "anchor_hash", hash,
			 "anchor_number", (json_int_t)number, "anchor_time",
			 (json_int_t)seconds);
}

/* Is the remembered block still one of this L1? */
static enum outcome
recall(struct effect_ctx *ctx, struct rpc *rpc, const char *path, json_t **out)
{
	CLEANUP(put_json) json_t *doc = NULL, *block = NULL;
	struct deploy_anchor at;
	enum outcome oc;

	if (!file_exists(path))
		return OC_OK;
	doc = jx_load_file(path, 1u << 16, ctx->ds);
	if (!doc)
		return OC_FAIL;
	if (!doc_anchor(doc, &at))
		return OC_OK;
	oc = rpc_outcome(rpc_call(rpc, "eth_getBlockByHash",
				  json_pack("[s, b]", at.hash, 0), &block,
				  ctx->ds));
	if (oc == OC_OK && json_is_object(block))
		*out = TAKE(doc);
	return oc;
}

static enum outcome
deploy_config_draw(struct effect_ctx *ctx, const struct effect_op *op,
		   struct rpc *rpc, json_t **out)
{
	CLEANUP(put_json) json_t *block = NULL;
	const char *tag = jx_str(op->config, "anchor", "finalized");
	enum rpc_status st;

	effect_progress(ctx, "reading the %s block of the L1", tag);
	st = rpc_call(rpc, "eth_getBlockByNumber", json_pack("[s, b]", tag, 0),
		      &block, NULL);
	if (st == RPC_ERROR || (st == RPC_OK && !json_is_object(block))) {
		diag_err(ctx->ds, "E0416", "the L1 has no %s block", tag);
		diag_path(ctx->ds, "/anchor");
		diag_hint(ctx->ds, "a new L1 has none yet: wait, or use "
				   "'anchor: latest' on a private L1");
		return OC_FAIL;
	}
	if (st != RPC_OK) /* once more, to have it said */
		st = rpc_call(rpc, "eth_getBlockByNumber",
			      json_pack("[s, b]", tag, 0), &block, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	*out = block_anchor(block);
	if (*out)
		return OC_OK;
	diag_err(ctx->ds, "E0416", "the L1's %s block is not valid", tag);
	return OC_FAIL;
}

static enum outcome
find_anchor(struct effect_ctx *ctx, const struct effect_op *op, json_t **out)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc =
		effect_rpc(ctx, op, "l1_rpc",
			   (uint64_t)jx_int(op->config, "l1_chain_id", 0));
	char now[65], ignored[65];
	const char *dir, *path;
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	deploy_digests(op->config, NULL, now, ignored);
	dir = op->env->places->ledger;
	path = arena_printf(ctx->arena, "%s/anchor-%.16s.json", dir, now);
	oc = rpc_outcome(rpc_check_chain(rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = recall(ctx, rpc, path, out);
	if (oc != OC_OK || *out)
		return oc;
	oc = deploy_config_draw(ctx, op, rpc, out);
	if (oc != OC_OK)
		return oc;
	if (file_mkdirs(dir, 0700, ctx->ds) == 0 &&
	    file_replace_json(path, *out, 0600, ctx->ds) == 0)
		return OC_OK;
	json_decref(TAKE(*out));
	return OC_FAIL;
}

/* The recorded anchor holds while the L1 contracts stay as they are. */
static bool
anchor_holds(const struct effect_op *op)
{
	char before[65], now[65], ignored[65];

	if (!op->prior || !op->prior_config ||
	    !jx_str(op->prior, "anchor_hash", NULL))
		return false;
	deploy_digests(op->prior_config, NULL, before, ignored);
	deploy_digests(op->config, NULL, now, ignored);
	return strcmp(before, now) == 0;
}

static int
write_one(struct effect_ctx *ctx, const struct effect_op *op,
	  const struct deploy_anchor *at, enum deploy_reader reader,
	  const char *path)
{
	CLEANUP(put_json) json_t *doc = deploy_render(op->config, at, reader);

	return file_replace_json(path, doc, 0644, ctx->ds);
}

static enum outcome
deploy_config_create(struct effect_ctx *ctx, const struct effect_op *op,
		     struct effect_result *out)
{
	CLEANUP(put_json) json_t *found = NULL, *attrs = NULL;
	struct deploy_anchor at;
	const char *dir = managed_dir(ctx, op, true);
	enum outcome oc;

	if (!dir)
		return OC_FAIL;
	if (anchor_holds(op)) {
		found = jx_share(op->prior);
	} else {
		oc = find_anchor(ctx, op, &found);
		if (oc != OC_OK)
			return oc;
	}
	if (!doc_anchor(found, &at)) {
		diag_err(ctx->ds, "E0416",
			 "the recorded L1 block is not valid");
		return OC_FAIL;
	}
	attrs = deploy_attrs(op->config, &at, dir);
	if (write_one(ctx, op, &at, DEPLOY_SOLIDITY,
		      jx_str(attrs, "solidity", "")) ||
	    write_one(ctx, op, &at, DEPLOY_OP_NODE,
		      jx_str(attrs, "op_node", "")))
		return OC_FAIL;
	out->priv = managed_marks(attrs, files);
	out->attrs = TAKE(attrs);
	return OC_OK;
}

static enum outcome
deploy_config_read(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	return managed_read(ctx, op, files, out);
}

const struct effects effects_deploy_config = {
	.kind = "deploy_config",
	.read = deploy_config_read,
	.create = deploy_config_create,
	.remove = managed_remove,
};
