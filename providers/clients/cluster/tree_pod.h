#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_TREE_POD_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_TREE_POD_H

#include "providers/clients/cluster/cluster.h"
#include "providers/runtime/tree/tree.h"

/*
 * The folders of a volume, by the pod that has it. Each request is a POST to
 * /volume/OP with a line of JSON and, where there are any, bytes after it; so
 * is each answer:
 *
 *	list    {"folders"}                        {"files": {PATH: [...]}}
 *	read    {"path", "at", "n"}                {"sum"}, then the bytes
 *	write   {"path", "size", "mtime", "mode",
 *		 "at", "sum"}, then the bytes      {}
 *	remove  {"path"}                           {}
 *	sync    {}                                 {}
 *
 * sum: SHA-256 of the bytes, in hex. What fails is status 409 with {"error"}.
 */
struct tree_pod {
	struct tree tree; /* first: one is the other */
	struct cluster *c;
	const char *pod;
	char *header, *piece; /* owned */
};
/* c and pod are borrowed. tree_pod_done() in any case. */
void tree_pod_init(struct tree_pod *t, struct cluster *c, const char *pod,
		   const char *token);
void tree_pod_done(struct tree_pod *t);

#endif
