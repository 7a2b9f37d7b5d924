#ifndef OPL2_PROVIDERS_CLIENTS_SEND_L1_STALL_H
#define OPL2_PROVIDERS_CLIENTS_SEND_L1_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * Whoever waits for something that a chain is to do waits for nothing when the
 * chain makes no blocks any more. One of these for each wait, zero at first.
 */
#define STANDSTILL_MS (5 * 60 * 1000)

struct l1_stall {
	uint64_t at;       /* its newest block */
	uint64_t since_ms; /* monotonic, when that was first seen; 0: never */
};

/* The newest block is `number`: has it been for too long? Pure. */
bool l1_stall_seen(struct l1_stall *s, uint64_t number, uint64_t now_ms);

/* The same with the clock and what is to be said of it: OC_OK, or OC_FAIL with
 * E0884. name: "L2". */
enum outcome l1_stall_check(struct l1_stall *s, struct effect_ctx *ctx,
			    const char *name, uint64_t number) MUST_CHECK;

/* Asks for the number first; no answer is no new block. */
enum outcome l1_stall_poll(struct l1_stall *s, struct effect_ctx *ctx,
			   struct rpc *rpc, const char *name) MUST_CHECK;

#endif
