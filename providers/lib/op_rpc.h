#ifndef OPL2_LIB_OP_RPC_H
#define OPL2_LIB_OP_RPC_H

#include <stdint.h>

#include "engine/base/buf.h"
#include "providers/effect.h"
#include "providers/lib/rpc.h"

/*
 * The RPC that a config names: a URL or a secret token at `field` (an array
 * of them: the first is asked first). The client stops waiting when the
 * operation is cancelled.
 */
/* NULL with a diagnostic when a secret is missing. The chain id (0: any) is
 * compared on the first call by rpc_check_chain only. */
struct rpc *op_rpc(struct op_ctx *ctx, const struct op *op, const char *field,
		   uint64_t chain_id) MUST_CHECK;
/* The first URL, resolved; the caller wipes it (secret_wipe). */
int op_url(struct op_ctx *ctx, const struct op *op, const char *field,
	   struct buf *out) MUST_CHECK;
/* What an operation is to say when a call ended like this. */
enum outcome op_outcome(enum rpc_status st);

#endif
