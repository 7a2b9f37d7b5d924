#ifndef OPL2_HEALTH_FINDINGS_H
#define OPL2_HEALTH_FINDINGS_H

#include <stdint.h>
#include <jansson.h>

#include "providers/runtime/process_status.h"

/*
 * What is wrong with a chain, why, and what to do about it, from everything
 * that was seen. Pure. A finding is
 *
 *	{"code", "what" (a process, "l1", ...), "cure",
 *	 "evidence": [{"said": text} or {"process", "line", "time", "count"}]}
 *
 * Its cause is the code's own text (engine/diag/codes.def). Codes beginning
 * with W are worth knowing and may need nothing to be done. One with "note":
 * true is what somebody asked for: with nothing else the chain is well.
 */
struct health_input {
	const json_t *seen; /* cmd/opl2/chain/snapshot.h; NULL: no chain is
			       recorded */
	const struct runtime_status *procs; /* whole; or NULL */
	const json_t *hits;                 /* providers/health/symptoms.h */
	/* Hash of the L1's block hits.clues.back.number now, or NULL. */
	const char *hash_now;
	int64_t disk_free; /* bytes where .opl2 is; -1: unknown */
};

/* New reference to an array; empty: nothing is wrong. */
json_t *health_findings(const struct health_input *in);

/* Less than this is a full disk, for a node may write as much at once. */
#define HEALTH_DISK_FREE (256LL << 20)
/* The same of the disk that a log is on, which may have nothing else. */
#define HEALTH_LOG_DISK_FREE (1LL << 20)

/* Of a process: the disk that its log is on is full. */
static inline bool
health_log_disk_low(const struct process_status *p)
{
	return p->log_free_bytes != PROCESS_UNKNOWN &&
	       p->log_free_bytes < HEALTH_LOG_DISK_FREE;
}

/* Of its volume: less than a tenth is free. A cluster can enlarge it while the
 * process runs. */
static inline bool
health_volume_low(const struct process_status *p)
{
	return p->volume_bytes > 0 && p->volume_free_bytes >= 0 &&
	       p->volume_free_bytes < p->volume_bytes / 10;
}

#endif
