#ifndef OPL2_HEALTH_VIEW_H
#define OPL2_HEALTH_VIEW_H

#include <stdbool.h>
#include <jansson.h>

/*
 * What people and scripts are shown of a running chain, from what was seen of
 * it (cmd/opl2/chain/snapshot.h). Pure.
 *
 *	{"heads": {"l1", "l1_finalized", "unsafe", "safe", "finalized":
 *		   {"number", "lag_s"}},
 *	 "output": {"kind", "count", "index", "block", "root", "age_s",
 *		    "matches" (unless the node cannot tell), "next_block",
 *		    "due_s" (0: now), "overdue_s", of a proposer that has more
 *		    than the next one to make "behind" (L2 blocks) and, if
 *		    that can be told, "caught_up_s"},
 *	 "batches": {"waiting" (blocks), "last": {"block", "age_s"},
 *		     "looked_back", "window", "window_left_percent"},
 *	 "balances": [{"role", "process", "address", "wei", "wei_per_day",
 *		       "hours_left"}],
 *	 "da": {"name", "ms"},
 *	 "l1_fork": as providers/health/l1_fork.h has it,
 *	 "forks": {"active": name, "next": {"name", "time", "in_s"}}, of the
 *		  L2; without "active" before the first that is scheduled
 *	 "replicas": [{"name", "unsafe", "safe", "behind"}],
 *	 "sequencers": of providers/health/sequencers.h, without problems,
 *	 "peers": {PROCESS: number},
 *	 "stopped": [what was not asked because it is stopped],
 *	 "problems": [{"what", "text"}]}
 * What is not known is left out. Times are seconds.
 */
json_t *health_view(const json_t *seen);

/* op-node, as one of seen's nodes, was started a few minutes ago: it derives
 * anew from the finalized block, so that its safe head is low for a while. */
bool health_rederives(const json_t *node);

/* Limits beyond which something is a problem; ARCHITECTURE.md has them too. */
#define HEALTH_L1_LAG_S      300 /* age of the newest block, and of ... */
#define HEALTH_UNSAFE_LAG_S  60  /* ... the L2's, at least 10 block times */
#define HEALTH_WINDOW_LEFT   25  /* percent of the sequencing window */
#define HEALTH_HOURS_LEFT    6   /* of a sender's ether */
#define HEALTH_OUTPUT_LATE_S 600
#define HEALTH_REDERIVE_S    300 /* for so long a start may set safe back */

#endif
