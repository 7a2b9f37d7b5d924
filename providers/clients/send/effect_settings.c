#include "providers/clients/send/effect_settings.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/call.h"
#include "providers/clients/evm/delegate.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"

static uint64_t
effect_settings_chain_id(const struct effect_op *op)
{
	return (uint64_t)jx_int(op->config, "chain_id", 0);
}

static const char *
contract(const struct effect_op *op)
{
	return jx_str(op->config, "address", "");
}

/* What is called: the contract itself, or the one whose code is borrowed. */
static const char *
target(const struct settings *s, const struct effect_op *op)
{
	return s->delegate ? jx_str(op->config, s->delegate, "") : contract(op);
}

/* --- what the contract says ---------------------------------------------- */

static size_t
ask_setting(struct queries *a, const struct effect_op *op,
	    const struct setting *v)
{
	const char *types = view_result(v->view);
	const char *to = v->of ? jx_str(op->config, v->of, "") : contract(op);
	CLEANUP(freep)
	char *call = xasprintf("%.*s", (int)(types - v->view), v->view);

	return queries_view(a, to, call,
			    v->arg ? json_pack("[s]", v->arg) : NULL);
}

/* Some of the bytes of an answer; null when it has fewer. */
static json_t *
part_of(const struct setting *v, const json_t *all)
{
	uint8_t *p;
	size_t n;
	char text[43];
	json_t *part;

	if (hex_bytes(all, &p, &n) < 0)
		return json_null();
	if (n < v->from + v->bytes) {
		part = json_null();
	} else if (v->bytes == 20) {
		eip55(p + v->from, text);
		part = json_string(text);
	} else {
		part = hex_json(p + v->from, v->bytes);
	}
	free(p);
	return part;
}

/* As configs have it: numbers as such, addresses and truth as decoded. */
static json_t *
effect_settings_answer(const struct queries *a, size_t i,
		       const struct setting *v)
{
	const char *types = view_result(v->view);
	CLEANUP(put_json) json_t *values = queries_values(a, i, types);

	if (json_array_size(values) != 1)
		return json_null();
	if (v->bytes > 0)
		return part_of(v, json_array_get(values, 0));
	if (!v->wei && strncmp(types, "(uint", 5) == 0)
		return json_integer((json_int_t)value_u64(values, 0));
	return jx_share(json_array_get(values, 0));
}

