#ifndef OPL2_PROVIDERS_FACTS_VOTERS_H
#define OPL2_PROVIDERS_FACTS_VOTERS_H

#include <stdbool.h>
#include <jansson.h>

/* Who votes in a cluster of op-conductors: a sorted array of "ID@HOST:PORT". */
json_t *voters_of_config(const json_t *config);   /* of conductor_cluster */
json_t *voters_of_servers(const json_t *servers); /* conductor_clusterMembership
						   */
bool voters_have(const json_t *voters, const json_t *one);

#endif
