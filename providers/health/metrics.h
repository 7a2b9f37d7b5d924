#ifndef OPL2_HEALTH_METRICS_H
#define OPL2_HEALTH_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/prom.h"
#include "providers/runtime/process_status.h"

/*
 * The processes and the chain as metrics for Prometheus. Pure. What is not
 * known has no sample, so that an alert on its absence is possible and a zero
 * is a zero. Names, types and helps are in the .c files; they stay as they are,
 * for people's rules and dashboards have them. examples/monitoring has ours.
 */
struct health_metrics {
	const char *version;                 /* of this opl2 */
	const struct runtime_status *status; /* whole */
	const json_t *seen; /* cmd/opl2/chain/snapshot.h; NULL: no chain is
			       recorded */
	const json_t *view; /* health_view(seen), or NULL */
	int64_t now;        /* Unix time of the look */
	bool healthy;       /* as `opl2 status` says by its exit code */
};

void health_metrics(const struct health_metrics *in, struct buf *out);

/* The part about processes (metrics_procs.c). */
void health_metrics_procs(struct prom *p, const struct runtime_status *st);

#endif
