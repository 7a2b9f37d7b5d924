#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_BUILD_QUEUE_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_BUILD_QUEUE_H

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * A queue in the store, across all workers and runs of this user: one holder
 * at a time, and of those who wait the one with the greatest weight is next.
 * A waiter that died is passed over, and a holder that died lets go.
 *
 * Waits until it is our turn. OC_OK: *fd holds the turn until it is closed.
 * OC_CANCELLED, OC_FAIL: with a diagnostic.
 */
enum outcome build_queue_take(struct effect_ctx *ctx, const char *store,
			      const char *queue, unsigned weight,
			      int *fd) MUST_CHECK;

#endif
