#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_ACCESS_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_ACCESS_H

#include "providers/clients/cluster/cluster.h"

/* Asks the cluster what its user may do (SelfSubjectRulesReview): one request.
 * -1 with E1302 and what lacks of rights_table. A cluster that does not know
 * all of it is believed. */
int access_check(struct cluster *c, struct diags *ds) MUST_CHECK;

#endif
