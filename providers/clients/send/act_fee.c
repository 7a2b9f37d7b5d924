/* What an action's transaction is expected to cost, and what it did. */
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/act_send.h"

/* Says what the L1 takes for an L2 transaction's data; an L1 has none. */
#define GAS_ORACLE "0x420000000000000000000000000000000000000F"
/* Bytes around the data: fields and signature, none of them zero. */
#define ENVELOPE 110

/* 0 where there is no such thing. */
static struct u256
data_fee(struct effect_sender *s, const struct act_tx *t)
{
	CLEANUP(buf_done) struct buf hex = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json) json_t *v = NULL;
	struct u256 fee = u256_from(0);
	struct diags quiet;

	diags_init(&quiet);
	buf_adds(&hex, json_string_value(t->data));
	for (int i = 0; i < ENVELOPE; i++)
		buf_adds(&hex, "ff");
	if (view_call(s->rpc, GAS_ORACLE, "getL1Fee(bytes)(uint256)",
		      json_pack("[s]", buf_str(&hex)), &v, &quiet) != RPC_OK ||
	    u256_parse(value_text(v, 0), &fee) < 0)
		fee = u256_from(0);
	diags_done(&quiet);
	return fee;
}

static json_t *
act_fee_amount(const struct u256 *v)
{
	char dec[79];

	u256_dec(v, dec);
	return json_string(dec);
}

enum outcome
act_fee_estimate(struct effect_ctx *ctx, struct effect_sender *s,
		 const struct act_tx *t, uint64_t gas, json_t *about)
{
	struct send_price price;
	struct u256 fee, more, n = u256_from(gas);
	char total[96], each[96];
	enum rpc_status st =
		sender_price(s->rpc, &s->s.policy, &price, ctx->ds);

	if (st != RPC_OK)
		return rpc_outcome(st);
	more = data_fee(s, t);
	if (u256_mul(&n, &price.each, &fee) || u256_add(&fee, &more, &fee))
		memset(&fee, 0xff, sizeof(fee));
	ether_round(&fee, true, total, sizeof(total));
	gwei_round(&price.each, true, each, sizeof(each));
	effect_progress(ctx, "'%s' needs about %llu gas at %s%s: %s", t->what,
			(unsigned long long)gas, each,
			u256_is_zero(&more) ? "" : " and the L1 data fee",
			total);
	json_object_set_new(about, "gas_estimate",
			    json_integer((json_int_t)gas));
	json_object_set_new(about, "fee_estimate", act_fee_amount(&fee));
	return OC_OK;
}

enum outcome
act_fee_paid(struct effect_ctx *ctx, struct effect_sender *s,
	     const struct ledger *l, json_t *out)
{
	const struct ledger_slot *slot = &l->slots[0];
	const json_t *about = jx_get(l->begin, "about");
	CLEANUP(put_json) json_t *receipt = NULL;
	struct u256 fee, more, gas = u256_from(slot->gas_used);
	json_t *row;
	enum outcome oc;

	if (!out)
		return OC_OK;
	oc = act_receipt(ctx, s->rpc, slot->mined_hash, &receipt);
	if (oc != OC_OK)
		return oc;
	if (quantity_u256(jx_get(receipt, "l1Fee"), &more) < 0)
		more = u256_from(0); /* it is of the L1 */
	if (u256_mul(&gas, &slot->price, &fee) || u256_add(&fee, &more, &fee))
		memset(&fee, 0xff, sizeof(fee));
	row = json_pack(
		"{s:s, s:o, s:I, s:o}", "step", jx_str(about, "step", ""), "tx",
		hex_json(slot->mined_hash, 32), "gas",
		(json_int_t)slot->gas_used, "fee", act_fee_amount(&fee));
	if (jx_get(about, "fee_estimate")) {
		json_object_set_new(row, "gas_estimate",
				    jx_share(jx_get(about, "gas_estimate")));
		json_object_set_new(row, "fee_estimate",
				    jx_share(jx_get(about, "fee_estimate")));
	}
	json_array_append_new(out, row);
	return OC_OK;
}
