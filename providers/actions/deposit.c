/*
 * deposit: ether or tokens from the L1 to the L2, until they are there.
 *
 * config: {l1_rpc, l1_chain_id, l2_rpc, l2_chain_id, from: KEY, to, portal,
 *          bridge, amount, l2_gas, via: "portal" | "bridge"
 *          [, erc20, l2_token]}
 *	   amount: wei in decimal, of a token what erc20_amount() takes
 * answer: {entry, resumed, from, to, amount, l1_tx, l2_tx, l1_balance,
 *          l2_balance, transactions: act_tx.fees
 *          [, erc20, l2_token, decimals]}
 */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/bridge/deposit.h"
#include "providers/clients/bridge/gas_token.h"
#include "providers/clients/bridge/withdrawal.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/erc20.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/act_send.h"
#include "providers/clients/send/l1_stall.h"

#define L1_BLOCK   "0x4200000000000000000000000000000000000015"
#define POLL_MS    1000
#define LOOK_EVERY 5 /* polls between two looks at the L1 */

struct deposit {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct effect_sender s;
	struct rpc *l2;
	json_t *fees;                      /* act_tx.fees */
	const char *to, *erc20, *l2_token; /* erc20: NULL for ether */
	struct u256 amount, value;         /* value: ether sent along */
	unsigned decimals;
};

static void
deposit_done(struct deposit *d)
{
	effect_sender_done(&d->s);
	rpc_free(d->l2);
	json_decref(d->fees);
}

static const char *
text(const struct deposit *d, const char *key)
{
	return jx_str(d->op->config, key, "");
}

static const char *
wei_text(const struct deposit *d, const struct u256 *v)
{
	char dec[79];

	u256_dec(v, dec);
	return arena_strdup(d->ctx->arena, dec);
}

/* --- what is sent -------------------------------------------------------- */

static enum outcome
open_all(struct deposit *d)
{
	uint64_t id = (uint64_t)jx_int(d->op->config, "l2_chain_id", 0);
	enum outcome oc;

	d->to = text(d, "to");
	d->erc20 = jx_str(d->op->config, "erc20", NULL);
	d->l2_token = text(d, "l2_token");
	if (!d->erc20 && u256_parse(text(d, "amount"), &d->amount) < 0)
		d->amount = u256_from(0);
	d->value = d->erc20 ? u256_from(0) : d->amount;
	oc = act_sender(d->ctx, d->op, "l1", &d->value, &d->s);
	if (oc != OC_OK)
		return oc;
	d->l2 = effect_rpc(d->ctx, d->op, "l2_rpc", id);
	if (!d->l2)
		return OC_FAIL;
	return rpc_outcome(rpc_check_chain(d->l2, &id, d->ctx->ds));
}

static enum outcome
check_tokens(struct deposit *d)
{
	enum rpc_status st =
		erc20_pair(d->l2, d->erc20, d->l2_token, d->ctx->ds);

	if (st == RPC_OK)
		st = erc20_amount(d->s.rpc, d->erc20, text(d, "amount"),
				  &d->amount, &d->decimals, d->ctx->ds);
	return rpc_outcome(st);
}

/* Lets the bridge take the tokens, if it may not yet. */
static enum outcome
approve(struct deposit *d)
{
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json) json_t *v = NULL, *args = NULL, *data = NULL;
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	struct act_tx t = { .what = "approve",
			    .to = d->erc20,
			    .fees = d->fees };
	struct u256 allowed;
	bool resumed;
	enum rpc_status st = view_call(
		d->s.rpc, d->erc20, "allowance(address,address)(uint256)",
		json_pack("[s, s]", d->s.addr, text(d, "bridge")), &v,
		d->ctx->ds);

	if (st != RPC_OK)
		return rpc_outcome(st);
	if (u256_parse(value_text(v, 0), &allowed) == 0 &&
	    u256_cmp(&allowed, &d->amount) >= 0)
		return OC_OK;
	args = json_pack("[s, s]", text(d, "bridge"), wei_text(d, &d->amount));
	if (abi_encode_call(&call, "approve(address,uint256)", args,
			    d->ctx->ds) < 0)
		return OC_FAIL;
	data = hex_json(call.p, call.n);
	t.data = data;
	t.key = arena_printf(d->ctx->arena, "%s %s %s", d->erc20,
			     text(d, "bridge"), wei_text(d, &d->amount));
	return act_send(d->ctx, d->op, &d->s, &t, &l, &resumed);
}

