#ifndef OPL2_CMD_WORKER_CLUSTER_FORWARD_H
#define OPL2_CMD_WORKER_CLUSTER_FORWARD_H

#include <poll.h>
#include <jansson.h>

#include "providers/clients/cluster/cluster.h"

/* Ports of processes in a cluster, on 127.0.0.1 of this machine: what comes as
 * HTTP is passed on through the API server's proxy of Services. */
#define FORWARDS_MAX 256

struct forwards;

struct forwards *forwards_new(struct cluster *c);
void forwards_free(struct forwards *f);
/* In a child: the ports are the parent's. */
void forwards_close(struct forwards *f);
/* Listens for the ports of these records, and of no others. */
void forwards_set(struct forwards *f, const json_t *records);
/* Fills p in; how many. A port that was taken on this machine is tried again.
 */
nfds_t forwards_poll(struct forwards *f, struct pollfd *p);
void forwards_serve(struct forwards *f, const struct pollfd *p);

#endif
