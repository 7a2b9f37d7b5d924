#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_MONITOR_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_MONITOR_H

#include <stdbool.h>
#include <jansson.h>

#include "providers/clients/cluster/cluster.h"
#include "providers/clients/cluster/pod_def.h"

/*
 * A ServiceMonitor for each process, with `service_monitor` of the spec's
 * `runtime`: Prometheus asks the supervisor of its pod, and the process where
 * it has metrics. The kind is the Prometheus Operator's ("API Reference" of its
 * documentation, monitoring.coreos.com/v1). "monitor" of a process's record
 * says whether it has one, for who may not list what is not installed.
 */

/* Makes it, or takes it away, and sets "monitor". E1304: the cluster has no
 * such kind. */
int monitor_keep(struct cluster *c, struct pod *p, const char *process,
		 json_t *record, struct diags *ds) MUST_CHECK;
int monitor_remove(struct cluster *c, const char *process, const json_t *record,
		   struct diags *ds) MUST_CHECK;
/* Adds a line when the record says otherwise than the spec. */
void monitor_add_drift(const struct cluster *c, const json_t *record,
		       struct buf *out);

#endif
