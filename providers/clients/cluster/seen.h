#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_SEEN_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_SEEN_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/clients/cluster/cluster.h"

/*
 * The whole chain as it is now, seen by many at once: a plan reads each process
 * by itself, all at the same time. One of them looks, and what it saw is in a
 * file of .opl2/run for the others, until something is changed from here or a
 * moment has passed; for those of one command, three seconds.
 */
struct seen {
	json_t *records;             /* procs_records() */
	json_t *pods;                /* {NAME: object} */
	json_t *sets, *services;     /* the same */
	json_t *contents, *policies; /* {NAME: true}: ConfigMaps and Secrets */
	json_t *refused;             /* {SET: why its pod was not made} */
	bool budget;
	json_t *states; /* {PROCESS: what its supervisor says} */
};

#define SEEN_MS 100 /* for who asks once */

/* What was seen max_ms ago counts. seen_done() in any case. */
int seen_look(struct cluster *c, uint64_t max_ms, struct seen *s,
	      struct diags *ds) MUST_CHECK;
void seen_done(struct seen *s);
/* The records alone; new reference. */
int seen_records(struct cluster *c, json_t **out, struct diags *ds) MUST_CHECK;
/* Something was changed: what was seen a moment ago holds no more. */
void seen_forget(struct cluster *c);

/* The path of the API to a pod's supervisor; malloc'd. */
char *seen_pod_path(const struct cluster *c, const char *pod, const char *rest);

#endif
