/*
 * send: ether from one account to another, on one layer.
 *
 * config: {layer: "l1" | "l2", LAYER_rpc, LAYER_chain_id, from: KEY, to,
 *          amount: wei}
 * answer: {entry, resumed, from, to, amount, tx, from_balance, to_balance,
 *          transactions: act_tx.fees}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/act_send.h"

static enum outcome
add_balance(struct effect_ctx *ctx, struct effect_sender *s, const char *who,
	    const char *key, json_t *out)
{
	struct u256 wei;
	char dec[79];
	enum rpc_status st =
		rpc_u256(s->rpc, "eth_getBalance",
			 json_pack("[s, s]", who, "latest"), &wei, ctx->ds);

	if (st != RPC_OK)
		return rpc_outcome(st);
	u256_dec(&wei, dec);
	json_object_set_new(out, key, json_string(dec));
	return OC_OK;
}

static enum outcome
send_run(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_result *out)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	CLEANUP(put_json) json_t *data = json_string("0x"), *answer = NULL;
	CLEANUP(put_json) json_t *fees = json_array();
	const char *amount = jx_str(op->config, "amount", "");
	struct act_tx t = { .what = "send",
			    .to = jx_str(op->config, "to", ""),
			    .data = data,
			    .fees = fees };
	bool resumed;
	enum outcome oc;

	if (u256_parse(amount, &t.value) < 0)
		t.value = u256_from(0);
	oc = act_sender(ctx, op, jx_str(op->config, "layer", "l1"), &t.value,
			&s);
	if (oc == OC_OK)
		oc = act_finish(ctx, op, &s);
	if (oc == OC_OK)
		oc = act_send(ctx, op, &s, &t, &l, &resumed);
	if (oc != OC_OK)
		return oc;
	answer = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:O}", "entry",
			   act_entry(l), "resumed", resumed, "from", s.addr,
			   "to", t.to, "amount", amount, "tx",
			   hex_json(l->slots[0].mined_hash, 32), "transactions",
			   fees);
	oc = add_balance(ctx, &s, s.addr, "from_balance", answer);
	if (oc == OC_OK)
		oc = add_balance(ctx, &s, t.to, "to_balance", answer);
	if (oc == OC_OK)
		out->attrs = TAKE(answer);
	return oc;
}

const struct action action_send = {
	.name = "send",
	.run = send_run,
};
