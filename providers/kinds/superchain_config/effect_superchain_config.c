/* superchain_config: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/op_send.h"
#include "providers/clients/send/op_settings.h"

static enum outcome
superchain_config_read(struct op_ctx *ctx, const struct op *op,
		       struct op_result *out)
{
	return settings_read(&superchain_config_settings, ctx, op, out);
}

static enum outcome
superchain_config_apply(struct op_ctx *ctx, const struct op *op,
			struct op_result *out)
{
	return settings_apply(&superchain_config_settings, ctx, op, out);
}

static enum outcome
superchain_config_cost(struct op_ctx *ctx, const struct op *op,
		       struct op_result *out)
{
	return settings_cost(&superchain_config_settings, ctx, op, out);
}

const struct effects effects_superchain_config = {
	.kind = "superchain_config",
	.read = superchain_config_read,
	.create = superchain_config_apply,
	.update = superchain_config_apply,
	.remove = op_leave,
	.recover = op_entry_recover,
	.cost = superchain_config_cost,
};
