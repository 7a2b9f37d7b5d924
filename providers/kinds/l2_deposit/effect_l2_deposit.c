/* l2_deposit: the effect half. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/deposit.h"
#include "providers/clients/bridge/gas_token.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/l1_stall.h"
#include "providers/clients/send/effect_send.h"

#define CALL  "depositTransaction(address,uint256,uint64,bool,bytes)"
#define ENTRY "l2_deposit"

/* What it once was is what it is: the L2 derives it from the L1 for ever. */
static enum outcome
l2_deposit_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		struct effect_result *out)
{
	if (!op->prior)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static int
encode_call(struct effect_ctx *ctx, const struct effect_op *op,
	    struct buf *data)
{
	const json_t *c = op->config;
	CLEANUP(put_json)
	json_t *args =
		json_pack("[s, s, I, b, s]", jx_str(c, "to", ""),
			  jx_str(c, "amount", "0"),
			  (json_int_t)jx_int(c, "l2_gas", 100000), 0, "0x");

	return abi_encode_call(data, CALL, args, ctx->ds);
}

static json_t *
portal_call(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);

	return encode_call(ctx, op, &data) < 0 ? NULL
					       : hex_json(data.p, data.n);
}

/* The list of one transaction. */
static enum outcome
plan_call(struct effect_ctx *ctx, const struct effect_op *op, json_t **txs)
{
	const json_t *c = op->config;
	json_t *data = portal_call(ctx, op);

	if (!data)
		return OC_FAIL;
	*txs = json_pack("[{s:s, s:s, s:o, s:s}]", "to",
			 jx_str(c, "portal", ""), "value",
			 jx_str(c, "amount", "0"), "data", data, "name",
			 "deposit");
	return OC_OK;
}

/* The portal burns more when others deposit in the same block. */
static enum outcome
open_sender(struct effect_ctx *ctx, const struct effect_op *op,
	    struct effect_sender *s)
{
	enum outcome oc = effect_sender_init(
		ctx, op, "l1_rpc",
		(uint64_t)jx_int(op->config, "l1_chain_id", 0), "from", s);

	s->s.policy.margin = 50;
	return oc;
}

