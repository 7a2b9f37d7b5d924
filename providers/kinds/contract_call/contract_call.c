/*
 * contract_call: one call to a contract. It is sent once, by way of the
 * ledger; what is expected of the chain afterwards is asked before as well.
 * Destroy forgets it, for nothing takes a call back.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/facts/cost.h"
#include "providers/facts/signature.h"

#define TYPICAL_GAS "200000"

static int
check_expect(struct kind_ctx *ctx, const json_t *expect, const json_t *unknown)
{
	bool equals = jx_get(expect, "equals") ||
		      is_unknown(unknown, "/expect/equals");
	bool not = jx_get(expect, "not") || is_unknown(unknown, "/expect/not");

	if (expect && !is_unknown(unknown, "/expect") && equals == not ) {
		diag_err(ctx->ds, "E0860", "use either 'equals' or 'not'");
		diag_path(ctx->ds, "/expect");
		return -1;
	}
	return signature_check(ctx, expect, "/expect", "function", true,
			       unknown);
}

static int
contract_call_check(struct kind_ctx *ctx, const json_t *config,
		    const json_t *unknown)
{
	const json_t *create = jx_get(config, "create");
	const char *types = jx_str(create, "constructor", "()"), *end;

	if (create && jx_get(config, "function")) {
		diag_err(ctx->ds, "E0860",
			 "'function' and 'create' cannot be used together");
		diag_path(ctx->ds, "/function");
		return -1;
	}
	if (jx_get(config, "to") && !jx_get(config, "function") &&
	    !is_unknown(unknown, "/function")) {
		diag_err(ctx->ds, "E0860", "a call needs a 'function'");
		diag_path(ctx->ds, "/to");
		return -1;
	}
	if (jx_bool(config, "delegatecall", false) &&
	    (create || (!jx_get(config, "through_safe") &&
			!is_unknown(unknown, "/through_safe")))) {
		diag_err(ctx->ds, "E0860",
			 "'delegatecall' needs 'through_safe' and 'function'");
		diag_path(ctx->ds, "/delegatecall");
		return -1;
	}
	if (create && !is_unknown(unknown, "/create/constructor") &&
	    signature_args(ctx, types, "/create/constructor",
			   jx_get(create, "args"), unknown, "/create/args",
			   &end))
		return -1;
	if (signature_check(ctx, config, "", "function", false, unknown))
		return -1;
	return check_expect(ctx, jx_get(config, "expect"), unknown);
}

/* --- what it will do, in words ------------------------------------------- */

static void
note_call(struct kind_ctx *ctx, const json_t *c, struct plan_out *out)
{
	CLEANUP(freep) char *args = NULL;
	const json_t *list = jx_get(c, "args");

	if (jx_get(c, "create")) {
		kind_note(ctx, out, "makes a contract with salt %s",
			  jx_str(jx_get(c, "create"), "salt", "not yet known"));
		return;
	}
	args = list ? jx_dump_line(list) : NULL;
	kind_note(ctx, out, "calls %s of %s with %s",
		  jx_str(c, "function", "a function"),
		  jx_str(c, "to", "a contract not yet known"),
		  args ? args : "arguments not yet known");
}

static int
contract_call_plan(struct kind_ctx *ctx, const struct plan_req *req,
		   struct plan_out *out)
{
	const json_t *c = req->config;
	const char *value = jx_str(c, "value", "0");
	const char *safe = jx_str(c, "through_safe", NULL);
	bool has_safe = safe || is_unknown(req->unknown, "/through_safe");
	struct u256 wei;
	char text[96];

	out->attrs = json_pack("{s:b}", "holds", 1);
	if (!req->creating)
		return 0;
	note_call(ctx, c, out);
	if (has_safe)
		kind_note(ctx, out, "through the Safe %s, %sby its owner's key",
			  safe ? safe : "not yet known",
			  jx_bool(c, "delegatecall", false)
				  ? "which runs it as its own code, "
				  : "");
	if (u256_parse(value, &wei) == 0 && !u256_is_zero(&wei)) {
		wei_format(&wei, text, sizeof(text));
		kind_note(ctx, out, "%s %s",
			  has_safe ? "the Safe pays" : "pays", text);
	}
	if (jx_get(c, "expect"))
		kind_note(ctx, out,
			  "nothing is sent if the expectation already holds");
	out->costs = cost_list(req, "caller", "from", TYPICAL_GAS,
			       has_safe ? "0" : value);
	return 0;
}

static int
contract_call_leaves(struct kind_ctx *ctx, const json_t *config,
		     const json_t *attrs, struct plan_out *out)
{
	const char *what = jx_str(config, "function", "a new contract");
	const char *addr = jx_str(attrs, "address", jx_str(config, "to", "?"));
	const char *tx = jx_str(attrs, "transaction", NULL);
	long long chain = (long long)jx_int(config, "chain_id", 0);

	if (tx)
		kind_note(ctx, out, "%s at %s, by transaction %s on chain %lld",
			  what, addr, tx, chain);
	else if (jx_str(attrs, "address", NULL))
		kind_note(ctx, out, "%s at %s on chain %lld, found there", what,
			  addr, chain);
	else
		kind_note(ctx, out,
			  "%s, may have been sent on chain %lld: see %s", what,
			  chain, ctx->places->ledger);
	return 0;
}

const struct kind kind_contract_call = {
	.name = "contract_call",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST | KIND_NEEDS,
	.check = contract_call_check,
	.plan = contract_call_plan,
	.leaves = contract_call_leaves,
};
