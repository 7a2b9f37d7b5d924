#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_PORT_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_PORT_H

#include <sys/types.h>
#include <jansson.h>

#include "engine/base/arena.h"

/*
 * Who listens on a TCP port of this machine.
 *
 * Two listeners on one port are in each other's way only when their addresses
 * meet: 127.0.0.1 and 10.0.0.5 do not, 0.0.0.0 meets both. host is where one
 * wants to listen; NULL, or a name: anywhere.
 */

/* 0 free, 1 taken; *pid is 0 when its holder is hidden from this user. */
int port_holder(const char *host, unsigned port, pid_t *pid, char *comm,
		size_t ncomm);

/*
 * Where a program with these arguments (array of strings) listens with that
 * port, by how such programs are told: --X.addr beside --X.port (or -address,
 * -host), or ADDRESS:PORT in one. Arena string; NULL: not known.
 */
const char *port_host(struct arena *a, const json_t *argv, unsigned port);

#endif
