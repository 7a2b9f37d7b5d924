#ifndef OPL2_PROVIDERS_CLIENTS_OCI_LOGIN_H
#define OPL2_PROVIDERS_CLIENTS_OCI_LOGIN_H

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Credentials for a registry from where `docker login` puts them:
 * $DOCKER_CONFIG/config.json or ~/.docker/config.json, there `auths`, and the
 * programs that `credHelpers` and `credsStore` name (docker-credential-NAME).
 */
struct oci_login {
	char *user, *password; /* or both NULL */
	char *token;           /* instead of them, one for the token server */
	char *file;            /* that was looked into; NULL without a home */
};

/* Without any for this host, all but `file` is NULL. -1 with E1328. */
int oci_login_find(const char *host, struct oci_login *out,
		   struct diags *ds) MUST_CHECK;
void oci_login_done(struct oci_login *l); /* wipes; for CLEANUP too */

#endif
