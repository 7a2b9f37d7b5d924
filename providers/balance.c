/*
 * balance: the least that an account must own, kept up by transfers from a
 * funder. Each transfer is sent once, by way of the ledger. Destroy forgets
 * it: what was sent stays where it is.
 */
#include "engine/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"

static int
balance_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	const char *least = jx_str(config, "at_least", NULL);
	const char *target = jx_str(config, "top_up_to", NULL);
	struct u256 a, b;

	if (!least || !target || is_unknown(unknown, "/top_up_to") ||
	    u256_parse(least, &a) < 0 || u256_parse(target, &b) < 0 ||
	    u256_cmp(&a, &b) <= 0)
		return 0;
	diag_err(ctx->ds, "E0833", "'top_up_to' is less than 'at_least'");
	diag_path(ctx->ds, "/top_up_to");
	diag_hint(ctx->ds, "a transfer must bring the account over at_least");
	return -1;
}

/* How much it will be is known only when the account is looked at. */
static int
balance_plan(struct kind_ctx *ctx, const struct plan_req *req,
	     struct plan_out *out)
{
	const char *target = jx_str(req->config, "top_up_to",
				    jx_str(req->config, "at_least", NULL));
	struct u256 wei;
	char text[96];

	out->attrs = json_pack("{s:b}", "enough", 1);
	if (!req->creating || !target || u256_parse(target, &wei) < 0)
		return 0;
	if (!jx_get(req->config, "funder") &&
	    !is_unknown(req->unknown, "/funder")) {
		kind_note(ctx, out, "sends nothing: too little is an error");
		return 0;
	}
	wei_format(&wei, text, sizeof(text));
	kind_note(ctx, out,
		  "sends at most %s, and nothing to an account that has enough",
		  text);
	out->costs = json_pack("[{s:s, s:s, s:s, s:b}]", "role", "funder",
			       "gas", "21000", "wei", target, "estimate", 1);
	return 0;
}

const struct kind kind_balance = {
	.name = "balance",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE,
	.check = balance_check,
	.plan = balance_plan,
};