/* The chain id goes with the questions, so that a look is one request. */
static enum outcome
settings_read_chain(const struct settings *s, struct effect_ctx *ctx,
		    const struct effect_op *op, struct rpc *rpc, json_t **live)
{
	CLEANUP(queries_done) struct queries a = { .rpc = rpc, .lent = true };
	size_t at[SETTINGS_MAX], chain;
	enum rpc_status st;
	uint64_t id;

	for (size_t i = 0; i < s->n; i++)
		at[i] = ask_setting(&a, op, &s->v[i]);
	chain = queries_rpc(&a, "eth_chainId", NULL);
	st = queries_send(&a, ctx->ds);
	/* Asked again only to say what is wrong. */
	if (st == RPC_OK && (!queries_u64(&a, chain, &id) ||
			     id != effect_settings_chain_id(op)))
		st = rpc_check_chain(rpc, NULL, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	*live = json_object();
	for (size_t i = 0; i < s->n; i++) {
		json_t *v = effect_settings_answer(&a, at[i], &s->v[i]);

		if (s->v[i].newer && json_is_null(v))
			json_decref(v);
		else
			json_object_set_new(*live, s->v[i].field, v);
	}
	return OC_OK;
}

/* Of a contract that is not there, or another one, nothing can be set. */
static enum outcome
has_answered(const struct settings *s, struct effect_ctx *ctx,
	     const struct effect_op *op, const json_t *live)
{
	for (size_t i = 0; i < s->n; i++) {
		const char *field = s->v[i].field;

		if (jx_get(live, field) || (!jx_get(op->config, field) &&
					    strcmp(field, s->authority) != 0))
			continue;
		diag_err(ctx->ds, "E1203", "%s does not answer to '%.*s'",
			 contract(op),
			 (int)(view_result(s->v[i].view) - s->v[i].view),
			 s->v[i].view);
		diag_path(ctx->ds, "/address");
		diag_hint(ctx->ds,
			  "check that it is the address of %s on chain %llu",
			  s->what,
			  (unsigned long long)effect_settings_chain_id(op));
		return OC_FAIL;
	}
	return OC_OK;
}

static json_t *
recorded(const struct settings *s, json_t *live)
{
	if (s->elsewhere)
		json_object_del(live, s->authority);
	return json_pack("{s:O}", "live", live);
}

/* --- who may change it --------------------------------------------------- */

struct change {
	const struct settings *s;
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct effect_sender from;
	json_t *live, *calls;
	const char *safe; /* the calls go through it, or NULL */
};

static void
change_done(struct change *c)
{
	effect_sender_done(&c->from);
	json_decref(TAKE(c->live));
	json_decref(TAKE(c->calls));
}

static enum outcome
not_in_charge(struct change *c, const char *who)
{
	diag_err(c->ctx->ds, "E1201",
		 "%s of %s is %s, not the account of "
		 "'from', %s",
		 c->s->authority, contract(c->op), who, c->from.addr);
	diag_path(c->ctx->ds, "/from");
	diag_hint(c->ctx->ds, "use the key of that account, or, if it is a "
			      "Safe, of its owner");
	return OC_FAIL;
}

static int
effect_settings_encode(struct change *c, const json_t *call, struct buf *out)
{
	return abi_encode_call(out, jx_str(call, "function", ""),
			       jx_get(call, "args"), c->ctx->ds);
}

/* Others must sign as well: what they are to sign. */
static enum outcome
more_signatures(struct change *c, const char *safe, uint64_t threshold)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(ABI_DATA_MAX);
	json_t *call;
	size_t i;

	diag_err(c->ctx->ds, "E1202",
		 "the Safe %s requires %llu signatures, but opl2 has one", safe,
		 (unsigned long long)threshold);
	diag_path(c->ctx->ds, "/from");
	diag_hint(c->ctx->ds, "propose these calls in the Safe; after they are "
			      "executed, the next plan has no changes");
	json_array_foreach(c->calls, i, call) {
		CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
		CLEANUP(put_json) json_t *hex = NULL;

		if (effect_settings_encode(c, call, &data) < 0)
			return OC_FAIL;
		hex = hex_json(data.p, data.n);
		buf_addf(&text, "%s: %sto %s, value 0, data %s\n",
			 jx_str(call, "function", ""),
			 c->s->delegate ? "delegatecall " : "",
			 target(c->s, c->op), json_string_value(hex));
	}
	diag_detail(c->ctx->ds, buf_str(&text));
	return OC_FAIL;
}

static enum outcome
check_safe(struct change *c, const char *who)
{
	CLEANUP(put_json) json_t *owner = NULL, *threshold = NULL;
	struct rpc *rpc = c->from.rpc;
	enum rpc_status st = view_call(rpc, who, "getThreshold()(uint256)",
				       NULL, &threshold, c->ctx->ds);

	if (st == RPC_OK)
		st = view_call(rpc, who, "isOwner(address)(bool)",
			       json_pack("[s]", c->from.addr), &owner,
			       c->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!threshold || !json_is_true(json_array_get(owner, 0)))
		return not_in_charge(c, who);
	if (value_u64(threshold, 0) != 1)
		return more_signatures(c, who, value_u64(threshold, 0));
	c->safe = who;
	return OC_OK;
}

