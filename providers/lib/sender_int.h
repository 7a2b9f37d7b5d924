#ifndef OPL2_LIB_SENDER_INT_H
#define OPL2_LIB_SENDER_INT_H

#include "providers/lib/sender.h"

/* Shared by the sender's own files only. */

struct fees {
	struct u256 base;     /* of the newest block */
	struct u256 priority; /* to offer */
	struct u256 cap;      /* max fee per gas to offer */
	bool too_dear;        /* the base fee alone is over the policy's cap */
};

/* What a look at the chain found. */
struct chain_view {
	uint64_t head, time, gas_limit;
	uint64_t count; /* transactions of the sender that are mined */
	struct fees fees;
};

uint64_t mono_ms(void);

/* Fees for policy and base; priority is the node's suggestion. */
void fees_for(const struct send_policy *p, const struct u256 *base,
	      const struct u256 *suggested, struct fees *out);
/* At least 12.5 % over old in both, and not under today's; false when the
 * policy's cap forbids it. */
bool fees_bump(const struct send_policy *p, const struct fees *now,
	       const struct ledger_version *old, struct u256 *max_fee,
	       struct u256 *priority);

/* One look. ds may be NULL. */
enum rpc_status look_at_chain(const struct sender *s, const uint8_t from[20],
			      struct chain_view *out, struct diags *ds);

/* Why a mined transaction failed: replays it. malloc'd. */
char *revert_reason(const struct sender *s, const struct ledger *l, size_t i,
		    uint64_t block, uint64_t gas_used);

#endif
