/*
 * funds: what accounts of one chain need for a plan, and what they own.
 *
 * config: {rpc, chain_id (0: any), wants: [{address, gas, wei}, ...]}
 *	   address may be left out, then it has nothing
 * answer: {chain_id, price, base_fee, tip, waits, wants: [{needs, has}, ...]},
 *	   in the same order
 *	   price: what a unit of gas is expected to cost within the limits, wei
 *	   waits: nothing is signed at this base fee
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"

/* Gas at the price, and the value. */
static json_t *
needs_of(const json_t *want, const struct u256 *price)
{
	struct u256 gas, wei, sum;
	char text[79];

	if (u256_parse(jx_str(want, "gas", "0"), &gas) < 0)
		gas = u256_from(0);
	if (u256_parse(jx_str(want, "wei", "0"), &wei) < 0)
		wei = u256_from(0);
	if (u256_mul(&gas, price, &sum) || u256_add(&sum, &wei, &sum))
		memset(&sum, 0xff, sizeof(sum));
	u256_dec(&sum, text);
	return json_string(text);
}

/* All balances in one request. */
static enum outcome
funds_query(struct effect_ctx *ctx, struct rpc *rpc, const json_t *wants,
	    const struct u256 *price, json_t *out)
{
	size_t n = json_array_size(wants), asked = 0, at = 0;
	struct rpc_item *items = xcalloc(n ? n : 1, sizeof(*items));
	enum outcome oc = OC_OK;

	for (size_t i = 0; i < n; i++) {
		const json_t *addr =
			jx_get(json_array_get(wants, i), "address");

		if (addr)
			items[asked++] = (struct rpc_item){
				.method = "eth_getBalance",
				.params = json_pack("[O, s]", addr, "latest"),
			};
	}
	if (asked > 0)
		oc = rpc_outcome(rpc_batch(rpc, items, asked, ctx->ds));
	for (size_t i = 0; oc == OC_OK && i < n; i++) {
		struct u256 has = u256_from(0);
		char text[79];

		if (jx_get(json_array_get(wants, i), "address") &&
		    quantity_u256(items[at++].result, &has) < 0)
			oc = OC_RETRY;
		u256_dec(&has, text);
		json_array_append_new(
			out,
			json_pack("{s:o, s:s}", "needs",
				  needs_of(json_array_get(wants, i), price),
				  "has", text));
	}
	rpc_items_done(items, asked);
	free(items);
	return oc;
}

static enum outcome
funds_run(struct effect_ctx *ctx, const struct effect_op *op,
	  struct effect_result *out)
{
	uint64_t id = (uint64_t)jx_int(op->config, "chain_id", 0);
	CLEANUP(rpc_freep) struct rpc *rpc = effect_rpc(ctx, op, "rpc", id);
	const json_t *wants = jx_get(op->config, "wants");
	CLEANUP(put_json) json_t *list = json_array();
	struct send_policy policy = { 0 };
	struct send_price price;
	char text[79], base[79], tip[79];
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	effect_send_policy(op, &policy);
	oc = rpc_outcome(rpc_check_chain(rpc, &id, ctx->ds));
	if (oc == OC_OK)
		oc = rpc_outcome(sender_price(rpc, &policy, &price, ctx->ds));
	if (oc == OC_OK)
		oc = funds_query(ctx, rpc, wants, &price.each, list);
	if (oc != OC_OK)
		return oc;
	u256_dec(&price.each, text);
	u256_dec(&price.base, base);
	u256_dec(&price.tip, tip);
	out->attrs = json_pack("{s:I, s:s, s:s, s:s, s:b, s:O}", "chain_id",
			       (json_int_t)id, "price", text, "base_fee", base,
			       "tip", tip, "waits", price.waits, "wants", list);
	return OC_OK;
}

const struct action action_funds = {
	.name = "funds",
	.run = funds_run,
};
