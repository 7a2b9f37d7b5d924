#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_CLIENTS_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_CLIENTS_H

#include "engine/base/arena.h"

/*
 * What the npm and Go clients of the machine that opl2 was built on said of
 * themselves. The build writes it to `clients.env` beside the programs; it
 * counts when nothing on this machine names a registry.
 *
 *	NPM_REGISTRY=URL
 *	GOPROXY=LIST
 *	GOSUMDB=NAME
 */
const char *clients_built(struct arena *a, const char *name); /* or NULL */

/* The value of NAME=value in a file of such lines; NULL when there is none,
 * or when it cannot be read. Arena string. */
const char *env_file_get(struct arena *a, const char *path, const char *name);

#endif
