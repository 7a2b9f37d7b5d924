/*
 * funds: what accounts of one chain need for a plan, and what they own.
 *
 * config: {rpc, chain_id (0: any), wants: [{address, gas, wei, largest}, ...]}
 *	   address may be left out, then it has nothing
 *	   largest: gas limit of a transaction
 * answer: {chain_id, price, base_fee, tip, waits,
 *	    wants: [{needs, has, fits_below}, ...]}, in the same order
 *	   fits_below: the base fee at which nodes pass on the largest one, wei,
 *	   where today's is over it
 *	   price: what a unit of gas is expected to cost within the limits, wei
 *	   waits: nothing is signed at this base fee
 */
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/send/fee_cap.h"

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

/* Nothing is signed while the base fee is over the spec's limit. */
static void
check_fee_cap(const json_t *want, const struct send_policy *policy,
	      const struct send_price *price, json_t *answer)
{
	struct u256 base = price->base, below;
	char text[79];
	int64_t gas;

	if (parse_i64(jx_str(want, "largest", ""), 1, INT64_MAX, &gas))
		return;
	if (price->waits && !u256_is_zero(&policy->max_base_fee) &&
	    u256_cmp(&policy->max_base_fee, &base) < 0)
		base = policy->max_base_fee;
	below = fee_cap_base((uint64_t)gas, &price->tip);
	if (u256_cmp(&base, &below) <= 0)
		return;
	u256_dec(&below, text);
	json_object_set_new(answer, "fits_below", json_string(text));
}

/* All balances in one request. */
static enum outcome
funds_query(struct effect_ctx *ctx, struct rpc *rpc, const json_t *wants,
	    const struct send_policy *policy, const struct send_price *price,
	    json_t *out)
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
		const json_t *want = json_array_get(wants, i);
		struct u256 has = u256_from(0);
		json_t *answer;
		char text[79];

		if (jx_get(want, "address") &&
		    quantity_u256(items[at++].result, &has) < 0)
			oc = OC_RETRY;
		u256_dec(&has, text);
		answer = json_pack("{s:o, s:s}", "needs",
				   needs_of(want, &price->each), "has", text);
		check_fee_cap(want, policy, price, answer);
		json_array_append_new(out, answer);
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
		oc = funds_query(ctx, rpc, wants, &policy, &price, list);
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
