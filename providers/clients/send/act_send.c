#include "providers/clients/send/act_send.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/evm/revert_note.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/gas.h"
#include "providers/clients/send/landed.h"

enum outcome
act_sender(struct effect_ctx *ctx, const struct effect_op *op,
	   const char *layer, const struct u256 *moved,
	   struct effect_sender *out)
{
	const char *rpc = arena_printf(ctx->arena, "%s_rpc", layer);
	const char *id = arena_printf(ctx->arena, "%s_chain_id", layer);
	enum outcome oc = effect_sender_init(
		ctx, op, rpc, (uint64_t)jx_int(op->config, id, 0), "from", out);
	struct u256 *ceiling = &out->s.policy.ceiling;

	/* Others' transactions before it in the block may make it dearer. */
	out->s.policy.margin = 50;

	if (oc == OC_OK && !u256_is_zero(ceiling) &&
	    u256_add(ceiling, moved, ceiling))
		*ceiling = u256_from(0);
	return oc;
}

const char *
act_entry(const struct ledger *l)
{
	const char *slash = strrchr(l->path, '/');

	return slash ? slash + 1 : l->path;
}

static bool
is_of(const struct ledger *l, const struct effect_sender *s)
{
	return l->chain_id == s->chain_id &&
	       memcmp(l->genesis, s->genesis, 32) == 0 &&
	       memcmp(l->from, s->from, 20) == 0;
}

/* --- what was begun ------------------------------------------------------ */

static bool
is_open_action(const struct ledger *l, void *arg)
{
	return !l->ended && is_of(l, arg) &&
	       jx_get(jx_get(l->begin, "about"), "action");
}

/* The node's refusal of one transaction is that one's end, not ours. */
static enum send_result
run_quietly(struct effect_ctx *ctx, struct effect_sender *s, struct ledger *l)
{
	struct diags said;
	enum send_result r;

	diags_init(&said);
	s->s.ds = &said;
	r = sender_run(&s->s, l);
	s->s.ds = ctx->ds;
	if (r == SEND_REVERTED && said.first)
		effect_progress(ctx, "'%s' of an earlier run: %s", act_entry(l),
				said.first->summary);
	else
		diags_append(ctx->ds, &said);
	diags_done(&said);
	return r == SEND_REVERTED ? SEND_DONE : r;
}

enum outcome
act_finish(struct effect_ctx *ctx, const struct effect_op *op UNUSED,
	   struct effect_sender *s)
{
	int lock CLEANUP(close_fdp) = sender_lock(&s->s, s->chain_id);
	enum send_result r = SEND_DONE;

	if (lock < 0)
		return OC_CANCELLED;
	while (r == SEND_DONE) {
		CLEANUP(ledger_freep) struct ledger *l = NULL;
		CLEANUP(freep) char *name = NULL;
		int rc = ledger_find(s->ledger_dir, NULL, is_open_action, s,
				     &name, ctx->ds);

		if (rc == 0)
			return OC_OK;
		if (rc < 0 ||
		    ledger_open(s->ledger_dir, name, &l, ctx->ds) != 1)
			return OC_FAIL;
		effect_progress(ctx, "continues '%s' of an earlier run", name);
		r = run_quietly(ctx, s, l);
	}
	return effect_send_outcome(r, true);
}

struct search {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const struct effect_sender *s;
	const struct act_tx *t;
	uint8_t to[20];
	const uint8_t *data;
	size_t n;
	enum outcome oc; /* why the search was given up */
};

static bool
is_told(const struct ledger *l)
{
	CLEANUP(freep) char *path = xasprintf("%s.told", l->path);

	return file_exists(path);
}

static bool
same_tx(const struct search *q, const struct ledger *l)
{
	const struct tx *t = &l->slots[0].tx;
	const json_t *about = jx_get(l->begin, "about");

	return l->nslots == 1 && is_of(l, q->s) && !t->create &&
	       !strcmp(jx_str(about, "action", ""), q->op->kind) &&
	       !strcmp(jx_str(about, "step", ""), q->t->what) &&
	       memcmp(t->to, q->to, 20) == 0 &&
	       u256_cmp(&t->value, &q->t->value) == 0 && t->data_len == q->n &&
	       memcmp(t->data, q->data, q->n) == 0;
}

