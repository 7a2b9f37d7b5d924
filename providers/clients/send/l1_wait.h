#ifndef OPL2_PROVIDERS_CLIENTS_SEND_L1_WAIT_H
#define OPL2_PROVIDERS_CLIENTS_SEND_L1_WAIT_H

#include <stdint.h>

#include "engine/base/compiler.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * Waits until a block of the L1 is as settled as finality says: "final" and
 * "safe" by the L1's own word, anything else when `depth` blocks follow it.
 * OC_FAIL when the L1 has no such notion (E0430), OC_CANCELLED (E0426).
 */
enum outcome l1_wait(struct effect_ctx *ctx, struct rpc *rpc,
		     const char *finality, uint64_t block,
		     uint64_t depth) MUST_CHECK;

#endif
