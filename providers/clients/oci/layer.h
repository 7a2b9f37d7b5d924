#ifndef OPL2_PROVIDERS_CLIENTS_OCI_LAYER_H
#define OPL2_PROVIDERS_CLIENTS_OCI_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * A layer of an image: a tar file that is never written anywhere. It is made
 * of headers, which are in memory, and of files, which are read as they are
 * hashed and sent, from any place on.
 *
 * It is not compressed: so its digest follows from what is in it and from no
 * version of a compressor, and a transfer can go on in the middle.
 */
#define OCI_DIGEST 72 /* "sha256:" and 64 digits, with a NUL */

struct oci_member {
	char *path; /* without the first slash */
	char *file; /* that it is the content of; NULL: `text`, or a folder */
	char *text;
	unsigned mode;
	bool folder;
	uint64_t size, at; /* of the content; where its header is */
	int fd;
	char *head;
};

struct oci_layer {
	char *name; /* for people */
	struct oci_member *v;
	size_t n;
	uint64_t size; /* from oci_layer_close on, as what follows */
	char digest[OCI_DIGEST];
};

void oci_layer_init(struct oci_layer *l, const char *name);
void oci_layer_done(struct oci_layer *l);

/* What is to be in it, by absolute paths of the image; the folders above are
 * added. A path that is there already stays. */
void oci_layer_folder(struct oci_layer *l, const char *path, unsigned mode);
void oci_layer_file(struct oci_layer *l, const char *path, const char *file);
void oci_layer_text(struct oci_layer *l, const char *path, const char *text);

/* Sorts, lays out and hashes. memory, or NULL: digests of such layers, one of
 * which may be this one's, or which gets it. 0, 1 cancelled, -1 with E1321. */
int oci_layer_close(struct oci_layer *l, json_t *memory,
		    bool (*cancelled)(void *arg), void *arg,
		    struct diags *ds) MUST_CHECK;
/* Fills p with n bytes from `at` on. What a file has lost meanwhile is zeros:
 * then the digest is wrong, and a registry refuses it. */
void oci_layer_read(const struct oci_layer *l, uint64_t at, char *p, size_t n);

#endif
