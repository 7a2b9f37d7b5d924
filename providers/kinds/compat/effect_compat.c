/* compat: the effect half, where everything is known. */
#include "engine/io/jx.h"
#include "providers/kinds/compat/compat_table.h"
#include "providers/kinds/effect.h"

static enum outcome
compat_create(struct effect_ctx *ctx, const struct effect_op *op,
	      struct effect_result *out)
{
	CLEANUP(put_json) json_t *warn = json_array();

	if (compat_judge(op->config, NULL, warn, NULL, ctx->ds))
		return OC_FAIL;
	out->attrs = compat_attrs(TAKE(warn));
	return OC_OK;
}

/* What was found once holds until a field changes. */
static enum outcome
compat_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	    struct effect_result *out)
{
	if (!op->prior)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

const struct effects effects_compat = {
	.kind = "compat",
	.read = compat_read,
	.create = compat_create,
	.remove = effect_leave,
};
