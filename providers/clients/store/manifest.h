#ifndef OPL2_PROVIDERS_CLIENTS_STORE_MANIFEST_H
#define OPL2_PROVIDERS_CLIENTS_STORE_MANIFEST_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The manifest of a store entry: DIR/manifest.json beside DIR/root, with
 *	{"format": 1, "what": {...},
 *	 "files": [[path, size, mtime in ns, inode, sha256], ...]}
 * sorted by path; of a link [path, target]. store_verify (store.h) is
 * implemented here as well.
 */
int manifest_write(const char *dir, const json_t *what,
		   struct diags *ds) MUST_CHECK;
/* *out is a new reference. */
int manifest_what(const char *dir, json_t **out, struct diags *ds) MUST_CHECK;

/* *out: {NAME: "sha256:HEX"} of what is at the top of root, as recorded; of a
 * folder that of the list of its files and links. A new reference. */
int manifest_digests(const char *dir, json_t **out,
		     struct diags *ds) MUST_CHECK;

#endif
