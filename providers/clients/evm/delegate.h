#ifndef OPL2_PROVIDERS_CLIENTS_EVM_DELEGATE_H
#define OPL2_PROVIDERS_CLIENTS_EVM_DELEGATE_H

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/*
 * What becomes of a delegatecall that an account makes to a contract, without
 * anybody's signature: an eth_call in which the account has code that hands its
 * call data on. So it is told why the contract reverts, which a Safe hides.
 *
 * RPC_OK: *known says whether the node can do that; *revert is why it would
 * fail, malloc'd, or NULL when it would succeed.
 */
enum rpc_status delegate_try(struct rpc *rpc, const char *account,
			     const char *to, const struct buf *data,
			     bool *known, char **revert,
			     struct diags *ds) MUST_CHECK;

#endif