static int
deposit_encode(struct deposit *d, struct buf *call, const char **to)
{
	json_int_t gas = (json_int_t)jx_int(d->op->config, "l2_gas", 200000);
	bool portal = !d->erc20 && strcmp(text(d, "via"), "portal") == 0;
	CLEANUP(put_json) json_t *args = NULL;
	const char *f;

	*to = text(d, portal ? "portal" : "bridge");
	if (portal) {
		f = "depositTransaction(address,uint256,uint64,bool,bytes)";
		args = json_pack("[s, s, I, b, s]", d->to,
				 wei_text(d, &d->amount), gas, 0, "0x");
	} else if (!d->erc20) {
		f = "bridgeETHTo(address,uint32,bytes)";
		args = json_pack("[s, I, s]", d->to, gas, "0x");
	} else {
		f = "bridgeERC20To(address,address,address,uint256,uint32,"
		    "bytes)";
		args = json_pack("[s, s, s, s, I, s]", d->erc20, d->l2_token,
				 d->to, wei_text(d, &d->amount), gas, "0x");
	}
	return abi_encode_call(call, f, args, d->ctx->ds);
}

static enum outcome
deposit_send_it(struct deposit *d, struct ledger **l, bool *resumed)
{
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json) json_t *data = NULL;
	struct act_tx t = { .what = "deposit",
			    .value = d->value,
			    .fees = d->fees };
	enum outcome oc =
		d->erc20 ? check_tokens(d)
			 : bridge_takes_ether(d->s.rpc, text(d, "portal"),
					      d->ctx->ds);

	if (oc == OC_OK)
		oc = act_finish(d->ctx, d->op, &d->s);
	if (oc == OC_OK && d->erc20)
		oc = approve(d);
	if (oc != OC_OK)
		return oc;
	if (deposit_encode(d, &call, &t.to) < 0)
		return OC_FAIL;
	data = hex_json(call.p, call.n);
	t.data = data;
	return act_send(d->ctx, d->op, &d->s, &t, l, resumed);
}

/* --- until it is on the L2 ----------------------------------------------- */

/* The L2 transaction and the L1 block that it comes of. Both change when a
 * reorganisation puts the deposit in another block. */
static enum outcome
derive(struct deposit *d, const struct ledger *l, uint8_t hash[32],
       uint64_t *block)
{
	CLEANUP(put_json) json_t *receipt = NULL;
	const json_t *log;
	uint8_t portal[20];
	enum outcome oc =
		act_receipt(d->ctx, d->s.rpc, l->slots[0].mined_hash, &receipt);

	if (oc != OC_OK)
		return oc;
	if (address_parse(text(d, "portal"), portal) == 0 &&
	    quantity_u64(jx_get(receipt, "blockNumber"), block) == 0 &&
	    (log = deposit_log(receipt, portal)) &&
	    deposit_hash(log, hash) == 0)
		return OC_OK;
	diag_err(d->ctx->ds, "E0832",
		 "the transaction made no deposit: '%s' may not be an "
		 "OptimismPortal",
		 text(d, "portal"));
	return OC_FAIL;
}

/* A deposit by the bridge is a message, whose call may have failed. */
static bool
was_relayed(const json_t *receipt)
{
	const json_t *logs = jx_get(receipt, "logs"), *log;
	uint8_t failed[32], t[32];
	size_t i;

	abi_topic("FailedRelayedMessage(bytes32)", failed);
	json_array_foreach(logs, i, log) {
		const char *topic = json_string_value(
			json_array_get(jx_get(log, "topics"), 0));

		if (!strcasecmp(jx_str(log, "address", ""), L2_MESSENGER) &&
		    topic && hex_decode(topic, t, 32) == 0 &&
		    memcmp(t, failed, 32) == 0)
			return false;
	}
	return true;
}

static enum outcome
check_l2_receipt(struct deposit *d, const json_t *receipt)
{
	uint64_t status;

	if (quantity_u64(jx_get(receipt, "status"), &status) == 0 &&
	    status == 1 && was_relayed(receipt))
		return OC_OK;
	diag_err(d->ctx->ds, "E0832",
		 "the deposit is on the L2, but its call of %s failed", d->to);
	diag_hint(d->ctx->ds, "a recipient with code may need more gas: "
			      "-l2-gas; the ether stays with the sender's "
			      "account on the L2, a message of the bridge "
			      "can be relayed again there");
	return OC_FAIL;
}

