#ifndef OPL2_PROVIDERS_CLIENTS_EVM_PROXIES_H
#define OPL2_PROVIDERS_CLIENTS_EVM_PROXIES_H

#include <jansson.h>

#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/*
 * What the proxies of a deployment run, as their ProxyAdmin says: it knows all
 * three types of them. *out is new: {NAME: ADDRESS} of each name that ends
 * with "Proxy", null where the ProxyAdmin does not answer, as for a proxy that
 * it is not the admin of. One request.
 *
 * AnchorStateRegistryProxy is left out: it is upgraded twice to set the anchor,
 * and the contract_call that does it expects the implementation.
 */
enum rpc_status proxies_read(struct rpc *rpc, const json_t *addresses,
			     json_t **out, struct diags *ds) MUST_CHECK;

#endif
