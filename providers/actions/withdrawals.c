/*
 * withdrawals: how far those are that were begun or gone on with here, as the
 * ledger says.
 *
 * config: {l1_rpc, l1_chain_id, l2_rpc, l2_chain_id, portal, account}
 * answer: {withdrawals: [withdrawal_json(), ...]}, those of this chain
 */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/bridge/withdrawal_job.h"
#include "providers/clients/rpc/effect_rpc.h"

static void
add_once(json_t *seen, json_t *hash)
{
	json_object_set_new(seen, json_string_value(hash), json_true());
	json_decref(hash);
}

/* Notes the entry's L2 transaction; never accepts, so that all are seen. */
static bool
withdrawals_note(const struct ledger *l, void *arg)
{
	const json_t *about = jx_get(l->begin, "about");

	if (strcmp(jx_str(about, "action", ""), "withdraw") != 0)
		return false;
	if (jx_get(about, "l2_tx"))
		add_once(arg, jx_share(jx_get(about, "l2_tx")));
	else if (l->nslots == 1 && l->slots[0].mined)
		add_once(arg, hex_json(l->slots[0].mined_hash, 32));
	return false;
}

/* One that the L2 does not know was of another chain, in this folder. */
static enum outcome
is_here(struct withdrawal_job *w, bool *here)
{
	CLEANUP(put_json) json_t *receipt = NULL;
	enum rpc_status st = rpc_call(w->l2, "eth_getTransactionReceipt",
				      json_pack("[o]", hex_json(w->tx, 32)),
				      &receipt, w->ctx->ds);

	*here = json_is_object(receipt);
	return rpc_outcome(st);
}

static enum outcome
add_row(struct withdrawal_job *w, const char *tx, json_t *rows)
{
	bool here = false;
	enum outcome oc;

	if (hex_decode(tx, w->tx, 32))
		return OC_OK;
	oc = is_here(w, &here);
	if (oc != OC_OK || !here)
		return oc;
	oc = withdrawal_load(w, 0);
	if (oc == OC_OK)
		oc = withdrawal_refresh(w);
	if (oc == OC_OK)
		json_array_append_new(rows, withdrawal_json(w));
	return oc;
}

static enum outcome
withdrawals_run(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	const char *dir = op->env->places->ledger;
	CLEANUP(put_json) json_t *seen = json_object(), *rows = json_array();
	CLEANUP(freep) char *none = NULL;
	CLEANUP(withdrawal_job_done) struct withdrawal_job w = { 0 };
	enum outcome oc = withdrawal_open(ctx, op, &w);
	const char *tx;
	json_t *v;

	if (oc == OC_OK &&
	    ledger_find(dir, NULL, withdrawals_note, seen, &none, ctx->ds))
		oc = OC_FAIL;
	json_object_foreach(seen, tx, v)
		if (oc == OC_OK)
			oc = add_row(&w, tx, rows);
	if (oc == OC_OK)
		out->attrs = json_pack("{s:O}", "withdrawals", rows);
	return oc;
}

const struct action action_withdrawals = {
	.name = "withdrawals",
	.run = withdrawals_run,
};
