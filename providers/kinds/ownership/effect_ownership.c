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

/* What the contract has it keeps. */
static enum outcome
ownership_remove(struct op_ctx *ctx UNUSED, const struct op *op UNUSED)
{
	return OC_OK;
}

static enum outcome
ownership_recover(struct op_ctx *ctx UNUSED, const struct op *op,
		  struct op_result *out)
{
	return op_entry_recover(op, out);
}

const struct effects effects_ownership = {
	.kind = "ownership",
	.read = ownership_read,
	.create = ownership_apply,
	.update = ownership_apply,
	.remove = ownership_remove,
	.recover = ownership_recover,
	.cost = ownership_cost,
};
