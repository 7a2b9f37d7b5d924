/*
 * l1_script: the effect half. In this order: go on with what was begun, ask
 * whether there is anything to do, look into the ledger, and only then
 * simulate and send.
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/effect_expect.h"
#include "providers/clients/forge/forge_send.h"
#include "providers/clients/rpc/effect_rpc.h"

#define ENTRY     "l1_script"
#define NAMES_MAX (1u << 20)

struct job {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct effect_sender s;
	char digest[65]; /* what tells this run from others of the resource */
	json_t *about;   /* of the entry */
};

static void
job_done(struct job *j)
{
	effect_sender_done(&j->s);
	json_decref(j->about);
}

static uint64_t
l1_script_chain_id(const struct effect_op *op)
{
	return (uint64_t)jx_int(op->config, "l1_chain_id", 0);
}

static enum outcome
l1_script_holds(struct effect_ctx *ctx, const struct effect_op *op,
		struct rpc *rpc, const char *say, bool *known, bool *out)
{
	const json_t *expect = jx_get(op->config, "expect");

	*known = expect != NULL;
	*out = true;
	return expect ? effect_expect(ctx, rpc, expect, "", say, out) : OC_OK;
}

/* --- what is run --------------------------------------------------------- */

static void
name_run(struct job *j)
{
	static const char *const keys[] = { "script", "sig", "args", "env",
					    "triggers" };
	CLEANUP(put_json) json_t *o = json_object();

	for (size_t i = 0; i < COUNTOF(keys); i++)
		json_object_set(o, keys[i],
				json_object_get(j->op->config, keys[i]));
	jx_digest(o, j->digest);
}

/* forge takes call data as well as a signature with arguments in a notation
 * of its own. */
static const char *
call_data(struct job *j)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json) json_t *args = json_array(), *hex = NULL;
	const json_t *c = j->op->config;
	const char *sig = jx_str(c, "sig", "run()");

	if (jx_get(c, "args"))
		json_array_extend(args, json_object_get(c, "args"));
	if (json_array_size(args) == 0)
		return sig;
	if (abi_encode_call(&data, sig, args, j->ctx->ds) < 0) {
		diag_path(j->ctx->ds, "/args");
		return NULL;
	}
	hex = hex_json(data.p, data.n);
	return arena_strdup(j->ctx->arena, json_string_value(hex));
}

static const char **
env_of(struct job *j)
{
	const json_t *env = jx_get(j->op->config, "env");
	struct arena *a = j->ctx->arena;
	const char **out =
		arena_alloc(a, (json_object_size(env) + 1) * sizeof(*out));
	const char *name;
	size_t n = 0;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)env, name, v)
		out[n++] = arena_printf(a, "%s=%s", name, json_string_value(v));
	out[n] = NULL;
	return out;
}

static bool
same_run(const struct ledger *l, void *arg)
{
	const struct job *j = arg;

	return strcmp(jx_str(jx_get(l->begin, "about"), "run", ""),
		      j->digest) == 0;
}

/* The contracts that it makes, and the names that it wrote down over those of
 * the file it started from. */
static json_t *
contracts_of(const struct forge_sim *sim, const json_t *known)
{
	json_t *out = json_object(), *addr;
	const char *name;

	for (size_t i = 0; i < json_array_size(sim->txs); i++) {
		const json_t *tx = json_array_get(sim->txs, i);
		const json_t *at = jx_get(tx, "address");

		name = jx_str(tx, "name", NULL);
		/* Of a call, it is the one that is called. */
		if (name && at && !json_equal(at, json_object_get(tx, "to")))
			json_object_set_new(out, name, jx_share(at));
	}
	json_object_foreach(sim->addresses, name, addr) {
		if (!json_equal(addr, json_object_get(known, name)))
			json_object_set(out, name, addr);
	}
	return out;
}

static json_t *
make_about(void *arg, const struct forge_sim *sim)
{
	const struct job *j = arg;
	const char *from = jx_str(j->op->config, "addresses", NULL);
	CLEANUP(put_json) json_t *known = NULL;

	if (from) {
		known = jx_load_file(from, NAMES_MAX, j->ctx->ds);
		if (!known)
			return NULL;
	}
	return json_pack("{s:s, s:s, s:s, s:o}", "resource", j->op->addr, "run",
			 j->digest, "sig", jx_str(j->op->config, "sig", ""),
			 "contracts", contracts_of(sim, known));
}

static struct forge_send
sending(struct job *j, const char *entry)
{
	const json_t *c = j->op->config;
	struct forge_send f = {
		.ctx = j->ctx,
		.op = j->op,
		.s = &j->s,
		.entry = entry,
		.about = make_about,
		.arg = j,
		.revert_hint = "transactions mined before it remain; fix the "
			       "cause and rerun apply",
	};

	f.run.config = jx_str(c, "deploy_config", "");
	f.run.addresses = jx_str(c, "addresses", NULL);
	f.run.script = jx_str(c, "script", NULL);
	f.run.may_do_nothing = true;
	f.run.env = env_of(j);
	f.run.sig = call_data(j);
	return f;
}

