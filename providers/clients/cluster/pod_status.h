#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_STATUS_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_STATUS_H

#include <stdbool.h>
#include <jansson.h>

/* {"name", "node", "phase", "reason", "message", "restarts", "since"} of a Pod
 * object; what is not known is left out. reason and message: why it does not
 * run as it should, in the cluster's words, or what last ended it; a reason
 * Terminating is one that should be gone by now. since: Unix seconds, of the
 * reason where the cluster has a time for it, else of the pod. New reference.
 */
json_t *pod_status(const json_t *pod);
/* The same of one that the cluster does not make; message: why. */
json_t *pod_status_refused(const char *name, const char *message);
/* Its node no longer reports: to ask it would take long, and for nothing. */
bool pod_lost(const json_t *pod);

#endif
