/*
 * l2_deposit: ether sent into the L2 through the OptimismPortal. It is sent
 * once; what becomes of a broken-off one is in the ledger. Destroy forgets it,
 * for nothing takes it back.
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/facts/cost.h"

/* Seen: about 80,000 with the metering of a quiet portal. */
#define TYPICAL_GAS "100000"

static int
l2_deposit_plan(struct kind_ctx *ctx, const struct plan_req *req,
		struct plan_out *out)
{
	const char *amount = jx_str(req->config, "amount", NULL);
	struct u256 wei;
	char text[96];

	if (!req->creating || !amount || u256_parse(amount, &wei) < 0)
		return 0;
	wei_format(&wei, text, sizeof(text));
	kind_note(ctx, out, "sends %s from L1 to %s on L2", text,
		  jx_str(req->config, "to", "an account"));
	kind_note(ctx, out, "not sent again if the ledger has it for this L1");
	out->costs = cost_list(req, "depositor", "from", TYPICAL_GAS, amount);
	return 0;
}

static int
l2_deposit_leaves(struct kind_ctx *ctx, const json_t *config,
		  const json_t *attrs, struct plan_out *out)
{
	const char *tx = jx_str(attrs, "l1_tx", NULL);
	const char *to = jx_str(config, "to", "an account");
	long long chain = (long long)jx_int(config, "l1_chain_id", 0);
	struct u256 wei;
	char text[96] = "ether";

	if (u256_parse(jx_str(config, "amount", ""), &wei) == 0)
		wei_format(&wei, text, sizeof(text));
	if (tx)
		kind_note(ctx, out,
			  "%s for %s on the L2, by transaction %s on L1 chain "
			  "%lld",
			  text, to, tx, chain);
	else
		kind_note(ctx, out,
			  "%s for %s on the L2, may have been sent on L1 chain "
			  "%lld: see %s",
			  text, to, chain, ctx->places->ledger);
	return 0;
}

const struct kind kind_l2_deposit = {
	.name = "l2_deposit",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_IRREVERSIBLE | KIND_FORGET | KIND_COST,
	.plan = l2_deposit_plan,
	.leaves = l2_deposit_leaves,
};
