/*
 * balances: what accounts own on one chain, in one request.
 *
 * config: {rpc, chain_id (0: any), addresses: [address, ...]}
 * answer: {chain_id, block, balances: ["wei", ...]}, in the same order
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"

static enum outcome
balances_bad_reply(struct effect_ctx *ctx, const struct rpc *rpc,
		   const char *method)
{
	diag_err(ctx->ds, "E0811", "%s: the answer to %s is not a quantity",
		 rpc_name(rpc), method);
	return OC_FAIL;
}

static enum outcome
balances_fill(struct effect_ctx *ctx, const struct rpc *rpc,
	      const struct rpc_item *items, size_t n, json_t *out)
{
	json_t *list = json_array();
	struct u256 wei;
	uint64_t block;
	char text[79];
	size_t i;

	json_object_set_new(out, "balances", list);
	if (quantity_u64(items[0].result, &block))
		return balances_bad_reply(ctx, rpc, items[0].method);
	json_object_set_new(out, "block", json_integer((json_int_t)block));
	for (i = 1; i < n; i++) {
		if (quantity_u256(items[i].result, &wei))
			return balances_bad_reply(ctx, rpc, items[i].method);
		u256_dec(&wei, text);
		json_array_append_new(list, json_string(text));
	}
	return OC_OK;
}

static enum outcome
balances_query(struct effect_ctx *ctx, const struct effect_op *op,
	       struct rpc *rpc, json_t *out)
{
	const json_t *list = jx_get(op->config, "addresses"), *v;
	size_t i, n = json_array_size(list) + 1;
	struct rpc_item *items = xcalloc(n, sizeof(*items));
	enum outcome oc;

	items[0] = (struct rpc_item){ .method = "eth_blockNumber",
				      .params = json_array() };
	json_array_foreach(list, i, v)
		items[i + 1] = (struct rpc_item){
			.method = "eth_getBalance",
			.params = json_pack("[o, s]", jx_share(v), "latest")
		};
	oc = rpc_outcome(rpc_batch(rpc, items, n, ctx->ds));
	if (oc == OC_OK)
		oc = balances_fill(ctx, rpc, items, n, out);
	rpc_items_done(items, n);
	free(items);
	return oc;
}

static enum outcome
balances_run(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	uint64_t id = (uint64_t)jx_int(op->config, "chain_id", 0);
	CLEANUP(rpc_freep) struct rpc *rpc = effect_rpc(ctx, op, "rpc", id);
	CLEANUP(put_json) json_t *answer = json_object();
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	oc = rpc_outcome(rpc_check_chain(rpc, &id, ctx->ds));
	if (oc == OC_OK)
		oc = balances_query(ctx, op, rpc, answer);
	if (oc != OC_OK)
		return oc;
	json_object_set_new(answer, "chain_id", json_integer((json_int_t)id));
	out->attrs = TAKE(answer);
	return OC_OK;
}

const struct action action_balances = {
	.name = "balances",
	.run = balances_run,
};
