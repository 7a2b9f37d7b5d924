#ifndef OPL2_PROVIDERS_CLIENTS_OCI_HEADERS_H
#define OPL2_PROVIDERS_CLIENTS_OCI_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"

/* What registries say in headers of their answers. NULL: there was none. */

/* WWW-Authenticate, RFC 9110, "Docker Registry v2 authentication": which of the
 * two schemes are offered, and what Bearer's token is asked for with. */
struct oci_challenge { /* strings of the arena */
	bool basic, bearer;
	const char *realm, *service, *scope; /* each may be NULL */
};
void oci_challenge_parse(struct arena *a, const char *text,
			 struct oci_challenge *out);

/*
 * Location: absolute, or relative to `url`, which was asked. What is at the
 * same host is there by the same scheme, whatever it says: servers behind a
 * proxy do not know that they are asked by https. malloc'd; NULL when it is
 * nothing that can be asked.
 */
char *oci_location(const char *url, const char *text);
/* Whether the two are of one scheme, host and port. */
bool oci_same_server(const char *url, const char *other);

/* "0-N" or "bytes=0-N": N + 1, or 0 when it is none. */
uint64_t oci_range_end(const char *text);

#endif
