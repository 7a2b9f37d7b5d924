#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_VOLUME_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_VOLUME_H

#include <stdbool.h>
#include <jansson.h>

#include "providers/clients/cluster/cluster.h"
#include "providers/clients/cluster/procs.h"

/*
 * Databases on their way into the volume of a pod, and out of it, while the
 * processes of the chain are, or will be, elsewhere. A pod of its own has the
 * volume meanwhile: `opl2-supervise --volume` (cmd/opl2-supervise/pod.h), which
 * is asked over the API server.
 */
struct volume_move {
	/* {PROCESS: {"def"}} of the whole chain as it will run there;
	 * NULL: as it is in the cluster. */
	const json_t *records;
	const char *process;
	bool out; /* to this machine; else to the cluster */
	/* The processes run, and this is not the last time: what changes
	 * meanwhile is left out (tree_mirror()). Else the pod goes, too. */
	bool live;
};

/* A process that shares the pod of another one, or has no database, is fine:
 * nothing is moved. *out: {"files", "bytes", "folders": [PATH, ...]}, below
 * .opl2/data; new reference. 0, 1: given up, -1. */
int volume_move(struct cluster *c, const struct volume_move *m,
		const struct cluster_wait *w, json_t **out,
		struct diags *ds) MUST_CHECK;

#endif
