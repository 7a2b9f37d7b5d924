/*
 * l1_contracts: the effect half. In this order: adopt what the record names,
 * go on with what the ledger has begun, and only then simulate, write the
 * whole list into the ledger, and send.
 */
#include "providers/kinds/l1_contracts/effect_l1_contracts.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/contracts_check.h"
#include "providers/clients/evm/create2.h"
#include "providers/clients/evm/proxies.h"
#include "providers/clients/forge/deployment.h"
#include "providers/clients/forge/forge_send.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/facts/forks.h"

#define CONFIG_MAX (1u << 20)

static uint64_t
l1_contracts_chain_id(const struct effect_op *op)
{
	return (uint64_t)jx_int(op->config, "l1_chain_id", 0);
}

/* --- artifact, record, attributes ---------------------------------------- */

static const char *
artifact_path(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *dir = managed_dir(ctx, op, true);

	return dir ? arena_printf(ctx->arena, "%s/artifact.json", dir) : NULL;
}

/* IMPL_SALT as the scripts got it. A config without one has its own digest,
 * so that another deployment on the same L1 gets other addresses. */
static const char *
effective_salt(const json_t *c)
{
	const char *salt = jx_str(c, "salt", "");

	return salt[0] ? salt : jx_str(c, "l1_digest", "");
}

/* Writes the file of the addresses; its path, or NULL with a diagnostic. */
static const char *
write_artifact(struct effect_ctx *ctx, const struct effect_op *op,
	       const json_t *addresses, char digest[65])
{
	const char *path = artifact_path(ctx, op);

	return path && file_replace_json(path, addresses, 0644, ctx->ds) >= 0 &&
			       file_sha256(path, digest, ctx->ds) >= 0
		       ? path
		       : NULL;
}

const char *
contracts_salt(const struct deploy *d)
{
	return effective_salt(d->op->config);
}

static enum outcome
contracts_result(struct effect_ctx *ctx, const struct effect_op *op,
		 const json_t *record, const json_t *implementations,
		 struct effect_result *out)
{
	const json_t *addresses = jx_get(record, "addresses");
	char digest[65];
	const char *path = write_artifact(ctx, op, addresses, digest);

	if (!path)
		return OC_FAIL;
	out->attrs = json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:s, s:I, s:I}", "artifact", path,
		"digest", digest, "addresses", json_deep_copy(addresses),
		"implementations", json_deep_copy(implementations),
		"deployed_by", jx_str(record, "deployer", ""), "impl_salt",
		effective_salt(record), "transactions",
		(json_int_t)jx_int(record, "transactions", 0), "start_block",
		(json_int_t)jx_int(record, "start_block", 0));
	out->priv = json_pack("{s:s}", "entry", jx_str(record, "entry", ""));
	return OC_OK;
}

enum outcome
contracts_done(struct deploy *d, const json_t *record,
	       struct effect_result *out)
{
	CLEANUP(put_json) json_t *run = NULL;
	enum rpc_status st = proxies_read(d->s.rpc, jx_get(record, "addresses"),
					  &run, d->ctx->ds);

	return st == RPC_OK ? contracts_result(d->ctx, d->op, record, run, out)
			    : rpc_outcome(st);
}

/* The block from which the SystemConfig counts: proof that its proxy was
 * initialised, which code alone is not. */