/* An L1 that was made anew of the same genesis does not have it. */
static bool
is_begun(const struct ledger *l, void *arg)
{
	bool landed = false;
	struct search *q = arg;

	if (!same_tx(q, l) || is_told(l))
		return false;
	if (!l->ended)
		return true;
	if (strcmp(l->ended, "done") != 0)
		return false;
	q->oc = tx_landed(q->ctx, q->s, l, &l->slots[0], &landed);
	return q->oc != OC_OK || landed;
}

/* The entry's name: of an earlier run (*resumed), or a new one. */
static enum outcome
untold_entry(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_sender *s, const struct act_tx *t, const char **name,
	     bool *resumed)
{
	struct search q = { .ctx = ctx, .op = op, .s = s, .t = t, .oc = OC_OK };
	CLEANUP(freep) char *found = NULL;
	uint8_t *data;
	int rc;

	if (hex_bytes(t->data, &data, &q.n) < 0 || address_parse(t->to, q.to)) {
		diag_err(ctx->ds, "E0600", "'%s' has no address or data",
			 t->what);
		return OC_FAIL;
	}
	q.data = data;
	rc = ledger_find(s->ledger_dir, NULL, is_begun, &q, &found, ctx->ds);
	free(data);
	if (rc < 0)
		return OC_FAIL;
	*resumed = rc == 1;
	*name = rc == 1 ? arena_strdup(ctx->arena, found)
			: ledger_entry_random(ctx, t->what);
	return q.oc;
}

/* Ended ones did not do it, as the chain says: one more is needed. */
static const char *
keyed_entry(struct effect_ctx *ctx, const struct effect_op *op,
	    struct effect_sender *s, const struct act_tx *t)
{
	char genesis[65];

	hex_encode(s->genesis, 32, genesis);
	for (unsigned k = 1;; k++) {
		const char *name = ledger_entry_name(
			ctx, t->what, genesis, s->addr, t->key,
			arena_printf(ctx->arena, "%u", k), NULL);
		CLEANUP(freep) char *path = path_join(s->ledger_dir, name);

		if (!file_exists(path) || ledger_entry_open(op, name))
			return name;
	}
}

/* --- one transaction ----------------------------------------------------- */

static enum outcome
refused(struct effect_ctx *ctx, const struct act_tx *t, const char *reason)
{
	const struct revert_note *note = revert_note(reason);

	diag_err(ctx->ds, "E1064", "'%s' would be rejected by %s: %s", t->what,
		 t->to, reason);
	if (note)
		diag_detail(ctx->ds, note->why);
	diag_hint(ctx->ds, "%s",
		  note && note->hint ? note->hint : "nothing was sent");
	return OC_FAIL;
}

static enum outcome
check_value(struct effect_ctx *ctx, struct effect_sender *s,
	    const struct act_tx *t)
{
	char need[96], has[96];
	struct u256 balance;
	enum rpc_status st = rpc_u256(s->rpc, "eth_getBalance",
				      json_pack("[s, s]", s->addr, "latest"),
				      &balance, ctx->ds);

	if (st != RPC_OK || u256_cmp(&balance, &t->value) >= 0)
		return rpc_outcome(st);
	ether_round(&balance, false, has, sizeof(has));
	ether_round(&t->value, true, need, sizeof(need));
	diag_err(ctx->ds, "E0844", "%s has %s and needs %s", s->addr, has,
		 need);
	diag_hint(ctx->ds, "'opl2 balance' shows the balances of the roles");
	return OC_FAIL;
}

static json_t *
plan_tx(const struct act_tx *t)
{
	char wei[79];

	u256_dec(&t->value, wei);
	return json_pack("[{s:s, s:s, s:O, s:s}]", "to", t->to, "value", wei,
			 "data", t->data, "name", t->what);
}

