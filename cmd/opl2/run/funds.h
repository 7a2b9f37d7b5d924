#ifndef OPL2_RUN_FUNDS_H
#define OPL2_RUN_FUNDS_H

#include "cmd/opl2/run/session.h"

/*
 * Shows what the accounts of a plan need on the chains they spend on, what they
 * own and what they lack, by today's fees; as JSON:
 *
 *	[{"chain_id", "price": wei per gas, "base_fee": the newest block's,
 *	  "tip", "waits": bool, "max_base_fee", "max_fee", "fee_wait",
 *	  "estimate": bool, "spends": wei, "limit": wei,
 *	  "accounts": [{"role", "address" or "pending", "needs", "has",
 *			"spends", "gets", "missing", "remedy", "bonds"}]}]
 *
 * Amounts are wei as decimal text. estimate: a figure of an earlier deployment
 * is in it. limit: limits.eth, when there is one. needs: what it spends, or
 * what the spec asks it to own, when that is more. pending: why there is no
 * address yet; of a key that is not even read what it has and lacks is not
 * known. price: what is reckoned with, within the limits of the fees, which are
 * left out when there are none; waits: by these apply signs nothing yet. gets:
 * what this plan sends to it, which is not missing. Chains that do not answer
 * are left out.
 *
 * Warned of: accounts that lack something (W0883) or own less than their
 * bonds hold (W0829), a sum over the limit (W0884), and a transaction over
 * the fee cap of most nodes (W0839).
 */
void funds_show(struct session *s);

/* After apply: what it has spent, on which chain, of what limits.eth allows. */
void funds_spent(struct session *s);

#endif
