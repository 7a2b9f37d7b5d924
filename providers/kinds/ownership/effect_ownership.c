/* ownership: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/op_send.h"
#include "providers/clients/send/op_settings.h"

static enum outcome
ownership_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	return settings_read(&ownership_settings, ctx, op, out);
}

static enum outcome
ownership_apply(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	return settings_apply(&ownership_settings, ctx, op, out);
}

static enum outcome
ownership_cost(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	return settings_cost(&ownership_settings, ctx, op, out);
}

const struct effects effects_ownership = {
	.kind = "ownership",
	.read = ownership_read,
	.create = ownership_apply,
	.update = ownership_apply,
	.remove = op_leave,
	.recover = op_entry_recover,
	.cost = ownership_cost,
};
