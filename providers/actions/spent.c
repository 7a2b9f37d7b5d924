/* What has been spent by the apply that is going on, and by the broken-off ones
 * that it continues: what limits.eth bounds.
 *
 * answer: {chains: [{chain_id, wei, unmined}, ...]}, see ledger_paid().
 */
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/actions/action.h"
#include "providers/clients/send/ledger.h"

static enum outcome
spent_run(struct effect_ctx *ctx, const struct effect_op *op,
	  struct effect_result *out)
{
	CLEANUP(put_json) json_t *chains = json_array();

	if (op->env->apply && ledger_paid(op->env->places->ledger,
					  op->env->apply, chains, ctx->ds) < 0)
		return OC_FAIL;
	out->attrs = json_pack("{s:O}", "chains", chains);
	return OC_OK;
}

const struct action action_spent = {
	.name = "spent",
	.run = spent_run,
};
