#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_WATCH_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_WATCH_H

#include <stdint.h>
#include <jansson.h>

#include "providers/clients/cluster/procs.h"

/* What the processes of a chain do, and waiting for it: the supervisors of the
 * pods are asked, through the cluster. */

/* {"procs": [process_status_encode()], "supervisor": {...}}; new reference. */
int watch_status(struct cluster *c, const json_t *names, json_t **out,
		 struct diags *ds) MUST_CHECK;
/* As the members of struct runtime do. */
int watch_ready(struct cluster *c, const json_t *names,
		const struct cluster_wait *w, struct diags *ds) MUST_CHECK;
/* One that its pod's supervisor does: op is "wait_gate" or "pause", args those
 * of the supervisor's protocol (supctl.h). */
int watch_pod_call(struct cluster *c, const char *process, const char *op,
		   const json_t *args, int64_t ms, struct diags *ds) MUST_CHECK;
/* Lines that a process printed: the last `lines` (0: all), or all after the
 * time `since` (RFC 3339, or NULL). {"text", "since"}; new reference. E0925. */
int watch_log(struct cluster *c, const char *process, uint64_t lines,
	      const char *since, json_t **out, struct diags *ds) MUST_CHECK;

#endif
