#ifndef OPL2_PROVIDERS_CLIENTS_EVM_DELEGATE_H
#define OPL2_PROVIDERS_CLIENTS_EVM_DELEGATE_H

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * What becomes of a delegatecall that an account makes to a contract, without
 * anybody's signature: an eth_call in which the account has code that hands its
 * call data on. So it is told why the contract reverts, which a Safe hides:
 * OC_FAIL with E1205 at `field`. A node that cannot do that is no reason to
 * stop.
 */
enum outcome delegate_rehearse(struct effect_ctx *ctx, struct rpc *rpc,
			       const char *account, const char *to,
			       const struct buf *data,
			       const char *field) MUST_CHECK;

#endif
