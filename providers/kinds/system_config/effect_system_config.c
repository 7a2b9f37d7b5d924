/* system_config: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/send/effect_settings.h"

static enum outcome
system_config_read(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	return settings_read(&system_config_settings, ctx, op, out);
}

static enum outcome
system_config_apply(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	return settings_apply(&system_config_settings, ctx, op, out);
}

static enum outcome
system_config_cost(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	return settings_cost(&system_config_settings, ctx, op, out);
}

const struct effects effects_system_config = {
	.kind = "system_config",
	.read = system_config_read,
	.create = system_config_apply,
	.update = system_config_apply,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = system_config_cost,
};
