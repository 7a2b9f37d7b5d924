#ifndef OPL2_STATE_SHARED_KEEPER_H
#define OPL2_STATE_SHARED_KEEPER_H

#include <sys/types.h>
#include <jansson.h>

#include "engine/diag/diag.h"
#include "state/backend.h"

/* The process that reaches a shared state for us: wire.h. */
struct keeper {
	pid_t pid; /* 0: not started */
	int fd;
};
#define KEEPER_INIT                                                            \
	{                                                                      \
		.fd = -1                                                       \
	}

/* Starts it, when it is not, and opens the place. */
int keeper_start(struct keeper *k, const struct backend_place *p,
		 struct diags *ds);
void keeper_stop(struct keeper *k);
/* Asks; msg is stolen. 0; 1: not ok without an error; -1. *reply, when given,
 * is a new reference. */
int keeper_ask(struct keeper *k, json_t *msg, json_t **reply, struct diags *ds);

#endif
