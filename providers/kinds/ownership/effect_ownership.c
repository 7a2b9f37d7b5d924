/* ownership: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/send/effect_settings.h"

static enum outcome
ownership_read(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	return settings_read(&ownership_settings, ctx, op, out);
}

static enum outcome
ownership_apply(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	return settings_apply(&ownership_settings, ctx, op, out);
}

static enum outcome
ownership_cost(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	return settings_cost(&ownership_settings, ctx, op, out);
}

const struct effects effects_ownership = {
	.kind = "ownership",
	.read = ownership_read,
	.create = ownership_apply,
	.update = ownership_apply,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = ownership_cost,
};
