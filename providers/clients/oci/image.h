#ifndef OPL2_PROVIDERS_CLIENTS_OCI_IMAGE_H
#define OPL2_PROVIDERS_CLIENTS_OCI_IMAGE_H

#include "engine/base/compiler.h"
#include "providers/clients/oci/layer.h"
#include "providers/clients/oci/oci.h"

/* The user in the container: nobody in particular, as in "distroless" images.
 */
#define OCI_USER          "65532:65532"
#define OCI_MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

/* An image in memory, but for what is in its programs. */
struct oci_image {
	struct oci_layer *layers;
	size_t n;
	char *config, *manifest;
	char config_digest[OCI_DIGEST], digest[OCI_DIGEST];
};

/* 0, 1 cancelled, -1 with E1321. In each case oci_image_done is called. */
int oci_image_make(struct oci_image *m, const struct oci_contents *c,
		   bool (*cancelled)(void *arg), void *arg,
		   struct diags *ds) MUST_CHECK;
void oci_image_done(struct oci_image *m);

#endif
