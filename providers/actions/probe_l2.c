/*
 * probe_l2: what an execution node of the L2 says of itself.
 *
 * config: {rpc, chain_id: 0}
 * answer: {chain_id, genesis (hash of block 0), peers, latest, safe,
 *	    finalized: {number, time, hash}}; what it does not say is left out
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"

static void
put_number(json_t *to, const char *key, const struct queries *a, size_t i)
{
	uint64_t v;

	if (queries_u64(a, i, &v))
		json_object_set_new(to, key, json_integer((json_int_t)v));
}

static void
probe_l2_put_head(json_t *to, const char *key, const struct queries *a,
		  size_t i)
{
	json_t *head = queries_head(a, i);

	if (head)
		json_object_set_new(to, key, head);
}

static enum outcome
probe_l2_state(struct effect_ctx *ctx, struct queries *a,
	       struct effect_result *out)
{
	size_t id = queries_rpc(a, "eth_chainId", NULL);
	size_t peers = queries_rpc(a, "net_peerCount", NULL);
	size_t genesis = queries_block_at(a, 0);
	size_t latest = queries_block(a, "latest");
	size_t safe = queries_block(a, "safe");
	size_t finalized = queries_block(a, "finalized");
	enum rpc_status st = queries_send(a, ctx->ds);
	const json_t *block;

	if (st != RPC_OK)
		return rpc_outcome(st);
	out->attrs = json_object();
	put_number(out->attrs, "chain_id", a, id);
	put_number(out->attrs, "peers", a, peers);
	block = jx_get(queries_answer(a, genesis), "hash");
	if (block)
		json_object_set_new(out->attrs, "genesis", jx_share(block));
	probe_l2_put_head(out->attrs, "latest", a, latest);
	probe_l2_put_head(out->attrs, "safe", a, safe);
	probe_l2_put_head(out->attrs, "finalized", a, finalized);
	return OC_OK;
}

static enum outcome
probe_l2_run(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(queries_done) struct queries a = { 0 };

	return queries_init(&a, ctx, op, "rpc") ? OC_FAIL
						: probe_l2_state(ctx, &a, out);
}

const struct action action_probe_l2 = {
	.name = "probe_l2",
	.run = probe_l2_run,
};
