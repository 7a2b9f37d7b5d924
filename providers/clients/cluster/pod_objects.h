#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_OBJECTS_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_OBJECTS_H

#include <jansson.h>

#include "providers/clients/cluster/cluster.h"
#include "providers/clients/cluster/pod_def.h"

/*
 * The objects of a pod: an immutable ConfigMap with the definitions, one with
 * the files, a Secret, each named by the digest of what is in it; a StatefulSet
 * of one replica, whose pod is replaced only when it is asked for (OnDelete);
 * a Service for each process, and one more for what is exposed of it; a
 * NetworkPolicy.
 */
struct pod_object {
	enum cluster_kind kind;
	json_t *json;
};

struct pod_objects {
	struct pod_object *v; /* in the order in which they are applied */
	size_t n;
};

/* The annotation of a pod with the names of those that a person paused. */
#define POD_PAUSED "opl2.dev/paused"

#define POD_DIGEST "opl2.dev/def." /* what such annotations begin with */
/* The annotation of a pod that has the digest of the definition that a process
 * was started by; malloc'd. */
char *pod_digest_key(const char *process);

/* image: by digest. -1 with E1307 or E0701. */
int pod_objects_make(const struct cluster *c, struct pod *p, const char *image,
		     struct pod_objects *out, struct diags *ds) MUST_CHECK;
/* What has the volume of a pod while its database comes or goes (volume.h): the
 * claim, and a pod of this name. node: where that has to be, or NULL. */
void pod_volume_make(const struct cluster *c, struct pod *p, const char *image,
		     const char *name, const char *node,
		     struct pod_objects *out);
/* Those of the chain as a whole. */
void chain_objects_make(const struct cluster *c, struct pod_objects *out);
void pod_objects_done(struct pod_objects *o);

#endif
