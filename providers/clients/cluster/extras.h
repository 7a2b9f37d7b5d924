#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_EXTRAS_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_EXTRAS_H

#include <jansson.h>

#include "providers/clients/cluster/cluster.h"
#include "providers/clients/cluster/pod_def.h"

/*
 * Objects of a process that a cluster need not have the kind of, or the user
 * the right to; so they are neither listed nor looked at, and the process's
 * record says by which settings they were made.
 *
 *	service_monitor  of `runtime`: a ServiceMonitor of the Prometheus
 *			 Operator (monitoring.coreos.com/v1, "API Reference" of
 *			 its documentation), by which Prometheus asks the
 *			 supervisor of its pod, and the process where it has
 *			 metrics.
 *	ingress		 of `runtime`, for a process with `expose: ingress`: an
 *			 Ingress. NAME.DOMAIN is its http or rpc port, and
 *			 NAME-ws.DOMAIN its ws port, for the programs serve
 *			 both at the path "/".
 */

/* Makes them, or takes them away, and records it. E1313: an Ingress without
 * `ingress`. E1304: the cluster has no such kind. */
int extras_keep(struct cluster *c, struct pod *p, const char *process,
		json_t *record, struct diags *ds) MUST_CHECK;
int extras_remove(struct cluster *c, const char *process, const json_t *record,
		  struct diags *ds) MUST_CHECK;
/* Adds a line for each that the record has otherwise than the spec. */
void extras_add_drift(const struct cluster *c, const json_t *record,
		      struct buf *out);

#endif
