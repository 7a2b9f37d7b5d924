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

/* What the contract has it keeps. */
static enum outcome
system_config_remove(struct effect_ctx *ctx UNUSED,
		     const struct effect_op *op UNUSED)
{
	return OC_OK;
}

static enum outcome
system_config_recover(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
		      struct effect_result *out)
{
	return ledger_entry_recover(op, out);
}

const struct effects effects_system_config = {
	.kind = "system_config",
	.read = system_config_read,
	.create = system_config_apply,
	.update = system_config_apply,
	.remove = system_config_remove,
	.recover = system_config_recover,
	.cost = system_config_cost,
};
