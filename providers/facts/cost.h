#ifndef OPL2_PROVIDERS_FACTS_COST_H
#define OPL2_PROVIDERS_FACTS_COST_H

#include <jansson.h>

#include "engine/kind/kind.h"

/*
 * The costs (plan_out.costs) of a kind with one payer: its key is field `from`
 * of the config, and the RPC of its chain, where that is known, at l1_rpc or
 * rpc. The figure is that of earlier ones. Pure. New reference.
 */
json_t *cost_list(const struct plan_req *req, const char *role,
		  const char *from, const char *gas, const char *wei);
/* The RPC and the chain id of a config, put into one cost. */
void cost_chain(json_t *cost, const json_t *config);

#endif
