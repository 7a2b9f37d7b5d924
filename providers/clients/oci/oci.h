#ifndef OPL2_PROVIDERS_CLIENTS_OCI_OCI_H
#define OPL2_PROVIDERS_CLIENTS_OCI_OCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Container images, made of programs of this machine and pushed to a registry
 * without Docker: "OCI Image Format Specification" v1 and "OCI Distribution
 * Specification" v1.
 *
 * An image is a layer with what the programs need (base.h) and a layer for each
 * program, sorted by path. It is the same to the byte wherever it is made of
 * the same files, so that its name is a digest and making it again does no
 * harm. Nothing of it is written to a disk.
 *
 * All functions return 0, or -1 with a diagnostic; those that take long 1 when
 * cancelled() said so, without one.
 */
struct oci_program {
	const char *from; /* absolute path here */
	const char *to;   /* absolute path in the image */
};

struct oci_contents {
	const struct oci_program *v;
	size_t n;
	/* What a container runs that is not told anything; NULL at the end.
	 * Or NULL. */
	const char *const *entrypoint;
	/* A file in which digests of layers are remembered by what tells that
	 * their files were not changed; or NULL. */
	const char *memory;
};

enum oci_plain {
	OCI_PLAIN_BY_HOST, /* http for this machine's loopback, else https */
	OCI_PLAIN_HTTP,
	OCI_PLAIN_NEVER
};

struct oci_target {
	const char *repository; /* "HOST[:PORT]/PATH" */
	enum oci_plain plain;
	/* A repository, of the same registry too, that may have some of the
	 * layers already; or NULL. */
	const char *like;
	/* MAY. Both are called often: for each piece that is read. */
	bool (*cancelled)(void *arg);
	/* Of the layer that is being sent, so many bytes. */
	void (*progress)(void *arg, const char *what, uint64_t done,
			 uint64_t total);
	void *arg;
};

/*
 * Makes the image and pushes what the registry lacks of it; with all of it
 * there that is one request. It gets a tag too ("opl2-" and 16 digits of its
 * digest), for registries remove what has none. *ref is
 * "HOST[:PORT]/PATH@sha256:HEX", malloc'd.
 *
 * Credentials are those of `docker login`: login.h. Errors: E1321 the image
 * cannot be made, E1322 no connection, E1323 to E1329 what the registry says.
 */
int oci_image_publish(const struct oci_target *t, const struct oci_contents *c,
		      char **ref, struct diags *ds) MUST_CHECK;

/* Is the image there? *there is set on 0. */
int oci_image_there(const struct oci_target *t, const char *digest, bool *there,
		    struct diags *ds) MUST_CHECK;

#endif
