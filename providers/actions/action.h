#ifndef OPL2_PROVIDERS_ACTIONS_ACTION_H
#define OPL2_PROVIDERS_ACTIONS_ACTION_H

#include "providers/kinds/effect.h"

/*
 * An action: what a command has a worker do outside of any plan, such as
 * asking a chain for balances or sending ether. It records nothing in the
 * state; what is sent is in the ledger.
 *
 * To add one:
 *   1. providers/actions/NAME.c   `const struct action action_NAME = { ... };`
 *   2. providers/actions/actions.def     the line ACTION(NAME), in alphabetical
 * order
 *   3. cmd/opl2/...              a command that calls run_action() (run.h)
 *
 * run() gets what the command asks for as op->config; its sensitive values are
 * tokens, as in a resource's config (providers/clients/rpc/effect_rpc.h and
 * effect_send.h take them from there). The answer is out->attrs, any JSON. Of
 * the effect_ctx an action has everything but effect_intend(): there is no
 * journal. OC_OK, or another outcome with an error diagnostic.
 */
struct action {
	const char *name;
	enum outcome (*run)(struct effect_ctx *ctx, const struct effect_op *op,
			    struct effect_result *out);
};

/* providers/actions/registry.c, from actions.def. */
const struct action *action_find(const char *name); /* or NULL */

#endif
