#ifndef OPL2_PROVIDERS_KINDS_KEY_EFFECT_KEY_H
#define OPL2_PROVIDERS_KINDS_KEY_EFFECT_KEY_H

#include "providers/kinds/effect.h"

/*
 * The account of a key that is not recorded, as far as that can be told without
 * making, unlocking or asking for anything. op: its address and its config.
 * NULL, and why: what stands in its place, for people ("not made yet").
 */
const char *key_account(struct effect_ctx *ctx, const struct effect_op *op,
			const char **why);

#endif
