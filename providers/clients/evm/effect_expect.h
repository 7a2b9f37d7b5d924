#ifndef OPL2_PROVIDERS_CLIENTS_EVM_EFFECT_EXPECT_H
#define OPL2_PROVIDERS_CLIENTS_EVM_EFFECT_EXPECT_H

#include <stdbool.h>

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * Whether what an operation is for holds on the chain: `expect` as in call.h,
 * asked of `to` by default. say: NULL, or the code of the error (at /expect)
 * that it is when it does not hold.
 */
enum outcome effect_expect(struct effect_ctx *ctx, struct rpc *rpc,
			   const json_t *expect, const char *to,
			   const char *say, bool *holds) MUST_CHECK;

/* What is recorded of an object that has "holds", which is so now or not. */
void effect_expect_keep(const struct effect_op *op, bool holds,
			struct effect_result *out);

#endif