static enum outcome
read_start_block(struct effect_ctx *ctx, struct rpc *rpc,
		 const json_t *addresses, int64_t *out)
{
	const char *proxy = jx_str(addresses, "SystemConfigProxy", NULL);
	CLEANUP(put_json) json_t *result = NULL, *values = NULL;
	uint8_t selector[4], *p;
	enum rpc_status st;
	uint64_t block = 0;
	size_t n;

	abi_selector("startBlock()", selector);
	if (!proxy) {
		diag_err(ctx->ds, "E0836",
			 "there is no SystemConfigProxy "
			 "among the addresses");
		return OC_FAIL;
	}
	st = rpc_call(rpc, "eth_call",
		      json_pack("[{s:s, s:o}, s]", "to", proxy, "data",
				hex_json(selector, 4), "latest"),
		      &result, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (hex_bytes(result, &p, &n) == 0) {
		values = abi_decode("(uint256)", p, n, NULL);
		free(p);
	}
	if (!values ||
	    parse_u64(json_string_value(json_array_get(values, 0)), INT64_MAX,
		      &block) < 0 ||
	    block == 0) {
		diag_err(ctx->ds, "E0836",
			 "SystemConfigProxy %s was never "
			 "initialised",
			 proxy);
		return OC_FAIL;
	}
	*out = (int64_t)block;
	return OC_OK;
}

json_t *
contracts_config(const struct deploy *d)
{
	return jx_load_file(jx_str(d->op->config, "deploy_config", ""),
			    CONFIG_MAX, d->ctx->ds);
}

/* Nothing downstream may be built on contracts of another config. */
static enum outcome
check_values(struct deploy *d, const json_t *addresses)
{
	CLEANUP(put_json) json_t *config = contracts_config(d);
	size_t wrong = 0;
	enum rpc_status st;

	if (!config)
		return OC_FAIL;
	/* Who may pause is what the OPCM's superchain says. */
	if (jx_get(d->op->config, "opcm"))
		json_object_del(config, "superchainConfigGuardian");
	effect_progress(d->ctx, "checking the values of the contracts");
	st = contracts_check(d->s.rpc, addresses, config, &wrong, d->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	return wrong ? OC_FAIL : OC_OK;
}

enum outcome
prove_values(struct deploy *d, size_t transactions)
{
	const json_t *addresses = jx_get(d->about, "addresses");
	int64_t start = 0;
	enum outcome oc;

	oc = read_start_block(d->ctx, d->s.rpc, addresses, &start);
	if (oc == OC_OK)
		oc = check_values(d, addresses);
	if (oc != OC_OK)
		return oc;
	json_object_set_new(d->about, "transactions",
			    json_integer((json_int_t)transactions));
	json_object_set_new(d->about, "start_block", json_integer(start));
	return OC_OK;
}

/* --- deploying ----------------------------------------------------------- */

json_t *
make_about(const struct deploy *d, json_t *addresses)
{
	const json_t *c = d->op->config;

	return json_pack(
		"{s:i, s:s, s:s, s:{s:I, s:o}, s:s, s:s, s:s, s:s, s:s, s:o, "
		"s:o*}",
		"opl2", 1, "chain", d->op->env->chain, "resource", d->op->addr,
		"l1", "chain_id", (json_int_t)d->s.chain_id, "genesis",
		hex_json(d->s.genesis, 32), "deployer", d->s.addr, "l1_digest",
		jx_str(c, "l1_digest", ""), "project_digest",
		jx_str(jx_get(c, "project"), "digest", ""), "salt",
		jx_str(c, "salt", ""), "entry", d->entry, "addresses",
		addresses, "deploy_config", contracts_config(d));
}

/* The L2's predeployed contracts need the addresses alone: they are computed
 * while the transactions are mined. */
static void
tell_addresses(struct deploy *d, const json_t *addresses)
{
	char digest[65];
	const char *path = write_artifact(d->ctx, d->op, addresses, digest);

	if (path)
		effect_early(d->ctx,
			     json_pack("{s:s, s:s, s:o}", "artifact", path,
				       "digest", digest, "addresses",
				       json_deep_copy(addresses)));
}

static json_t *
about_run(void *arg, const struct forge_sim *sim)
{
	tell_addresses(arg, sim->addresses);
	return make_about(arg, json_incref(sim->addresses));
}

static struct forge_send
sending(struct deploy *d)
{
	const json_t *c = d->op->config;

	return (struct forge_send){
		.ctx = d->ctx,
		.op = d->op,
		.s = &d->s,
		.entry = d->entry,
		.run = {
			.config = jx_str(c, "deploy_config", ""),
			.salt = effective_salt(c),
		},
		.simulate = jx_get(c, "opcm") ? opcm_simulate : NULL,
		.about = about_run,
		.arg = d,
		.revert_hint = arena_printf(
			d->ctx->arena,
			"the contracts deployed so far cannot be used; "
			"fix the cause and set another 'salt' in %s",
			d->op->addr),
	};
}

static enum outcome
l1_contracts_send_all(struct deploy *d, struct ledger **l)
{
	const struct forge_send f = sending(d);

	return forge_send(&f, l, &d->about);
}

static enum outcome
verify(struct deploy *d, const struct ledger *l)
{
	const json_t *addresses = jx_get(d->about, "addresses");
	const char *missing = NULL;
	size_t present = 0;
	enum rpc_status st;

	effect_progress(d->ctx, "checking the code of %zu contracts",
			json_object_size(addresses));
	st = deployment_probe(d->s.rpc, addresses, &missing, &present,
			      d->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (missing) {
		diag_err(d->ctx->ds, "E0836",
			 "all %zu transactions are mined, "
			 "but %s has no code at %s",
			 l->nslots, missing, jx_str(addresses, missing, ""));
		return OC_FAIL;
	}
	return prove_values(d, l->nslots);
}

static void
name_entry(struct deploy *d)
{
	const json_t *c = d->op->config;
	char genesis[65];

	hex_encode(d->s.genesis, 32, genesis);
	d->entry = ledger_entry_name(d->ctx, "l1_contracts", genesis, d->s.addr,
				     jx_str(c, "l1_digest", ""),
				     jx_str(c, "salt", ""), (const char *)NULL);
}

enum outcome
deploy_open(struct deploy *d)
{
	enum outcome oc = effect_sender_init(d->ctx, d->op, "l1_rpc",
					     l1_contracts_chain_id(d->op),
					     "deployer", &d->s);

	if (oc == OC_OK)
		name_entry(d);
	return oc;
}

void
deploy_close(struct deploy *d)
{
	json_decref(TAKE(d->about));
	effect_sender_done(&d->s);
}

/* What was planned for an L1 at one fork is not begun at another one: whether
 * the programs follow that was not asked, nor what it costs. */
static enum outcome
same_fork(struct deploy *d)
{
	const char *planned = jx_str(d->op->config, "l1_fork", NULL), *now;
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st;

	if (!planned || ledger_entry_open(d->op, d->entry))
		return OC_OK;
	st = rpc_call(d->s.rpc, "eth_getBlockByNumber",
		      json_pack("[s, b]", "latest", 0), &block, d->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	now = forks_of_header(block, NULL);
	if (forks_l1_rank(now) <= forks_l1_rank(planned))
		return OC_OK;
	diag_err(d->ctx->ds, "E0899",
		 "the L1 is at '%s', but the plan is for '%s'", now, planned);
	diag_path(d->ctx->ds, "/l1_fork");
	diag_hint(d->ctx->ds, "nothing was sent; make a new plan");
	return OC_FAIL;
}

static enum outcome
deploy(struct deploy *d, struct effect_result *out)
{
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	enum outcome oc = same_fork(d);

	if (oc == OC_OK && !jx_get(d->op->config, "opcm") &&
	    !ledger_entry_open(d->op, d->entry))
		oc = create2_check(d->ctx, d->s.rpc);
	if (oc == OC_OK)
		oc = l1_contracts_send_all(d, &l);
	if (oc == OC_OK)
		oc = verify(d, l);
	if (oc == OC_OK && deployment_save(d->ctx, d->op, d->about) < 0)
		oc = OC_FAIL;
	if (oc == OC_OK)
		oc = contracts_done(d, d->about, out);
	return ledger_entry_outcome(d->op, d->entry, oc, out);
}

static enum outcome
l1_contracts_create(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	CLEANUP(deploy_close) struct deploy d = { .ctx = ctx, .op = op };
	enum outcome oc = deploy_open(&d);

	if (oc == OC_OK) {
		oc = contracts_adopt(&d, out);
		if (oc == OC_GONE)
			oc = deploy(&d, out);
	} else if (op->priv && jx_str(op->priv, "entry", NULL)) {
		oc = ledger_entry_outcome(op, jx_str(op->priv, "entry", ""), oc,
					  out);
	}
	return oc;
}

/* Nothing when the record's contracts are ours: they are adopted. */
static enum outcome
l1_contracts_cost(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	CLEANUP(deploy_close) struct deploy d = { .ctx = ctx, .op = op };
	CLEANUP(put_json) json_t *record = NULL, *txs = NULL;
	enum outcome oc = deploy_open(&d);
	struct forge_send f;

	if (oc != OC_OK)
		return oc;
	if (deployment_load(ctx, op, &record) < 0)
		return OC_FAIL;
	f = sending(&d);
	if (!record || !record_is_ours(&d, record))
		oc = forge_left(&f, &txs);
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &d.s, "deployer", txs, &out->attrs);
	return oc;
}

/* --- the rest ------------------------------------------------------------ */

#define ONE "SystemConfigProxy"

/* What the proxies run, and whether the contracts are there: one stands for
 * all, for they came in one deployment. Its code is asked for only when the
 * ProxyAdmin does not know it. */
static enum rpc_status
l1_contracts_read_chain(struct effect_ctx *ctx, struct rpc *rpc,
			const json_t *addresses, bool *gone, json_t **run)
{
	CLEANUP(put_json) json_t *probe = json_object();
	const char *missing = NULL;
	size_t present = 0;
	enum rpc_status st = rpc_check_chain(rpc, NULL, ctx->ds);

	if (st == RPC_OK)
		st = proxies_read(rpc, addresses, run, ctx->ds);
	if (st != RPC_OK || jx_get(*run, ONE))
		return st;
	json_object_set(probe, ONE, json_object_get(addresses, ONE));
	st = deployment_probe(rpc, probe, &missing, &present, ctx->ds);
	*gone = missing != NULL;
	return st;
}

static enum outcome
l1_contracts_read(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	CLEANUP(put_json) json_t *run = NULL;
	const char *path;
	char digest[65] = "";
	bool gone = false;
	enum rpc_status st;

	if (!op->prior)
		return OC_GONE;
	rpc = effect_rpc(ctx, op, "l1_rpc", l1_contracts_chain_id(op));
	if (!rpc)
		return OC_FAIL;
	st = l1_contracts_read_chain(ctx, rpc, jx_get(op->prior, "addresses"),
				     &gone, &run);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_UNREACHABLE;
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (gone)
		return OC_GONE;
	path = jx_str(op->prior, "artifact", "");
	if (file_exists(path) && file_sha256(path, digest, ctx->ds) < 0)
		return OC_FAIL;
	out->attrs = json_deep_copy(op->prior);
	json_object_set_new(out->attrs, "digest", json_string(digest));
	json_object_set(out->attrs, "implementations", run);
	out->priv = op->priv ? jx_share(op->priv) : NULL;
	return OC_OK;
}

/* Nothing on the chain changes: the artifact is written again, and what others
 * have upgraded is recorded. */
static enum outcome
l1_contracts_update(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	CLEANUP(put_json) json_t *record = json_deep_copy(op->prior);

	json_object_set(record, "deployer",
			json_object_get(op->prior, "deployed_by"));
	json_object_set(record, "salt",
			json_object_get(op->prior, "impl_salt"));
	if (op->priv)
		json_object_set(record, "entry",
				json_object_get(op->priv, "entry"));
	return contracts_result(ctx, op, record,
				jx_get(op->prior, "implementations"), out);
}

static enum outcome
l1_contracts_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	return deployment_set_aside(ctx, op) < 0 ? OC_FAIL : OC_OK;
}

/* What the record says is deployed is adopted, whoever was its deployer. */
static enum outcome
l1_contracts_needs(struct effect_ctx *ctx, const struct effect_op *op,
		   json_t *out)
{
	CLEANUP(put_json) json_t *record = NULL;
	CLEANUP(diags_done) struct diags quiet;
	struct effect_ctx alone = *ctx;

	diags_init(&quiet);
	alone.ds = &quiet;
	if (deployment_load(&alone, op, &record) < 0 || record)
		return OC_OK;
	if (jx_get(op->config, "opcm"))
		opcm_need(&alone, op, l1_contracts_chain_id(op), out);
	else
		create2_need(ctx, op, "l1_rpc", l1_contracts_chain_id(op), out);
	return OC_OK;
}

const struct effects effects_l1_contracts = {
	.kind = "l1_contracts",
	.read = l1_contracts_read,
	.create = l1_contracts_create,
	.update = l1_contracts_update,
	.remove = l1_contracts_remove,
	.recover = ledger_entry_recover,
	.cost = l1_contracts_cost,
	.needs = l1_contracts_needs,
	.import = l1_contracts_import,
};
