/* superchain_config: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/send/effect_settings.h"

static enum outcome
superchain_config_read(struct effect_ctx *ctx, const struct effect_op *op,
		       struct effect_result *out)
{
	return settings_read(&superchain_config_settings, ctx, op, out);
}

static enum outcome
superchain_config_apply(struct effect_ctx *ctx, const struct effect_op *op,
			struct effect_result *out)
{
	return settings_apply(&superchain_config_settings, ctx, op, out);
}

static enum outcome
superchain_config_cost(struct effect_ctx *ctx, const struct effect_op *op,
		       struct effect_result *out)
{
	return settings_cost(&superchain_config_settings, ctx, op, out);
}

const struct effects effects_superchain_config = {
	.kind = "superchain_config",
	.read = superchain_config_read,
	.create = superchain_config_apply,
	.update = superchain_config_apply,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = superchain_config_cost,
};
