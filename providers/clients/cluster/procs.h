#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_PROCS_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_PROCS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/clients/cluster/cluster.h"

/*
 * The processes of a chain in its namespace. A ConfigMap for each has its
 * record, {"def", "ran", "up", "hold", "paused"}: what it was put as, what it
 * was last started by, whether it is to run, whether a person stopped it,
 * whether a person paused it. Nothing else is remembered anywhere: whoever
 * reads these goes on.
 */

/* Called while something is waited for, with name NULL when nothing has
 * happened. true gives up: then the function's result is 1. */
struct cluster_wait {
	bool (*fn)(void *arg, const char *name, const char *state,
		   const char *text);
	void *arg;
};

/* {PROCESS: record}; new reference. */
int procs_records(struct cluster *c, json_t **out, struct diags *ds) MUST_CHECK;
/* The names that are meant: names, or all when it is NULL or empty. NULL with
 * E0911. New reference. */
json_t *procs_named(const json_t *records, const json_t *names,
		    struct diags *ds);

/* Each as the member of struct runtime (providers/runtime/runtime.h) does. */
int procs_put(struct cluster *c, const char *name, const json_t *def,
	      const json_t *secrets, struct diags *ds) MUST_CHECK;
int procs_give_secrets(struct cluster *c, const json_t *secrets,
		       struct diags *ds) MUST_CHECK;
int procs_start(struct cluster *c, const json_t *names,
		const struct cluster_wait *w, struct diags *ds) MUST_CHECK;
int procs_stop(struct cluster *c, const json_t *names, bool hold, bool force,
	       const struct cluster_wait *w, struct diags *ds) MUST_CHECK;
int procs_restart(struct cluster *c, const json_t *names, bool force,
		  const struct cluster_wait *w, struct diags *ds) MUST_CHECK;
/* What the next pod of it begins with; that one is not told. */
int procs_pause(struct cluster *c, const char *name, bool on,
		struct diags *ds) MUST_CHECK;
int procs_remove(struct cluster *c, const char *name, bool force,
		 const struct cluster_wait *w, struct diags *ds) MUST_CHECK;

#endif
