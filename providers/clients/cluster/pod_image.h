#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_IMAGE_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_IMAGE_H

#include "providers/clients/cluster/cluster.h"
#include "providers/clients/cluster/pod_def.h"

/* Sees to it that the registry has an image with a pod's programs and the
 * supervisor. *ref: REPOSITORY@sha256:..., malloc'd. */
int pod_image(const struct cluster *c, const struct pod *p, char **ref,
	      struct diags *ds) MUST_CHECK;

#endif
