#ifndef OPL2_HEALTH_L1_FORK_H
#define OPL2_HEALTH_L1_FORK_H

#include <stdint.h>
#include <jansson.h>

/*
 * Whether the node programs follow the L1 to the fork that it is at, and to the
 * one that is to come, from what was seen (cmd/opl2/chain/snapshot.h). Pure.
 *
 *	{"now": fork, "programs", "follows": their newest fork, "followed": is
 *	 it that far, "use": programs that are,
 *	 "next": {"name", "time" (Unix), "in_s", "followed"},
 *	 "stopped": [{"name": of a node, "block": the last that it takes,
 *	              "fork": of the next one}]}
 *
 * What is not known is left out: next also when none is scheduled, followed and
 * follows of programs that are in no table, use when there are none. NULL when
 * the L1 does not answer. New reference.
 */
json_t *health_l1_fork(const json_t *seen);

/*
 * The block of the L1 after the last that this node (an entry of nodes) takes,
 * when it may be one that the programs do not follow; 0: no need to look.
 */
int64_t health_l1_beyond(const json_t *seen, const json_t *node);

/* A fork that comes sooner than this, and is not followed, is a problem. */
#define HEALTH_FORK_SOON_S (14 * 24 * 3600)

#endif