/* The L2 transaction's hash, from the L1's receipt. */
static enum outcome
find_l2_hash(struct effect_ctx *ctx, const struct effect_op *op,
	     const uint8_t l1_tx[32], uint8_t out[32])
{
	CLEANUP(rpc_freep)
	struct rpc *l1 =
		effect_rpc(ctx, op, "l1_rpc",
			   (uint64_t)jx_int(op->config, "l1_chain_id", 0));
	CLEANUP(put_json) json_t *receipt = NULL;
	const json_t *log;
	uint8_t portal[20];
	enum rpc_status st;

	if (!l1)
		return OC_FAIL;
	st = rpc_call(l1, "eth_getTransactionReceipt",
		      json_pack("[o]", hex_json(l1_tx, 32)), &receipt, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (address_parse(jx_str(op->config, "portal", ""), portal) == 0 &&
	    (log = deposit_log(receipt, portal)) && deposit_hash(log, out) == 0)
		return OC_OK;
	diag_err(ctx->ds, "E0832",
		 "the transaction made no deposit: '%s' may not be an "
		 "OptimismPortal",
		 jx_str(op->config, "portal", ""));
	diag_path(ctx->ds, "/portal");
	return OC_FAIL;
}

/* OC_OK: the L2 has executed it. */
static enum outcome
wait_for_l2(struct effect_ctx *ctx, const struct effect_op *op,
	    const uint8_t hash[32])
{
	CLEANUP(rpc_freep) struct rpc *l2 = effect_rpc(ctx, op, "l2_rpc", 0);
	struct l1_stall still = { 0 };
	uint64_t status;

	if (!l2)
		return OC_FAIL;
	for (unsigned i = 0;; i++) {
		CLEANUP(put_json) json_t *receipt = NULL;
		enum rpc_status st = rpc_call(
			l2, "eth_getTransactionReceipt",
			json_pack("[o]", hex_json(hash, 32)), &receipt, NULL);

		if (st == RPC_OK && json_is_object(receipt)) {
			if (quantity_u64(jx_get(receipt, "status"), &status) ==
				    0 &&
			    status == 1)
				return OC_OK;
			diag_err(ctx->ds, "E0832",
				 "the deposit failed on the L2");
			return OC_FAIL;
		}
		if (i % 10 == 0 &&
		    l1_stall_poll(&still, ctx, l2, "L2") != OC_OK)
			return OC_FAIL;
		if (i % 10 == 0)
			effect_progress(
				ctx, st == RPC_OK
					     ? "waits for the L2 to take the "
					       "deposit from the L1"
					     : "waits for the L2 to answer");
		if (effect_wait(ctx, 500)) {
			diag_err(
				ctx->ds, "E0805",
				"interrupted while the deposit is in progress");
			return OC_CANCELLED;
		}
	}
}

/* --- what the ledger has already ----------------------------------------- */

struct wanted {
	struct u256 amount;
	uint8_t portal[20];
	struct buf data;
};

static bool
same_deposit(const struct ledger *l, void *arg)
{
	const struct tx *t = &l->slots[0].tx;
	const struct wanted *w = arg;

	return l->nslots == 1 && !t->create &&
	       memcmp(t->to, w->portal, 20) == 0 &&
	       u256_cmp(&t->value, &w->amount) == 0 &&
	       t->data_len == w->data.n &&
	       memcmp(t->data, w->data.p, t->data_len) == 0;
}

static int
wanted_of(struct effect_ctx *ctx, const struct effect_op *op, struct wanted *w)
{
	w->data = (struct buf)BUF_INIT(ABI_DATA_MAX);
	if (u256_parse(jx_str(op->config, "amount", ""), &w->amount) < 0 ||
	    address_parse(jx_str(op->config, "portal", ""), w->portal) < 0) {
		diag_err(ctx->ds, "E0600",
			 "a deposit without amount or portal");
		return -1;
	}
	return encode_call(ctx, op, &w->data);
}

/* --- create -------------------------------------------------------------- */

/* The entry of the broken-off attempt, one that the ledger has, or a new one,
 * which is announced. */
static enum outcome
find_entry(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct effect_sender *s, const char **entry)
{
	struct wanted w;
	enum outcome oc = OC_FAIL;

	if (*entry)
		return OC_OK;
	if (wanted_of(ctx, op, &w) == 0)
		oc = ledger_entry_find(ctx, op, s, ENTRY, same_deposit, &w,
				       entry);
	buf_done(&w.data);
	return oc;
}

static enum outcome
l2_deposit_create(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	const char *entry = ledger_entry_begun(op);
	json_t *txs;
	uint8_t hash[32];
	enum outcome oc = open_sender(ctx, op, &s);

	if (oc == OC_OK)
		oc = bridge_takes_ether(s.rpc, jx_str(op->config, "portal", ""),
					ctx->ds);
	if (oc == OC_OK)
		oc = find_entry(ctx, op, &s, &entry);
	if (oc == OC_OK)
		oc = plan_call(ctx, op, &txs);
	if (oc == OC_OK)
		oc = effect_send_txs(op, &s, entry, txs, &l);
	if (oc == OC_OK)
		oc = find_l2_hash(ctx, op, l->slots[0].mined_hash, hash);
	if (oc == OC_OK)
		oc = wait_for_l2(ctx, op, hash);
	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(op, entry, oc, out) : oc;
	out->attrs = json_pack("{s:o, s:o}", "l1_tx",
			       hex_json(l->slots[0].mined_hash, 32), "l2_tx",
			       hex_json(hash, 32));
	out->priv = json_pack("{s:s}", "entry", entry);
	return OC_OK;
}

/* Only where it is sent from and to which nodes: nothing to do. */
static enum outcome
l2_deposit_update(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		  struct effect_result *out)
{
	out->attrs = jx_share(op->prior);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

static enum outcome
l2_deposit_cost(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	CLEANUP(effect_sender_done) struct effect_sender s = { 0 };
	CLEANUP(put_json) json_t *txs = NULL;
	const char *entry = ledger_entry_begun(op);
	struct wanted w;
	int left = 0;
	enum outcome oc = open_sender(ctx, op, &s);

	if (oc == OC_OK && !entry) {
		oc = wanted_of(ctx, op, &w)
			     ? OC_FAIL
			     : ledger_entry_search(ctx, op, &s, same_deposit,
						   &w, &entry);
		buf_done(&w.data);
	}
	if (oc == OC_OK && entry)
		left = ledger_entry_left(ctx, &s, entry, &txs);
	if (left < 0)
		return OC_FAIL;
	if (oc == OC_OK && left == 0)
		oc = plan_call(ctx, op, &txs);
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &s, "depositor", txs, &out->attrs);
	return oc;
}

const struct effects effects_l2_deposit = {
	.kind = "l2_deposit",
	.read = l2_deposit_read,
	.create = l2_deposit_create,
	.update = l2_deposit_update,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = l2_deposit_cost,
};