/* Gas as the chain has it. */
static enum outcome
measure(struct effect_ctx *ctx, struct effect_sender *s, const struct act_tx *t,
	json_t *txs)
{
	CLEANUP(gas_plan_done) struct gas_plan p = { 0 };
	CLEANUP(diags_done) struct diags said;
	enum outcome oc = check_value(ctx, s, t);
	enum rpc_status st;

	diags_init(&said);
	if (oc != OC_OK)
		return oc;
	st = gas_plan(s->rpc, s->from, s->s.policy.margin, txs, &p, &said);
	if (p.revert)
		return refused(ctx, t, p.revert);
	diags_append(ctx->ds, &said);
	return rpc_outcome(st);
}

static uint64_t
gas_used(const json_t *txs)
{
	const json_t *tx = json_array_get(txs, 0);
	struct u256 v;
	uint64_t gas;

	return u256_parse(jx_str(tx, "gas_used", ""), &v) == 0 &&
			       u256_fits_u64(&v, &gas)
		       ? gas
		       : 0;
}

static json_t *
about_entry(const struct effect_op *op, const struct act_tx *t)
{
	json_t *about =
		json_pack("{s:s, s:s}", "action", op->kind, "step", t->what);

	if (t->about)
		json_object_update(about, (json_t *)(uintptr_t)t->about);
	return about;
}

static enum outcome
send_new(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_sender *s, const struct act_tx *t, const char *name,
	 struct ledger **out)
{
	CLEANUP(put_json) json_t *about = about_entry(op, t), *txs = plan_tx(t);
	const struct send_list list = {
		.name = name, .about = about, .txs = txs, .dir = s->ledger_dir
	};
	enum outcome oc = measure(ctx, s, t, txs);

	if (oc == OC_OK)
		oc = act_fee_estimate(ctx, s, t, gas_used(txs), about);
	if (oc != OC_OK)
		return oc;
	return effect_send(s, &list, out);
}

/* What the sender said about a transaction that was mined and failed is
 * explained too. */
static void
explain(struct effect_ctx *ctx)
{
	const struct revert_note *note;

	if (!ctx->ds->last || strcmp(ctx->ds->last->code, "E0842") != 0)
		return;
	note = revert_note(ctx->ds->last->summary);
	if (!note)
		return;
	diag_detail(ctx->ds, note->why);
	if (note->hint)
		diag_hint(ctx->ds, "%s", note->hint);
}

enum outcome
act_send(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_sender *s, const struct act_tx *t, struct ledger **out,
	 bool *resumed)
{
	const char *name = NULL;
	enum outcome oc = OC_OK;

	*resumed = false;
	if (t->key)
		name = keyed_entry(ctx, op, s, t);
	else
		oc = untold_entry(ctx, op, s, t, &name, resumed);
	if (oc != OC_OK)
		return oc;
	if (*resumed || ledger_entry_open(op, name)) {
		effect_progress(ctx, "'%s' was started by an earlier run",
				name);
		*resumed = true;
		oc = effect_send_txs(op, s, name, NULL, out);
	} else {
		oc = send_new(ctx, op, s, t, name, out);
	}
	explain(ctx);
	return oc == OC_OK ? act_fee_paid(ctx, s, *out, t->fees) : oc;
}

enum outcome
act_receipt(struct effect_ctx *ctx, struct rpc *rpc, const uint8_t hash[32],
	    json_t **out)
{
	char hex[65];
	enum rpc_status st =
		rpc_call(rpc, "eth_getTransactionReceipt",
			 json_pack("[o]", hex_json(hash, 32)), out, ctx->ds);

	if (st != RPC_OK || json_is_object(*out))
		return rpc_outcome(st);
	hex_encode(hash, 32, hex);
	diag_err(ctx->ds, "E0832",
		 "%s no longer has the deposit's transaction 0x%s",
		 rpc_name(rpc), hex);
	diag_hint(ctx->ds, "rerun the command; with an RPC that has all "
			   "transactions if this one is old");
	return OC_FAIL;
}
