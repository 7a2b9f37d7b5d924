/*
 * withdraw: ether or tokens from the L2 to the L1, any part of the way.
 *
 * config: {l1_rpc, l1_chain_id, l2_rpc, l2_chain_id, portal, account,
 *          step: "start" | "prove" | "finalize" | "status" | "all",
 *          wait, message, [from: KEY]
 *          and tx: hash on the L2, or else what begins one:
 *          to, amount, via: "portal" | "bridge", l1_gas [, erc20, l2_token]}
 *	   wait: for what the L1 wants waited for; else that is a refusal
 *	   account: address whose proofs are preferred
 * answer: {stage, text, ...} of withdrawal_json(), transactions: act_tx.fees of
 *	   what this run has sent or ended, and of one begun by this run or an
 *	   earlier one {entry, resumed, amount, l1_balance, l2_balance
 *         [, decimals]}; delivered when
 *         it is known whether its call on the L1 succeeded
 */
#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/bridge/gas_token.h"
#include "providers/clients/bridge/withdrawal_job.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/erc20.h"
#include "providers/clients/rpc/effect_rpc.h"

#define POLL_MS       2000
#define SAY_MS        10000
#define LAG_POLLS     15 /* the node may show late what it has mined */
#define RESOLVE_AFTER 60 /* seconds that a challenger has to do it itself */

/* --- start --------------------------------------------------------------- */

static const char *
text(const struct effect_op *op, const char *key)
{
	return jx_str(op->config, key, "");
}

static const char *
dec_text(struct effect_ctx *ctx, const struct u256 *v)
{
	char dec[79];

	u256_dec(v, dec);
	return arena_strdup(ctx->arena, dec);
}

static enum outcome
read_amount(struct withdrawal_job *w, struct effect_sender *s, struct u256 *out,
	    json_t *answer)
{
	const char *erc20 = jx_str(w->op->config, "erc20", NULL);
	const char *token = text(w->op, "l2_token");
	unsigned decimals = 0;
	enum rpc_status st;

	if (!erc20) {
		if (u256_parse(text(w->op, "amount"), out) < 0)
			*out = u256_from(0);
		return OC_OK;
	}
	st = erc20_pair(s->rpc, erc20, token, w->ctx->ds);
	if (st == RPC_OK)
		st = erc20_amount(s->rpc, token, text(w->op, "amount"), out,
				  &decimals, w->ctx->ds);
	json_object_set_new(answer, "decimals", json_integer(decimals));
	return rpc_outcome(st);
}

static int
encode_start(struct withdrawal_job *w, const struct u256 *amount,
	     struct buf *call, const char **to)
{
	const struct effect_op *op = w->op;
	const char *erc20 = jx_str(op->config, "erc20", NULL), *f;
	json_int_t gas = (json_int_t)jx_int(op->config, "l1_gas", 200000);
	CLEANUP(put_json) json_t *args = NULL;

	*to = L2_BRIDGE;
	if (erc20) {
		f = "bridgeERC20To(address,address,address,uint256,uint32,"
		    "bytes)";
		args = json_pack("[s, s, s, s, I, s]", text(op, "l2_token"),
				 erc20, text(op, "to"),
				 dec_text(w->ctx, amount), gas, "0x");
	} else if (strcmp(text(op, "via"), "portal") == 0) {
		*to = MESSAGE_PASSER;
		f = "initiateWithdrawal(address,uint256,bytes)";
		args = json_pack("[s, I, s]", text(op, "to"), gas, "0x");
	} else {
		f = "bridgeETHTo(address,uint32,bytes)";
		args = json_pack("[s, I, s]", text(op, "to"), gas, "0x");
	}
	return abi_encode_call(call, f, args, w->ctx->ds);
}

static enum outcome
withdraw_start(struct withdrawal_job *w, json_t *answer)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	CLEANUP(put_json) json_t *data = NULL;
	struct act_tx t = { .what = "start", .fees = w->fees };
	struct u256 amount = u256_from(0);
	bool erc20 = jx_get(w->op->config, "erc20") != NULL, resumed;
	enum outcome oc;

	if (!erc20 && u256_parse(text(w->op, "amount"), &t.value) < 0)
		t.value = u256_from(0);
	oc = erc20 ? OC_OK : bridge_takes_ether(w->p.l1, w->p.addr, w->ctx->ds);
	if (oc == OC_OK)
		oc = act_sender(w->ctx, w->op, "l2", &t.value, &s);
	if (oc == OC_OK)
		oc = read_amount(w, &s, &amount, answer);
	if (oc == OC_OK)
		oc = act_finish(w->ctx, w->op, &s);
	if (oc != OC_OK)
		return oc;
	if (encode_start(w, &amount, &call, &t.to) < 0)
		return OC_FAIL;
	data = hex_json(call.p, call.n);
	t.data = data;
	oc = act_send(w->ctx, w->op, &s, &t, &l, &resumed);
	if (oc != OC_OK)
		return oc;
	memcpy(w->tx, l->slots[0].mined_hash, 32);
	json_object_set_new(answer, "entry", json_string(act_entry(l)));
	json_object_set_new(answer, "resumed", json_boolean(resumed));
	json_object_set_new(answer, "amount",
			    json_string(dec_text(w->ctx, &amount)));
	return OC_OK;
}

