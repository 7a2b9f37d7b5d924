#ifndef OPL2_CHAIN_PROCS_H
#define OPL2_CHAIN_PROCS_H

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "providers/runtime/runtime.h"

/* What start, stop, restart, status and logs share. */

/* The arguments as names of processes: "op-node" or "process.op-node". New
 * reference; an empty array when none is given. */
json_t *procs_names(struct cmd *c);

/* The processes asked for (all, without arguments); *st:
 * runtime_status_free(). -1 also when the chain has none. */
int procs_status(struct cmd *c, const json_t *names,
		 struct runtime_status **st);

/* All of them, as recorded when the supervisor does not answer: that is a
 * value, and no reason to be blind for the chain. */
int procs_status_or_records(struct cmd *c, struct runtime_status **st);

/* Prints what happens to processes to stderr. */
extern const struct runtime_wait procs_printing;

/* Gives the runtime what the environment knows of the secrets that its
 * processes need. */
int procs_give_secrets(struct cmd *c, struct runtime_chain *rc);

/* Starts them with their secrets and waits until they are ready; names as
 * above. */
int procs_start(struct cmd *c, struct runtime_chain *rc, const json_t *names);

#endif
