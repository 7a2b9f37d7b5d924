/*
 * balance: the least that an account must own, kept up by transfers from a
 * funder. Each transfer is sent once, by way of the ledger. Destroy forgets
 * it: what was sent stays where it is.
 */
#include "engine/kind/kind.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/facts/cost.h"

/* To an account that is not there yet, on an Amsterdam L1: the dearest. */
#define TYPICAL_GAS "207391"
#define HOUR_MS     3600000u

/* Whether both are known, and the first is more than the second. */
static bool
exceeds(const json_t *config, const char *more, const char *less)
{
	const char *x = jx_str(config, more, NULL);
	const char *y = jx_str(config, less, NULL);
	struct u256 a, b;

	return x && y && u256_parse(x, &a) >= 0 && u256_parse(y, &b) >= 0 &&
	       u256_cmp(&a, &b) > 0;
}

static int
balance_check(struct kind_ctx *ctx, const json_t *config,
	      const json_t *unknown UNUSED)
{
	int rc = 0;

	if (exceeds(config, "at_least", "top_up_to")) {
		diag_err(ctx->ds, "E0833",
			 "'top_up_to' is less than 'at_least'");
		diag_path(ctx->ds, "/top_up_to");
		diag_hint(ctx->ds, "a transfer must bring the balance to "
				   "at_least or more");
		rc = -1;
	}
	if (exceeds(config, "keep", "at_least")) {
		diag_err(ctx->ds, "E0833", "'keep' is more than 'at_least'");
		diag_path(ctx->ds, "/keep");
		diag_hint(ctx->ds, "set 'keep' to 'at_least' or less");
		rc = -1;
	}
	return rc;
}

static uint64_t
duration_of(const json_t *v)
{
	const char *text = json_string_value(v), *why;
	uint64_t ms;

	return text && duration_parse(text, &ms, &why) == 0 ? ms : 0;
}

static json_t *
wei_times(const char *wei, uint64_t times, uint64_t part)
{
	struct u256 v, n = u256_from(times), d = u256_from(part);
	char text[79];

	if (u256_parse(wei, &v) < 0 || u256_mul(&v, &n, &v))
		memset(&v, 0xff, sizeof(v));
	u256_div(&v, &d, &v, NULL);
	u256_dec(&v, text);
	return json_string(text);
}

/* What they hold in an hour, and at once; NULL while a time is not known. */
static json_t *
bonds_of(const json_t *bonds)
{
	const char *each = jx_str(bonds, "each", NULL);
	uint64_t every = duration_of(jx_get(bonds, "every")), held = 0;
	const json_t *v;
	char text[64];
	size_t i;

	if (!each || every == 0)
		return NULL;
	json_array_foreach(jx_get(bonds, "held"), i, v) {
		if (!json_is_string(v))
			return NULL;
		held += duration_of(v);
	}
	duration_format(held, text, sizeof(text));
	return json_pack("{s:s, s:o, s:o, s:s}", "each", each, "per_hour",
			 wei_times(each, HOUR_MS, every), "at_once",
			 wei_times(each, held / every + 1, 1), "returns_after",
			 text);
}

/* What nobody sends, but the account must have. */
static json_t *
must_own(const struct plan_req *req)
{
	json_t *bonds = bonds_of(jx_get(req->config, "bonds"));
	json_t *cost =
		json_pack("{s:s, s:s, s:b, s:b, s:s, s:o*}", "role", "account",
			  "wei", jx_str(req->config, "at_least", "0"), "own", 1,
			  "estimate", 0, "at", "/address", "bonds", bonds);

	cost_chain(cost, req->config);
	return cost;
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
	if ((!req->creating && jx_bool(req->prior, "enough", true)) ||
	    !target || u256_parse(target, &wei) < 0)
		return 0;
	if (!jx_get(req->config, "funder") &&
	    !is_unknown(req->unknown, "/funder")) {
		kind_note(ctx, out, "sends nothing: a low balance is an error");
		out->costs = json_pack("[o]", must_own(req));
		return 0;
	}
	wei_format(&wei, text, sizeof(text));
	kind_note(ctx, out,
		  "sends at most %s, and nothing to an account that has enough",
		  text);
	out->costs = cost_list(req, "funder", "funder", TYPICAL_GAS, target);
	json_object_set_new(json_array_get(out->costs, 0), "to",
			    json_string("/address"));
	if (jx_get(req->config, "bonds"))
		json_array_append_new(out->costs, must_own(req));
	return 0;
}

const struct kind kind_balance = {
	.name = "balance",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_COST,
	.check = balance_check,
	.plan = balance_plan,
};