/* --- the way ------------------------------------------------------------- */

static bool
step_is(const struct withdrawal_job *w, const char *step)
{
	return strcmp(text(w->op, "step"), step) == 0;
}

static bool
arrived(const struct withdrawal_job *w)
{
	if (step_is(w, "prove"))
		return w->st.stage > WITHDRAWAL_PROVABLE;
	return w->st.stage == WITHDRAWAL_DONE;
}

static const char *
tx_text(const struct withdrawal_job *w)
{
	char hex[65];

	hex_encode(w->tx, 32, hex);
	return arena_strdup(w->ctx->arena, hex);
}

static enum outcome
not_ready(struct withdrawal_job *w)
{
	char what[256];

	withdrawal_describe(w, what, sizeof(what));
	diag_err(w->ctx->ds, "E1073",
		 "the withdrawal is not ready for this step: it %s", what);
	if (w->st.stage == WITHDRAWAL_PROVABLE)
		diag_hint(w->ctx->ds, "'opl2 withdraw prove 0x%s'", tx_text(w));
	else
		diag_hint(w->ctx->ds, "try again later, or use -wait");
	return OC_FAIL;
}

static enum outcome
paused(struct withdrawal_job *w)
{
	diag_err(w->ctx->ds, "E1065",
		 "the guardian has paused the bridge at %s", w->p.addr);
	diag_hint(w->ctx->ds,
		  "nothing is lost: 'opl2 withdraw 0x%s' continues when it is "
		  "unpaused",
		  tx_text(w));
	return OC_FAIL;
}

static enum outcome
pause_between(struct withdrawal_job *w)
{
	if (!effect_wait(w->ctx, POLL_MS))
		return OC_OK;
	diag_err(w->ctx->ds, "E0805",
		 "interrupted while the withdrawal is in progress");
	diag_hint(w->ctx->ds, "'opl2 withdraw 0x%s' continues", tx_text(w));
	return OC_CANCELLED;
}

/* Whether something can be done now; else it is a matter of time. */
static bool
can_act(const struct withdrawal_job *w)
{
	switch (w->st.stage) {
	case WITHDRAWAL_PROVABLE:
		return !step_is(w, "finalize");
	case WITHDRAWAL_RESOLVABLE:
		return w->p.now > w->st.until + RESOLVE_AFTER;
	case WITHDRAWAL_READY:
		return true;
	default:
		return false;
	}
}

static enum outcome
act(struct withdrawal_job *w)
{
	enum outcome oc = withdrawal_open_sender(w);

	if (oc != OC_OK)
		return oc;
	if (w->st.stage == WITHDRAWAL_PROVABLE)
		return withdrawal_prove(w);
	if (w->st.stage == WITHDRAWAL_RESOLVABLE)
		return withdrawal_resolve(w);
	return withdrawal_finalize(w);
}

/* After a transaction, until the node shows what became of it. */
static enum outcome
probe_history(struct withdrawal_job *w, enum withdrawal_stage before)
{
	enum outcome oc = withdrawal_refresh(w);

	for (unsigned i = 0; i < LAG_POLLS; i++) {
		if (oc != OC_OK || w->st.stage != before)
			return oc;
		oc = pause_between(w);
		if (oc == OC_OK)
			oc = withdrawal_refresh(w);
	}
	return oc;
}

/* One turn of the way: something is sent, or some time passes. */
static enum outcome
turn(struct withdrawal_job *w, uint64_t *said_ms, enum withdrawal_stage *said)
{
	bool wait = jx_bool(w->op->config, "wait", false);
	enum withdrawal_stage before = w->st.stage;
	uint64_t now = mono_ms();
	char what[256];
	enum outcome oc;

	if (w->p.paused)
		return paused(w);
	if (can_act(w)) {
		oc = act(w);
		return oc == OC_OK ? probe_history(w, before) : oc;
	}
	if (!wait || before == WITHDRAWAL_PROVABLE)
		return not_ready(w);
	if (*said_ms == 0 || *said != before || now - *said_ms >= SAY_MS) {
		withdrawal_describe(w, what, sizeof(what));
		effect_progress(w->ctx, "%s", what);
		*said_ms = now;
		*said = before;
	}
	oc = pause_between(w);
	return oc == OC_OK ? withdrawal_refresh(w) : oc;
}

