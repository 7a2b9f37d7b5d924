#ifndef OPL2_PROVIDERS_CLIENTS_OCI_REGISTRY_H
#define OPL2_PROVIDERS_CLIENTS_OCI_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"
#include "providers/clients/oci/login.h"
#include "providers/clients/oci/oci.h"
#include "providers/facts/image_ref.h"

/*
 * One repository of a registry, and what is asked of it: requests that get past
 * its door. Who comes without credentials is told in a 401 which it wants;
 * they are then looked for (login.h), exchanged for a token where there is a
 * token server, and the request is sent again. A token that ends in between is
 * got anew in the same way. Credentials go to this server and to its token
 * server only.
 */
struct oci_registry {
	const struct oci_target *t;
	struct arena a;
	struct image_ref repo;
	struct image_ref like; /* host NULL: none of this registry */
	struct http *http;
	const char *base; /* "https://HOST" */
	const char *name; /* "HOST/PATH", for people */
	char *auth;       /* a header, or NULL */
	struct oci_login login;
	bool push; /* it is to be changed */
};

/* E1320. Then oci_registry_done in each case. */
int oci_registry_open(struct oci_registry *r, const struct oci_target *t,
		      bool push, struct diags *ds) MUST_CHECK;
void oci_registry_done(struct oci_registry *r); /* for CLEANUP too */

/* A URL of the repository: "…/v2/PATH/" and the rest. malloc'd. */
char *oci_registry_url(const struct oci_registry *r, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

struct oci_ask {
	const char *method, *url;
	const char *headers[3]; /* NULL at the end; two at most */
	const void *body;       /* or body_at, as of http.h */
	size_t body_len;
	void (*body_at)(void *arg, size_t at, char *p, size_t n);
	void *arg;
	bool once; /* not sent again by itself */
};

enum oci_heard {
	OCI_HEARD = 0,     /* an answer came, which is not 401 */
	OCI_CANCELLED = 1, /* without a diagnostic */
	OCI_LOST = 2,      /* E1322: none came */
	OCI_FAILED = -1    /* E1322, E1323, E1328 */
};
enum oci_heard oci_registry_send(struct oci_registry *r,
				 const struct oci_ask *q,
				 struct http_reply *out,
				 struct diags *ds) MUST_CHECK;

/* An answer that is none of those that were hoped for, to what was to be done
 * ("push the layer 'geth'"): E1322 to E1327, E1329. Returns -1. */
int oci_registry_refused(const struct oci_registry *r, const char *what,
			 const struct http_reply *reply, struct diags *ds);

#endif
