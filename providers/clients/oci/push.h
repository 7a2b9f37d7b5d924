#ifndef OPL2_PROVIDERS_CLIENTS_OCI_PUSH_H
#define OPL2_PROVIDERS_CLIENTS_OCI_PUSH_H

#include "engine/base/compiler.h"
#include "providers/clients/oci/image.h"
#include "providers/clients/oci/registry.h"

/*
 * One blob to a repository: looked for, taken over from a repository that is
 * alike, or sent. A transfer that breaks goes on where it was, if the registry
 * says how far that is and takes the rest as a chunk (PATCH); else it begins
 * over. 0, 1 cancelled, -1.
 */
struct oci_blob {
	const char *what, *digest;
	uint64_t size;
	const char *text; /* or */
	const struct oci_layer *layer;
};
int oci_push_blob(struct oci_registry *r, const struct oci_blob *b,
		  struct diags *ds) MUST_CHECK;

#endif
