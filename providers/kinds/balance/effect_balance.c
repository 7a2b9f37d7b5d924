/* balance: the effect half. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"

#define ENTRY "balance"

static uint64_t
balance_chain_id(const struct effect_op *op)
{
	return (uint64_t)jx_int(op->config, "chain_id", 0);
}

static struct u256
balance_amount(const struct effect_op *op, const char *key, const char *def)
{
	struct u256 v;

	if (u256_parse(jx_str(op->config, key, def), &v) < 0)
		v = u256_from(0);
	return v;
}

/* Less than this is too little: what is there once may be spent down. */
static struct u256
threshold(const struct effect_op *op)
{
	const char *least = jx_str(op->config, "at_least", "0");

	return op->prior ? balance_amount(op, "keep", least)
			 : balance_amount(op, "at_least", "0");
}

static enum rpc_status
balance_read_chain(struct effect_ctx *ctx, const struct effect_op *op,
		   struct rpc *rpc, struct u256 *out)
{
	enum rpc_status st = rpc_check_chain(rpc, NULL, ctx->ds);

	if (st != RPC_OK)
		return st;
	return rpc_u256(rpc, "eth_getBalance",
			json_pack("[s, s]", jx_str(op->config, "address", ""),
				  "latest"),
			out, ctx->ds);
}

static void
balance_fill(const struct u256 *balance, bool enough, struct effect_result *out)
{
	char text[79];

	u256_dec(balance, text);
	out->attrs = json_pack("{s:b, s:s}", "enough", enough, "balance", text);
}

static enum outcome
balance_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct u256 balance, least = threshold(op);
	enum rpc_status st;

	if (!op->prior)
		return OC_GONE;
	rpc = effect_rpc(ctx, op, "rpc", balance_chain_id(op));
	if (!rpc)
		return OC_FAIL;
	st = balance_read_chain(ctx, op, rpc, &balance);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_UNREACHABLE;
	if (st != RPC_OK)
		return rpc_outcome(st);
	balance_fill(&balance, u256_cmp(&balance, &least) >= 0, out);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

static enum outcome
needs_funds(struct effect_ctx *ctx, const struct effect_op *op,
	    const struct u256 *has, const struct u256 *target)
{
	const char *role = effect_key_name(ctx, op, "address");
	char have[96], need[96], more[96];
	struct u256 missing;

	u256_sub(target, has, &missing);
	ether_round(has, false, have, sizeof(have));
	ether_round(target, true, need, sizeof(need));
	ether_round(&missing, true, more, sizeof(more));
	diag_err(ctx->ds, "E0844", "%s (%s) has %s and needs %s",
		 role ? role : op->addr, jx_str(op->config, "address", ""),
		 have, need);
	diag_path(ctx->ds, "/at_least");
	diag_hint(ctx->ds, "send %s to it, then rerun the command; %s", more,
		  jx_str(op->config, "remedy",
			 "or add a 'funder' that sends it: see 'opl2 schema "
			 "balance'"));
	return OC_LATER;
}

static json_t *
plan_transfer(const struct effect_op *op, const struct u256 *value)
{
	char wei[79];

	u256_dec(value, wei);
	return json_pack("[{s:s, s:s, s:s, s:s}]", "to",
			 jx_str(op->config, "address", ""), "value", wei,
			 "data", "0x", "name", "transfer");
}

static enum outcome
transfer(struct effect_ctx *ctx, const struct effect_op *op, const char *entry,
	 const struct u256 *value)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(put_json) json_t *token = json_pack("{s:s}", "entry", entry);
	enum outcome oc = effect_sender_init(
		ctx, op, "rpc", balance_chain_id(op), "funder", &s);

	if (oc != OC_OK)
		return oc;
	if (effect_intend(ctx, token))
		return OC_FAIL;
	return effect_send_txs(op, &s, entry, plan_transfer(op, value), NULL);
}

/* Goes on with a transfer that was begun; OC_GONE: there is none. */
static enum outcome
resume(struct effect_ctx *ctx, const struct effect_op *op, const char *entry)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	enum outcome oc;

	if (!ledger_entry_open(op, entry))
		return OC_GONE;
	oc = effect_sender_init(ctx, op, "rpc", balance_chain_id(op), "funder",
				&s);
	if (oc != OC_OK)
		return oc;
	return effect_send_txs(op, &s, entry, NULL, NULL);
}

static const char *
begun_entry(const struct effect_op *op)
{
	const char *entry = op->token ? jx_str(op->token, "entry", NULL) : NULL;

	if (!entry && op->priv)
		entry = jx_str(op->priv, "entry", NULL);
	return entry;
}

/* What is missing to the target, if the account has too little. */
static enum outcome
top_up(struct effect_ctx *ctx, const struct effect_op *op,
       struct effect_result *out)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc = effect_rpc(ctx, op, "rpc", balance_chain_id(op));
	const char *entry = ledger_entry_random(ctx, ENTRY);
	struct u256 balance, missing, least = threshold(op);
	struct u256 target = balance_amount(
		op, "top_up_to", jx_str(op->config, "at_least", "0"));
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	oc = rpc_outcome(balance_read_chain(ctx, op, rpc, &balance));
	if (oc != OC_OK)
		return oc;
	if (u256_cmp(&balance, &least) < 0) {
		if (!jx_get(op->config, "funder"))
			return needs_funds(ctx, op, &balance, &target);
		u256_sub(&target, &balance, &missing);
		oc = transfer(ctx, op, entry, &missing);
		if (oc != OC_OK)
			return ledger_entry_outcome(op, entry, oc, out);
		oc = rpc_outcome(balance_read_chain(ctx, op, rpc, &balance));
		if (oc != OC_OK)
			return ledger_entry_outcome(op, entry, oc, out);
	}
	balance_fill(&balance, true, out);
	out->priv = json_pack("{s:s}", "entry", entry);
	return OC_OK;
}

static enum outcome
balance_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	const char *entry = begun_entry(op);

	if (entry) {
		enum outcome oc = resume(ctx, op, entry);

		if (oc != OC_OK && oc != OC_GONE)
			return ledger_entry_outcome(op, entry, oc, out);
	}
	return top_up(ctx, op, out);
}

/* What the funder would send now. */
static enum outcome
balance_cost(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(put_json) json_t *txs = NULL;
	struct u256 balance, missing, least = threshold(op);
	struct u256 target = balance_amount(
		op, "top_up_to", jx_str(op->config, "at_least", "0"));
	const char *entry = begun_entry(op);
	enum outcome oc;
	int left = 0;

	if (!jx_get(op->config, "funder"))
		return OC_RETRY; /* the plan has said it */
	oc = effect_sender_init(ctx, op, "rpc", balance_chain_id(op), "funder",
				&s);
	if (oc == OC_OK && entry && ledger_entry_open(op, entry))
		left = ledger_entry_left(ctx, &s, entry, &txs);
	if (left < 0)
		return OC_FAIL;
	if (oc == OC_OK && left == 0)
		oc = rpc_outcome(balance_read_chain(ctx, op, s.rpc, &balance));
	if (oc == OC_OK && left == 0 && u256_cmp(&balance, &least) < 0) {
		u256_sub(&target, &balance, &missing);
		txs = plan_transfer(op, &missing);
	}
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &s, "funder", txs, &out->attrs);
	if (oc == OC_OK && json_array_size(txs) > 0)
		json_object_set_new(json_array_get(out->attrs, 0), "to",
				    json_string("/address"));
	return oc;
}

const struct effects effects_balance = {
	.kind = "balance",
	.read = balance_read,
	.create = balance_create,
	.update = balance_create,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = balance_cost,
};
