#ifndef OPL2_PROVIDERS_RUNTIME_RIGHTS_H
#define OPL2_PROVIDERS_RUNTIME_RIGHTS_H

#include <stddef.h>

#include "engine/base/buf.h"

/* What is done in the namespace of a chain in a cluster, and nothing else
 * ("Using RBAC Authorization" of the Kubernetes documentation). */
struct right {
	const char *group; /* "" is the core */
	const char *resource;
	const char *verbs;   /* with spaces between */
	const char *setting; /* of `runtime` that needs it; NULL: all do */
};
extern const struct right rights_table[];
extern const size_t rights_count;

/* A Role of these, one for the state, and their RoleBindings, as YAML. */
void rights_yaml(struct buf *out);

#endif
