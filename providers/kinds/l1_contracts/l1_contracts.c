/*
 * l1_contracts: the chain's contracts on the L1. Identity: the L1's block 0,
 * the deployer and the digest of what is deployed. Irreversible: deployed once,
 * by way of the ledger; what is recorded in deployments/NAME.json is adopted
 * and never deployed again.
 */
#include "engine/kind/kind.h"

#include <strings.h>

#include "engine/base/compiler.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/facts/cost.h"
#include "providers/facts/contracts/deploy_gas.h"
#include "providers/facts/managed_place.h"

static const char *
script_of(const json_t *config)
{
	return jx_str(jx_get(config, "project"), "script", "");
}

/* Nobody shall wait for an upgrade that there is not. */
static int
l1_contracts_check(struct kind_ctx *ctx, const json_t *config,
		   const json_t *unknown UNUSED)
{
	if (!jx_get(config, "opcm") ||
	    deploy_by_script(script_of(config)) == DEPLOY_OPCM)
		return 0;
	diag_err(
		ctx->ds, "E1207",
		"an OPCM neither deploys nor upgrades contracts that are older "
		"than v7.0.0");
	diag_path(ctx->ds, "/opcm");
	diag_hint(ctx->ds, "leave 'opcm' out; a new chain can have contracts "
			   "v7.0.0");
	return -1;
}

/* Is what a proxy runs among the addresses? The portal has two names. Where the
 * implementations have none, as those that OPCM shares between chains, it is
 * as it was recorded. */
static bool
is_deployed(const json_t *addresses, const char *proxy, const json_t *was,
	    const char *address)
{
	int n = (int)strlen(proxy) - 5;
	char name[64], other[64];
	const char *a, *b;

	(void)snprintf(name, sizeof(name), "%.*s", n, proxy);
	(void)snprintf(other, sizeof(other), "%.*s2", n, proxy);
	a = jx_str(addresses, name, NULL);
	b = jx_str(addresses, other, NULL);
	if (!a && !b)
		return strcasecmp(jx_str(was, proxy, address), address) == 0;
	return (a && strcasecmp(a, address) == 0) ||
	       (b && strcasecmp(b, address) == 0);
}

static void
note_upgrades(struct kind_ctx *ctx, const struct plan_req *req,
	      struct plan_out *out)
{
	const json_t *addresses = jx_get(req->prior, "addresses");
	const json_t *was = jx_get(req->recorded, "implementations");
	const char *name;
	json_t *v;

	json_object_foreach(json_object_get(req->prior, "implementations"),
			    name, v) {
		const char *is = json_string_value(v);

		if (!is && jx_get(was, name))
			kind_note(ctx, out,
				  "%s is no longer managed by the ProxyAdmin",
				  name);
		else if (is && !is_deployed(addresses, name, was, is))
			kind_note(ctx, out,
				  "%s runs other code than was deployed: it "
				  "was upgraded; this is recorded, and opl2 "
				  "does not revert it",
				  name);
	}
}

/* By the figures of earlier ones. */
static void
note_cost(struct kind_ctx *ctx, const struct plan_req *req,
	  struct plan_out *out)
{
	const char *fork = jx_str(req->config, "l1_fork", NULL);
	enum deployment d = jx_get(req->config, "opcm")
				    ? DEPLOY_CHAIN
				    : deploy_by_script(script_of(req->config));
	unsigned long long gas = deploy_gas(d, fork);
	unsigned long long largest = deploy_largest(d, fork);

	kind_note(ctx, out,
		  "about %zu transaction%s and %llu.%llu M gas, based on an "
		  "earlier deployment%s%s; measured again before anything is "
		  "signed",
		  deploy_txs(d), deploy_txs(d) == 1 ? "" : "s",
		  (gas + 50000) / 1000000, (gas + 50000) / 100000 % 10,
		  fork ? " on an L1 of the fork " : " on the newest L1 known",
		  fork ? fork : "");
	out->costs = cost_list(req, "deployer", "deployer",
			       arena_printf(ctx->arena, "%llu", gas), "0");
	if (largest)
		json_object_set_new(json_array_get(out->costs, 0), "largest",
				    jx_strf("%llu", largest));
}

/* What somebody else has decided. */
static void
note_opcm(struct kind_ctx *ctx, const struct plan_req *req,
	  struct plan_out *out)
{
	const char *opcm = jx_str(req->config, "opcm", NULL);

	if (!opcm)
		return;
	kind_note(
		ctx, out,
		"deployed by the OPCM %s: delays of withdrawals and bonds and "
		"the clock of games are its own, not those of the deploy "
		"config (official ones: 7 days, and 3.5 days each)",
		opcm);
	kind_note(ctx, out,
		  "the chain joins the OPCM's superchain, whose guardian can "
		  "pause its withdrawals");
}

static int
l1_contracts_plan(struct kind_ctx *ctx, const struct plan_req *req,
		  struct plan_out *out)
{
	out->attrs = json_pack("{s:s}", "artifact",
			       arena_printf(ctx->arena, "%s/artifact.json",
					    managed_place(ctx, req)));
	if (!req->creating) {
		note_upgrades(ctx, req, out);
		if (jx_get(req->prior, "implementations"))
			json_object_set_new(
				out->attrs, "implementations",
				jx_share(
					jx_get(req->prior, "implementations")));
		return 0;
	}
	note_cost(ctx, req, out);
	note_opcm(ctx, req, out);
	if (file_exists(arena_printf(ctx->arena, "%s/deployments/%s.json",
				     ctx->spec_dir, ctx->chain)))
		kind_note(ctx, out,
			  "adopt or deploy: deployments/%s.json names "
			  "contracts; they are adopted if they exist on the L1",
			  ctx->chain);
	return 0;
}

static int
l1_contracts_leaves(struct kind_ctx *ctx, const json_t *config,
		    const json_t *attrs, struct plan_out *out)
{
	long long chain = (long long)jx_int(config, "l1_chain_id", 0);
	size_t n = json_object_size(jx_get(attrs, "addresses"));

	if (n)
		kind_note(ctx, out,
			  "%zu contracts on L1 chain %lld, recorded in "
			  "deployments/%s.json",
			  n, chain, ctx->chain);
	else
		kind_note(ctx, out,
			  "an unfinished deployment to L1 chain %lld; its "
			  "transactions are in %s",
			  chain, ctx->places->ledger);
	return 0;
}

const struct kind kind_l1_contracts = {
	.name = "l1_contracts",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_IMPORT | KIND_COST | KIND_NEEDS,
	.check = l1_contracts_check,
	.plan = l1_contracts_plan,
	.leaves = l1_contracts_leaves,
};
