#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_SHIM_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_SHIM_H

#include <stdint.h>
#include <sys/types.h>

#include "engine/base/arena.h"

/* What the runner of tools and its shim share; see cmd/opl2-worker/shim.c. */
#define SHIM_FD 3

/* The program opl2-worker, for its hidden modes: this one. */
char *worker_path(struct arena *a);

#endif
