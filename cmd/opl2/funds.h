#ifndef OPL2_CMD_FUNDS_H
#define OPL2_CMD_FUNDS_H

#include "cmd/opl2/session.h"

/*
 * Shows what the accounts of a plan need on the chains they spend on, what they
 *own and what they lack, by today's fees; as JSON:
 *
 *	[{"chain_id", "price": wei per gas, "estimate": bool, "limit": wei,
 *	  "accounts": [{"role", "address", "needs", "has", "missing"}, ...]}]
 *
 * Amounts are wei as decimal text. estimate: a figure of an earlier deployment
 * is in it. limit: limits.eth, when there is one. Accounts whose keys are not
 * made yet and chains that do not answer are left out. Accounts that lack
 * something, and a sum over the limit, are warned of (W0883, W0884).
 */
void funds_show(struct session *s);

#endif