/* It has a key, and with that nobody can run another contract's code. */
static enum outcome
no_delegatecall(struct change *c, const char *who)
{
	diag_err(c->ctx->ds, "E1204",
		 "the %s %s is an account with a key, which cannot "
		 "run the code of %s",
		 c->s->authority, who, target(c->s, c->op));
	diag_path(c->ctx->ds, "/%s", c->s->delegate);
	diag_hint(c->ctx->ds,
		  "first give ProxyAdmin and DisputeGameFactory to a Safe, by "
		  "'owner' of the resources 'ownership'");
	return OC_FAIL;
}

static enum outcome
find_route(struct change *c)
{
	const char *who = jx_str(c->live, c->s->authority, "");

	if (strcasecmp(who, c->from.addr) != 0)
		return check_safe(c, arena_strdup(c->ctx->arena, who));
	return c->s->delegate ? no_delegatecall(c, who) : OC_OK;
}

/* Nobody proposes a call that will revert. */
static enum outcome
rehearse(struct change *c, const json_t *call)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);

	if (effect_settings_encode(c, call, &data) < 0)
		return OC_FAIL;
	return delegate_rehearse(c->ctx, c->from.rpc,
				 jx_str(c->live, c->s->authority, ""),
				 target(c->s, c->op), &data, c->s->delegate);
}

/* --- the transactions ---------------------------------------------------- */

static int
call_data(struct change *c, const json_t *call, struct buf *out)
{
	CLEANUP(buf_done) struct buf inner = BUF_INIT(ABI_DATA_MAX);
	struct u256 none = u256_from(0);

	if (!c->safe)
		return effect_settings_encode(c, call, out);
	if (effect_settings_encode(c, call, &inner) < 0)
		return -1;
	return safe_encode(out, c->s->delegate ? SAFE_DELEGATECALL : SAFE_CALL,
			   target(c->s, c->op), &none, &inner, c->from.from,
			   c->ctx->ds);
}

static enum outcome
plan_call(struct change *c, const json_t *call, json_t *txs)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);

	if (call_data(c, call, &data) < 0)
		return OC_FAIL;
	json_array_append_new(
		txs, json_pack("{s:s, s:s, s:o, s:s}", "to",
			       c->safe ? c->safe : contract(c->op), "value",
			       "0", "data", hex_json(data.p, data.n), "name",
			       jx_str(call, "function", "")));
	return OC_OK;
}

static enum outcome
plan_txs(struct change *c, json_t *txs)
{
	enum outcome oc = OC_OK;
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
		if (oc == OC_OK && c->s->delegate)
			oc = rehearse(c, call);
	if (oc == OC_OK)
		oc = find_route(c);
	json_array_foreach(c->calls, i, call)
		if (oc == OC_OK)
			oc = plan_call(c, call, txs);
	return oc;
}

static enum outcome
open_change(struct change *c)
{
	enum outcome oc = effect_sender_init(c->ctx, c->op, "rpc",
					     effect_settings_chain_id(c->op),
					     "from", &c->from);

	if (oc == OC_OK)
		oc = settings_read_chain(c->s, c->ctx, c->op, c->from.rpc,
					 &c->live);
	if (oc == OC_OK)
		oc = has_answered(c->s, c->ctx, c->op, c->live);
	if (oc == OC_OK)
		c->calls = c->s->calls(c->op->config, c->live);
	return oc;
}

/* --- sending ------------------------------------------------------------- */

static bool
is_open(const struct ledger *l, void *arg)
{
	(void)arg;
	return !l->ended;
}

/* Goes on with what a broken-off attempt has begun. */
static enum outcome
resume(struct effect_ctx *ctx, const struct effect_op *op, const char *entry)
{
	CLEANUP(effect_sender_done) struct effect_sender from = { 0 };
	enum outcome oc = effect_sender_init(
		ctx, op, "rpc", effect_settings_chain_id(op), "from", &from);

	if (oc != OC_OK)
		return oc;
	return effect_send_txs(op, &from, entry, NULL, NULL);
}

