#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_DRIFT_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_DRIFT_H

#include <jansson.h>

#include "engine/base/buf.h"

/* Adds a line "WHO set FIELD" for each field of an object's `spec` that others
 * than opl2 and the cluster's own controllers have set, by its managedFields
 * ("Server-Side Apply" of the Kubernetes documentation). That is so for a field
 * of ours that was changed as well as for one that was added. Without any the
 * buffer stays empty. */
void drift_add(const json_t *object, struct buf *out);
/* A line for each setting of `runtime` that a StatefulSet's pods have
 * otherwise: of the members of `want`, a pod's spec, "nodeSelector",
 * "tolerations" and "imagePullSecrets". What the API server adds to them does
 * not count. */
void drift_add_settings(const json_t *set, const json_t *want, struct buf *out);

#endif
