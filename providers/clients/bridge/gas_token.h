#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_GAS_TOKEN_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_GAS_TOKEN_H

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "engine/kind/outcome.h"
#include "providers/clients/rpc/rpc.h"

/*
 * Does ether cross the bridge of this OptimismPortal? E1078 where the chain
 * pays for gas with a token of its own: SystemConfig.isCustomGasToken, of
 * op-contracts/v2.0.0 and v7.0.0. Contracts without that function have ether.
 */
enum outcome bridge_takes_ether(struct rpc *l1, const char *portal,
				struct diags *ds) MUST_CHECK;

#endif
