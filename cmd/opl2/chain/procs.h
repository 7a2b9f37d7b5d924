#ifndef OPL2_CHAIN_PROCS_H
#define OPL2_CHAIN_PROCS_H

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "engine/supctl.h"

/* What start, stop, restart, status and logs share. */

/* The arguments as names of processes: "op-node" or "process.op-node". New
 * reference; an empty array when none is given. */
json_t *procs_names(struct cmd *c);

/* The processes asked for (all, without arguments), by supctl_status. *st is
 * the whole answer, a new reference. -1 also when the chain has none. */
int procs_status(struct cmd *c, const json_t *names, json_t **st);

/* supctl_call that prints each event as a line to stderr. */
int procs_call(struct cmd *c, struct supctl *s, const char *op,
	       const json_t *args, json_t **out);

/* Gives the supervisor what the environment knows of the secrets that its
 * processes need. */
int procs_give_secrets(struct cmd *c, struct supctl *s);

/* start and wait_ready; names as above. */
int procs_start(struct cmd *c, struct supctl *s, const json_t *names);

#endif