static enum outcome
run_it(struct job *j, const char *entry, struct ledger **l)
{
	const struct forge_send f = sending(j, entry);

	return f.run.sig ? forge_send(&f, l, &j->about) : OC_FAIL;
}

/* --- create, update ------------------------------------------------------ */

static void
l1_script_fill(const struct job *j, const struct ledger *l, const char *entry,
	       struct effect_result *out)
{
	const json_t *made = jx_get(j->about, "contracts");
	json_t *txs = json_array();

	for (size_t i = 0; l && i < l->nslots; i++)
		json_array_append_new(txs,
				      hex_json(l->slots[i].mined_hash, 32));
	out->attrs = json_pack(
		"{s:o, s:o, s:b}", "transactions", txs, "contracts",
		made ? json_deep_copy(made) : json_object(), "holds", 1);
	if (l)
		out->priv = json_pack("{s:s}", "entry", entry);
}

static enum outcome
run_and_see(struct job *j, const char *entry, struct effect_result *out)
{
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	enum outcome oc = OC_OK;
	bool known, ok;

	if (!entry)
		oc = ledger_entry_find(j->ctx, j->op, &j->s, ENTRY, same_run, j,
				       &entry);
	if (oc == OC_OK)
		oc = run_it(j, entry, &l);
	if (oc == OC_OK)
		oc = l1_script_holds(j->ctx, j->op, j->s.rpc, "E0870", &known,
				     &ok);
	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(j->op, entry, oc, out) : oc;
	l1_script_fill(j, l, entry, out);
	return OC_OK;
}

static enum outcome
l1_script_create(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	CLEANUP(job_done) struct job j = { .ctx = ctx, .op = op };
	const char *entry = ledger_entry_begun(op);
	bool known = false, ok = false;
	enum outcome oc = effect_sender_init(
		ctx, op, "l1_rpc", l1_script_chain_id(op), "deployer", &j.s);

	name_run(&j);
	if (oc == OC_OK && !entry)
		oc = l1_script_holds(ctx, op, j.s.rpc, NULL, &known, &ok);
	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(op, entry, oc, out) : oc;
	if (known && ok && !op->accept) {
		effect_progress(ctx, "already holds; nothing is sent");
		l1_script_fill(&j, NULL, NULL, out);
		return OC_OK;
	}
	return run_and_see(&j, entry, out);
}

/* Other expectations, or what was expected has ceased to hold. */
static enum outcome
l1_script_update(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc = effect_rpc(ctx, op, "l1_rpc", l1_script_chain_id(op));
	bool again = jx_bool(op->config, "again", false), known, ok;
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	if (ledger_entry_begun(op))
		return l1_script_create(ctx, op, out);
	oc = rpc_outcome(rpc_check_chain(rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = l1_script_holds(ctx, op, rpc, again ? NULL : "E0872",
				     &known, &ok);
	if (oc != OC_OK)
		return oc;
	if (!ok)
		return l1_script_create(ctx, op, out);
	effect_expect_keep(op, true, out);
	return OC_OK;
}

/* --- the rest ------------------------------------------------------------ */

static enum outcome
l1_script_read(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	bool known, ok;
	enum outcome oc;

	if (!op->prior)
		return OC_GONE;
	rpc = effect_rpc(ctx, op, "l1_rpc", l1_script_chain_id(op));
	if (!rpc)
		return OC_FAIL;
	oc = rpc_outcome(rpc_check_chain(rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = l1_script_holds(ctx, op, rpc, NULL, &known, &ok);
	if (oc == OC_RETRY)
		return OC_UNREACHABLE;
	if (oc == OC_OK)
		effect_expect_keep(op, ok, out);
	return oc;
}

/* Of one that was begun what is left of it; nothing when what it is for holds
 * already. */
static enum outcome
l1_script_cost(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	CLEANUP(job_done) struct job j = { .ctx = ctx, .op = op };
	CLEANUP(put_json) json_t *txs = NULL;
	const char *entry = ledger_entry_begun(op);
	bool known = false, ok = false;
	enum outcome oc = effect_sender_init(
		ctx, op, "l1_rpc", l1_script_chain_id(op), "deployer", &j.s);

	if (oc == OC_OK && !entry)
		oc = l1_script_holds(ctx, op, j.s.rpc, NULL, &known, &ok);
	if (oc == OC_OK && !(known && ok)) {
		const struct forge_send f = sending(&j, entry);

		oc = f.run.sig ? forge_left(&f, &txs) : OC_FAIL;
	}
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &j.s, "deployer", txs, &out->attrs);
	return oc;
}

const struct effects effects_l1_script = {
	.kind = "l1_script",
	.read = l1_script_read,
	.create = l1_script_create,
	.update = l1_script_update,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = l1_script_cost,
};