static enum outcome
go(struct withdrawal_job *w)
{
	uint64_t said_ms = 0;
	enum withdrawal_stage said = WITHDRAWAL_DONE;
	/* What a killed run has sent counts, and its entry is ended. */
	enum outcome oc = withdrawal_open_sender(w);

	if (oc == OC_OK)
		oc = withdrawal_refresh(w);
	while (oc == OC_OK && !arrived(w))
		oc = turn(w, &said_ms, &said);
	return oc;
}

/* --- the answer ---------------------------------------------------------- */

static enum outcome
add_delivery(struct withdrawal_job *w, json_t *answer)
{
	bool known, ok;
	enum outcome oc = withdrawal_delivered(w, &known, &ok);

	if (oc != OC_OK || !known)
		return oc;
	json_object_set_new(answer, "delivered", json_boolean(ok));
	if (ok)
		return OC_OK;
	diag_warn(w->ctx->ds, "W1075",
		  "the withdrawal is finalized, but its call of %s on the L1 "
		  "failed",
		  json_string_value(json_array_get(w->w.tuple, 2)));
	diag_hint(w->ctx->ds, "if it went through the bridge, anyone can relay "
			      "the message again with L1CrossDomainMessenger");
	return OC_OK;
}

static enum rpc_status
balance(struct withdrawal_job *w, struct rpc *rpc, const char *token,
	const char *who, struct u256 *out)
{
	if (token)
		return erc20_balance(rpc, token, who, out, w->ctx->ds);
	return rpc_u256(rpc, "eth_getBalance",
			json_pack("[s, s]", who, "latest"), out, w->ctx->ds);
}

/* Of the recipient on the L1 and the sender on the L2. */
static enum outcome
add_balances(struct withdrawal_job *w, json_t *answer)
{
	const json_t *c = w->op->config;
	struct u256 l1, l2;
	enum rpc_status st = balance(w, w->l1, jx_str(c, "erc20", NULL),
				     jx_str(c, "to", ""), &l1);

	if (st == RPC_OK)
		st = balance(w, w->l2, jx_str(c, "l2_token", NULL), w->me, &l2);
	if (st != RPC_OK)
		return rpc_outcome(st);
	json_object_set_new(answer, "l1_balance",
			    json_string(dec_text(w->ctx, &l1)));
	json_object_set_new(answer, "l2_balance",
			    json_string(dec_text(w->ctx, &l2)));
	return OC_OK;
}

static enum outcome
find_it(struct withdrawal_job *w, json_t *answer)
{
	const char *tx = jx_str(w->op->config, "tx", NULL);
	json_int_t i = (json_int_t)jx_int(w->op->config, "message", 1);

	if (!tx) {
		enum outcome oc = withdraw_start(w, answer);

		if (oc != OC_OK)
			return oc;
	} else if (hex_decode(tx, w->tx, 32)) {
		diag_err(w->ctx->ds, "E1070", "'%s' is not a transaction hash",
			 tx);
		return OC_FAIL;
	}
	return withdrawal_load(w, (size_t)i - 1);
}

static enum outcome
withdraw_run(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(withdrawal_job_done) struct withdrawal_job w = { 0 };
	CLEANUP(put_json) json_t *answer = json_object();
	enum outcome oc = withdrawal_open(ctx, op, &w);

	if (oc == OC_OK)
		oc = find_it(&w, answer);
	if (oc == OC_OK)
		oc = step_is(&w, "start") || step_is(&w, "status")
			     ? withdrawal_refresh(&w)
			     : go(&w);
	if (oc == OC_OK && w.st.stage == WITHDRAWAL_DONE)
		oc = add_delivery(&w, answer);
	if (oc == OC_OK && jx_get(answer, "entry"))
		oc = add_balances(&w, answer);
	if (oc != OC_OK)
		return oc;
	json_object_update_new(answer, withdrawal_json(&w));
	json_object_set(answer, "transactions", w.fees);
	out->attrs = TAKE(answer);
	return OC_OK;
}

const struct action action_withdraw = {
	.name = "withdraw",
	.run = withdraw_run,
};
