#ifndef OPL2_PROVIDERS_FACTS_IMAGE_REF_H
#define OPL2_PROVIDERS_FACTS_IMAGE_REF_H

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The name of a container image, as container runtimes read it:
 *	[HOST[:PORT]/]PATH[:TAG][@sha256:HEX]
 * The first part is a host when it has a dot or a colon, or is "localhost";
 * without one the image is at docker.io, where a PATH of one part is below
 * "library/". Source: "reference" of the Distribution project.
 */
struct image_ref {          /* strings of the arena */
	const char *host;   /* "ghcr.io", "127.0.0.1:5000" */
	const char *path;   /* "owner/name" */
	const char *tag;    /* or NULL */
	const char *digest; /* "sha256:HEX", or NULL */
};

/* -1 with E1320. */
int image_ref_parse(struct arena *a, const char *text, struct image_ref *out,
		    struct diags *ds) MUST_CHECK;

/* The same of a repository, which images are pushed to: neither a tag nor a
 * digest is in it. */
int image_repository_parse(struct arena *a, const char *text,
			   struct image_ref *out, struct diags *ds) MUST_CHECK;

#endif