static enum outcome
send_calls(struct change *c, const char **entry)
{
	CLEANUP(put_json) json_t *txs = json_array();
	enum outcome oc = plan_txs(c, txs);

	if (oc == OC_OK)
		oc = ledger_entry_find(c->ctx, c->op, &c->from, c->op->kind,
				       is_open, NULL, entry);
	if (oc != OC_OK)
		return oc;
	return effect_send_txs(c->op, &c->from, *entry, TAKE(txs), NULL);
}

/* All is mined: does the contract have the values now? */
static enum outcome
prove(struct change *c)
{
	CLEANUP(put_json) json_t *left = NULL;
	const char *function;
	enum outcome oc;

	json_decref(TAKE(c->live));
	oc = settings_read_chain(c->s, c->ctx, c->op, c->from.rpc, &c->live);
	if (oc != OC_OK)
		return oc;
	left = c->s->calls(c->op->config, c->live);
	if (json_array_size(left) == 0)
		return OC_OK;
	function = jx_str(json_array_get(left, 0), "function", "");
	diag_err(c->ctx->ds, "E1203",
		 "%s is mined, but %s does not have the value", function,
		 contract(c->op));
	diag_hint(c->ctx->ds, "another account may have changed it at the same "
			      "time: make a new plan");
	return OC_FAIL;
}

static const char *
begun(const struct effect_op *op)
{
	const char *entry = op->token ? jx_str(op->token, "entry", NULL) : NULL;

	if (!entry && op->priv)
		entry = jx_str(op->priv, "entry", NULL);
	return entry && ledger_entry_open(op, entry) ? entry : NULL;
}

static enum outcome
effect_settings_settle(struct change *c, const char **entry)
{
	enum outcome oc = OC_OK;

	*entry = begun(c->op);
	if (*entry)
		oc = resume(c->ctx, c->op, *entry);
	if (oc == OC_OK)
		oc = open_change(c);
	if (oc != OC_OK || json_array_size(c->calls) == 0)
		return oc;
	oc = send_calls(c, entry);
	return oc == OC_OK ? prove(c) : oc;
}

enum outcome
settings_apply(const struct settings *s, struct effect_ctx *ctx,
	       const struct effect_op *op, struct effect_result *out)
{
	CLEANUP(change_done)
	struct change c = { .s = s, .ctx = ctx, .op = op };
	const char *entry = NULL;
	enum outcome oc = effect_settings_settle(&c, &entry);

	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(op, entry, oc, out) : oc;
	out->attrs = recorded(s, c.live);
	if (entry)
		out->priv = json_pack("{s:s}", "entry", entry);
	else if (op->priv)
		out->priv = jx_share(op->priv);
	return OC_OK;
}

enum outcome
settings_cost(const struct settings *s, struct effect_ctx *ctx,
	      const struct effect_op *op, struct effect_result *out)
{
	CLEANUP(change_done)
	struct change c = { .s = s, .ctx = ctx, .op = op };
	CLEANUP(put_json) json_t *txs = json_array();
	enum outcome oc = open_change(&c);

	if (oc == OC_OK && json_array_size(c.calls) > 0)
		oc = plan_txs(&c, txs);
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &c.from, s->authority, txs,
				  &out->attrs);
	return oc;
}

enum outcome
settings_read(const struct settings *s, struct effect_ctx *ctx,
	      const struct effect_op *op, struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	CLEANUP(put_json) json_t *live = NULL;
	enum outcome oc;

	if (!op->prior)
		return OC_GONE;
	rpc = effect_rpc(ctx, op, "rpc", effect_settings_chain_id(op));
	if (!rpc)
		return OC_FAIL;
	oc = settings_read_chain(s, ctx, op, rpc, &live);
	if (oc == OC_RETRY)
		return OC_UNREACHABLE;
	if (oc != OC_OK)
		return oc;
	out->attrs = recorded(s, live);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}
