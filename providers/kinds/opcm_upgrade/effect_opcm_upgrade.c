/* opcm_upgrade: the effect half. */
#include "engine/base/compiler.h"
#include "providers/clients/send/effect_send.h"
#include "providers/clients/send/effect_settings.h"

static enum outcome
opcm_upgrade_read(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	return settings_read(&opcm_upgrade_settings, ctx, op, out);
}

static enum outcome
opcm_upgrade_apply(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	return settings_apply(&opcm_upgrade_settings, ctx, op, out);
}

static enum outcome
opcm_upgrade_cost(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	return settings_cost(&opcm_upgrade_settings, ctx, op, out);
}

const struct effects effects_opcm_upgrade = {
	.kind = "opcm_upgrade",
	.read = opcm_upgrade_read,
	.create = opcm_upgrade_apply,
	.update = opcm_upgrade_apply,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = opcm_upgrade_cost,
};
