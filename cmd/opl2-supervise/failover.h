#ifndef OPL2_CMD_SUPERVISE_FAILOVER_H
#define OPL2_CMD_SUPERVISE_FAILOVER_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "providers/runtime/process_status.h"

/*
 * Failover: a group of processes that use one of several servers, by
 * environment variables whose value is a list with spaces between. When the
 * log of one of them says often enough that the server fails, all of them are
 * restarted with the next one. Which one is in use is in
 * .opl2/run/failover.json, {GROUP: {at, since, why}}: it outlives everything.
 */
struct proc;
struct sup;

struct failover {       /* of a process */
	int64_t at;     /* what of its log was looked at; -1: nothing yet */
	uint64_t since; /* of hits, loop_now */
	unsigned hits;
	unsigned count; /* servers to choose from, when it was started */
};

void failover_load(struct sup *s);
/* Looks at what the logs got since the last look; every second or so. */
void failover_check(struct sup *s);
/* Of the list in value, the one that p's group uses; in place. */
void failover_choose(struct proc *p, struct buf *value);
/* For status; texts are borrowed. */
struct process_failover failover_status(const struct proc *p);

#endif
