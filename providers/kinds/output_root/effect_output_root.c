/* output_root: the effect half. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/withdrawal.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/facts/same_inputs.h"

struct parts {
	char block_hash[67], state_root[67], storage_root[67];
};

/* Takes a 32-byte hash of a reply. */
static int
take_hash(struct effect_ctx *ctx, const json_t *from, const char *key,
	  char out[67])
{
	const char *s = jx_str(from, key, "");
	uint8_t raw[32];

	if (strlen(s) != 66 || hex_decode(s, raw, 32))
		return diag_err(ctx->ds, "E0432",
				"the L2's node returned no '%s' for the block",
				key);
	(void)snprintf(out, 67, "%s", s);
	return 0;
}

static enum outcome
get_block(struct effect_ctx *ctx, struct rpc *rpc, uint64_t n, char hash[67],
	  char root[67])
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st;

	st = rpc_call(rpc, "eth_getBlockByNumber",
		      json_pack("[o, b]", quantity_from_u64(n), 0), &block,
		      ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (take_hash(ctx, block, "hash", hash) ||
	    take_hash(ctx, block, "stateRoot", root))
		return OC_FAIL;
	return OC_OK;
}

static enum outcome
check_genesis(struct effect_ctx *ctx, const struct effect_op *op,
	      struct rpc *rpc)
{
	const char *want = jx_str(op->config, "genesis_hash", "");
	char hash[67], root[67];
	enum outcome oc = get_block(ctx, rpc, 0, hash, root);

	if (oc != OC_OK || strcasecmp(hash, want) == 0)
		return oc;
	diag_err(ctx->ds, "E0431", "block 0 of the L2 is %s, not %s", hash,
		 want);
	diag_path(ctx->ds, "/genesis_hash");
	diag_hint(ctx->ds, "the RPC serves another chain");
	return OC_FAIL;
}

static enum outcome
output_root_query(struct effect_ctx *ctx, const struct effect_op *op,
		  struct parts *p)
{
	CLEANUP(rpc_freep) struct rpc *rpc = effect_rpc(ctx, op, "l2_rpc", 0);
	CLEANUP(put_json) json_t *proof = NULL;
	uint64_t n = (uint64_t)jx_int(op->config, "block", 0);
	enum rpc_status st;
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	oc = check_genesis(ctx, op, rpc);
	if (oc == OC_OK)
		oc = get_block(ctx, rpc, n, p->block_hash, p->state_root);
	if (oc != OC_OK)
		return oc;
	st = rpc_call(
		rpc, "eth_getProof",
		json_pack("[s, [], o]", MESSAGE_PASSER, quantity_from_u64(n)),
		&proof, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	return take_hash(ctx, proof, "storageHash", p->storage_root) ? OC_FAIL
								     : OC_OK;
}

static void
root_text(const struct parts *p, char out[67])
{
	struct output_parts raw;
	uint8_t digest[32];

	if (hex_decode(p->state_root, raw.state_root, 32) ||
	    hex_decode(p->storage_root, raw.storage_root, 32) ||
	    hex_decode(p->block_hash, raw.block_hash, 32))
		abort(); /* take_hash has seen them */
	output_root(&raw, digest);
	out[0] = '0';
	out[1] = 'x';
	hex_encode(digest, 32, out + 2);
}

static enum outcome
output_root_create(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	struct parts p;
	char root[67];
	enum outcome oc;

	if (op->prior &&
	    same_inputs(op->prior_config, op->config, output_root_inputs)) {
		out->attrs = json_deep_copy(op->prior);
		return OC_OK;
	}
	oc = output_root_query(ctx, op, &p);
	if (oc != OC_OK)
		return oc;
	root_text(&p, root);
	out->attrs = json_pack("{s:s, s:s, s:s, s:s}", "output_root", root,
			       "block_hash", p.block_hash, "state_root",
			       p.state_root, "storage_root", p.storage_root);
	return OC_OK;
}

/* What a block was cannot drift. */
static enum outcome
output_root_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		 struct effect_result *out)
{
	if (!op->prior)
		return OC_GONE;
	out->attrs = json_deep_copy(op->prior);
	return OC_OK;
}

const struct effects effects_output_root = {
	.kind = "output_root",
	.read = output_root_read,
	.create = output_root_create,
	.remove = effect_leave,
};
