#ifndef OPL2_PROVIDERS_CLIENTS_OCI_PULL_H
#define OPL2_PROVIDERS_CLIENTS_OCI_PULL_H

#include "engine/base/compiler.h"
#include "providers/clients/oci/oci.h"

/* One file of an image that somebody else made. All borrowed. */
struct oci_pull {
	const char *digest;  /* of the image, or of an index with it */
	const char *arch;    /* "amd64", in an index */
	const char *file;    /* absolute path in the image */
	const char *scratch; /* a file of the caller's that layers go to */
	const char *to;      /* an empty folder, which gets it by its name */
};

/*
 * Of the layers the last one that has the file counts; a link is not followed.
 * Whatever comes is of the digest that it was asked for by, or it is E1325, so
 * that with a digest nobody in between is trusted. 0, 1 cancelled, -1 with
 * E1322 to E1330.
 */
int oci_pull_file(const struct oci_target *t, const struct oci_pull *p,
		  struct diags *ds) MUST_CHECK;

#endif
