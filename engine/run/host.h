#ifndef OPL2_ENGINE_RUN_HOST_H
#define OPL2_ENGINE_RUN_HOST_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/diag/diag.h"

struct state;
struct state_backend;

/*
 * Processes have a host. A state that several machines share says where the
 * chain's processes run: a blob {"host": name, "machine": /etc/machine-id,
 * "dir": state folder, "seen": when an apply there changed them last}. Nobody
 * else starts, changes or removes one, for two sequencers or batchers would
 * damage the chain. With a state of this machine alone there is no such
 * question. A namespace of a cluster is a host, too, {"host": "a cluster",
 * "dir": "namespace NAME"}, which every machine is at that knows it.
 */

/* Is it of a kind that runs (KIND_RUNS)? */
bool host_has_kind(const char *kind);
/* Is it of a kind that is where the processes are: these, and databases? */
bool host_keeps_kind(const char *kind);

/* Is any process recorded? */
bool host_has_processes(const struct state *s);
/* Where a run looks for processes: here, or in one of these namespaces. */
struct host_places {
	const char *state_dir;
	const char *now;  /* by what this folder knows, or NULL */
	const char *spec; /* by its spec, or NULL */
};
/* The blob when the state has processes and they are at none of these places;
 * else *out is NULL. New reference. *as_spec: they are in the namespace that
 * the spec names. -1 with diags. */
int host_elsewhere(struct state_backend *b, const struct state *s,
		   const struct host_places *p, json_t **out, bool *as_spec,
		   struct diags *ds);
/* The processes are in the namespace, or (NULL) this machine's, from now on;
 * needs the lease. */
int host_claim(struct state_backend *b, const char *state_dir,
	       const char *namespace, struct diags *ds);
/* E0544, about the resource at addr (NULL: none in particular); -1. */
int host_refuse(const json_t *elsewhere, const char *addr, struct diags *ds);

#endif
