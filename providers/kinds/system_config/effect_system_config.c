/* system_config: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/op_send.h"
#include "providers/clients/send/op_settings.h"

static enum outcome
system_config_read(struct op_ctx *ctx, const struct op *op,
		   struct op_result *out)
{
	return settings_read(&system_config_settings, ctx, op, out);
}

static enum outcome
system_config_apply(struct op_ctx *ctx, const struct op *op,
		    struct op_result *out)
{
	return settings_apply(&system_config_settings, ctx, op, out);
}

static enum outcome
system_config_cost(struct op_ctx *ctx, const struct op *op,
		   struct op_result *out)
{
	return settings_cost(&system_config_settings, ctx, op, out);
}

/* What the contract has it keeps. */
static enum outcome
system_config_remove(struct op_ctx *ctx UNUSED, const struct op *op UNUSED)
{
	return OC_OK;
}

static enum outcome
system_config_recover(struct op_ctx *ctx UNUSED, const struct op *op,
		      struct op_result *out)
{
	return op_entry_recover(op, out);
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