static void
say_wait(struct deposit *d, uint64_t block)
{
	struct diags quiet;
	uint64_t at = 0;

	diags_init(&quiet);
	if (view_u64(d->l2, L1_BLOCK, "number()(uint64)", NULL, &at, &quiet) !=
	    RPC_OK)
		effect_progress(d->ctx, "waits for the L2 to answer");
	else if (at < block)
		effect_progress(
			d->ctx,
			"waits for the L2 to reach L1 block %llu: %llu to go",
			(unsigned long long)block,
			(unsigned long long)(block - at));
	else
		effect_progress(d->ctx, "waits for the L2 to take the deposit");
	diags_done(&quiet);
}

static enum outcome
wait_for_l2(struct deposit *d, const struct ledger *l, uint8_t hash[32])
{
	struct l1_stall still = { 0 };
	uint64_t block = 0;

	for (unsigned i = 0;; i++) {
		CLEANUP(put_json) json_t *receipt = NULL;
		enum outcome oc = OC_OK;

		if (i % LOOK_EVERY == 0)
			oc = derive(d, l, hash, &block);
		if (oc == OC_OK && i % LOOK_EVERY == 0)
			oc = l1_stall_poll(&still, d->ctx, d->l2, "L2");
		if (oc != OC_OK)
			return oc;
		if (rpc_call(d->l2, "eth_getTransactionReceipt",
			     json_pack("[o]", hex_json(hash, 32)), &receipt,
			     NULL) == RPC_OK &&
		    json_is_object(receipt))
			return check_l2_receipt(d, receipt);
		if (i % LOOK_EVERY == 0)
			say_wait(d, block);
		if (effect_wait(d->ctx, POLL_MS)) {
			diag_err(
				d->ctx->ds, "E0805",
				"interrupted while the deposit is in progress");
			diag_hint(d->ctx->ds, "rerun the command: it continues "
					      "where it stopped");
			return OC_CANCELLED;
		}
	}
}

/* --- the answer ---------------------------------------------------------- */

static enum outcome
balances(struct deposit *d, json_t *out)
{
	struct u256 l1, l2;
	enum rpc_status st;

	if (d->erc20) {
		st = erc20_balance(d->s.rpc, d->erc20, d->s.addr, &l1,
				   d->ctx->ds);
		if (st == RPC_OK)
			st = erc20_balance(d->l2, d->l2_token, d->to, &l2,
					   d->ctx->ds);
	} else {
		st = rpc_u256(d->s.rpc, "eth_getBalance",
			      json_pack("[s, s]", d->s.addr, "latest"), &l1,
			      d->ctx->ds);
		if (st == RPC_OK)
			st = rpc_u256(d->l2, "eth_getBalance",
				      json_pack("[s, s]", d->to, "latest"), &l2,
				      d->ctx->ds);
	}
	if (st != RPC_OK)
		return rpc_outcome(st);
	json_object_set_new(out, "l1_balance", json_string(wei_text(d, &l1)));
	json_object_set_new(out, "l2_balance", json_string(wei_text(d, &l2)));
	return OC_OK;
}

static enum outcome
deposit_run(struct effect_ctx *ctx, const struct effect_op *op,
	    struct effect_result *out)
{
	CLEANUP(deposit_done)
	struct deposit d = { .ctx = ctx, .op = op, .fees = json_array() };
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	CLEANUP(put_json) json_t *answer = NULL;
	uint8_t hash[32];
	bool resumed;
	enum outcome oc = open_all(&d);

	if (oc == OC_OK)
		oc = deposit_send_it(&d, &l, &resumed);
	if (oc == OC_OK)
		oc = wait_for_l2(&d, l, hash);
	if (oc != OC_OK)
		return oc;
	answer = json_pack("{s:s, s:b, s:s, s:s, s:s, s:o, s:o, s:O}", "entry",
			   act_entry(l), "resumed", resumed, "from", d.s.addr,
			   "to", d.to, "amount", wei_text(&d, &d.amount),
			   "l1_tx", hex_json(l->slots[0].mined_hash, 32),
			   "l2_tx", hex_json(hash, 32), "transactions", d.fees);
	if (d.erc20) {
		json_object_set_new(answer, "erc20", json_string(d.erc20));
		json_object_set_new(answer, "l2_token",
				    json_string(d.l2_token));
		json_object_set_new(answer, "decimals",
				    json_integer(d.decimals));
	}
	oc = balances(&d, answer);
	if (oc == OC_OK)
		out->attrs = TAKE(answer);
	return oc;
}

const struct action action_deposit = {
	.name = "deposit",
	.run = deposit_run,
};
