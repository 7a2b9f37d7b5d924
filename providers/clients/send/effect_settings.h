#ifndef OPL2_PROVIDERS_CLIENTS_SEND_EFFECT_SETTINGS_H
#define OPL2_PROVIDERS_CLIENTS_SEND_EFFECT_SETTINGS_H

#include "providers/facts/contracts/settings.h"
#include "providers/kinds/effect.h"

/*
 * The effect half of the kinds of settings.h. The account in charge of the
 * contract is `from` itself, or a Safe that `from` owns and that asks for one
 * signature: which of the two, the chain says. Of any other account opl2 has
 * no key, and says what that one would have to call.
 *
 * Codes: E1201 `from` is not in charge, E1202 a Safe wants more signatures,
 * E1203 the contract does not answer, or has other values than were set.
 */
/* One request: chain id and all values. */
enum outcome settings_read(const struct settings *s, struct effect_ctx *ctx,
			   const struct effect_op *op,
			   struct effect_result *out) MUST_CHECK;
/* create() and update(): sends what is to be changed, and looks again. */
enum outcome settings_apply(const struct settings *s, struct effect_ctx *ctx,
			    const struct effect_op *op,
			    struct effect_result *out) MUST_CHECK;
enum outcome settings_cost(const struct settings *s, struct effect_ctx *ctx,
			   const struct effect_op *op,
			   struct effect_result *out) MUST_CHECK;

#endif
