#ifndef OPL2_PROVIDERS_CLIENTS_HTTP_AUTHORITIES_H
#define OPL2_PROVIDERS_CLIENTS_HTTP_AUTHORITIES_H

#include <stdbool.h>

#include "engine/base/buf.h"

/*
 * The certificate authorities that the environment names, as its programs read
 * it: CURL_CA_BUNDLE or else SSL_CERT_FILE and SSL_CERT_DIR take the place of
 * the system's (curl, OpenSSL, Go), NODE_EXTRA_CA_CERTS are more of them
 * (node). Whoever set one for a program of the machine means all.
 */
struct authorities {
	const char *file;  /* PEM; NULL: the system's */
	const char *dir;   /* of hashed names; NULL: the system's */
	const char *extra; /* PEM, besides; or NULL */
};
void authorities_env(struct authorities *a);

/* The file that this system keeps its own in, PEM; NULL when it has none where
 * Debian, Alpine, Red Hat's or SUSE's systems do. */
const char *authorities_system(void);
/* The environment's file; else `own`, which a library was built to use, or
 * NULL; else, for the library may run on another system, this one's. */
const char *authorities_file(const struct authorities *a, const char *own);

/* The PEM of both files, one after the other. False when there is nothing of
 * `extra`: node goes on without it, too. */
bool authorities_join(const char *file, const char *extra, struct buf *out);

#endif
