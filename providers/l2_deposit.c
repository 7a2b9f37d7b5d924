/*
 * l2_deposit: ether sent into the L2 through the OptimismPortal. It is sent
 * once; what becomes of a broken-off one is in the ledger. Destroy forgets it,
 * for nothing takes it back.
 */
#include "engine/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"

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
	out->notes = arena_alloc(ctx->arena, 2 * sizeof(*out->notes));
	out->notes[0] =
		arena_printf(ctx->arena, "sends %s from L1 to %s on L2", text,
			     jx_str(req->config, "to", "an account"));
	out->notes[1] = "not sent again when the ledger has it for this L1";
	out->nnotes = 2;
	out->costs =
		json_pack("[{s:s, s:s, s:s, s:b}]", "role", "depositor", "gas",
			  TYPICAL_GAS, "wei", amount, "estimate", 1);
	return 0;
}

const struct kind kind_l2_deposit = {
	.name = "l2_deposit",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_IRREVERSIBLE | KIND_FORGET,
	.plan = l2_deposit_plan,
};
