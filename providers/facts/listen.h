#ifndef OPL2_PROVIDERS_FACTS_LISTEN_H
#define OPL2_PROVIDERS_FACTS_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <jansson.h>

#include "engine/base/arena.h"

/*
 * Where a program listens. Two listeners on one port are in each other's way
 * only when their addresses meet: 127.0.0.1 and 10.0.0.5 do not, 0.0.0.0 meets
 * both.
 */

struct listen_place {
	bool any; /* of both families */
	int family;
	struct in6_addr addr; /* an IPv4 one is in the first four bytes */
};

/* What is no address, and NULL, count as all of them. */
struct listen_place listen_place(const char *host);
/* All addresses of its family. */
bool listen_is_any(const struct listen_place *p);
/* Cannot two sockets listen at these with one port? */
bool listen_collide(const struct listen_place *a, const struct listen_place *b);

/*
 * Where a program with these arguments (array of strings) listens with that
 * port, by how such programs are told: --X.addr beside --X.port (or -address,
 * -host), or ADDRESS:PORT in one. Arena string; NULL: not known.
 */
const char *port_host(struct arena *a, const json_t *argv, unsigned port);

#endif
