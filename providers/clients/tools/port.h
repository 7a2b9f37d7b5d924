#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_PORT_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_PORT_H

#include <sys/types.h>

/*
 * Who listens on a TCP port of this machine at an address that meets host,
 * where one wants to listen (providers/facts/listen.h).
 */

/* 0 free, 1 taken; *pid is 0 when its holder is hidden from this user. */
int port_holder(const char *host, unsigned port, pid_t *pid, char *comm,
		size_t ncomm);

#endif
