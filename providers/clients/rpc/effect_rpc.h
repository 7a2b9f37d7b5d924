#ifndef OPL2_PROVIDERS_CLIENTS_RPC_EFFECT_RPC_H
#define OPL2_PROVIDERS_CLIENTS_RPC_EFFECT_RPC_H

#include <stdint.h>

#include "engine/base/buf.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * The RPC that a config names: a URL, several with spaces between (the first
 * is asked first), or the secret token of such a text, at `field`. The client
 * stops waiting when the operation is cancelled, and says what it waits for.
 */
/* NULL with a diagnostic when a secret is missing. The chain id (0: any) is
 * compared as rpc_check_chain says. */
struct rpc *effect_rpc(struct effect_ctx *ctx, const struct effect_op *op,
		       const char *field, uint64_t chain_id) MUST_CHECK;
/* The same of a value that is no field of its own. tries: 0 for the usual. */
struct rpc *effect_rpc_value(struct effect_ctx *ctx, const struct effect_op *op,
			     const json_t *value, uint64_t chain_id,
			     unsigned tries) MUST_CHECK;
/* The same for a look at what a chain does: one try, of three seconds. */
struct rpc *effect_rpc_quick(struct effect_ctx *ctx, const struct effect_op *op,
			     const char *field, uint64_t chain_id) MUST_CHECK;
struct rpc *effect_rpc_quick_value(struct effect_ctx *ctx,
				   const struct effect_op *op,
				   const json_t *value,
				   uint64_t chain_id) MUST_CHECK;
/* A field with one URL, resolved; the caller wipes it (secret_wipe). */
int effect_url(struct effect_ctx *ctx, const struct effect_op *op,
	       const char *field, struct buf *out) MUST_CHECK;
/* What an operation is to say when a call ended like this. */
enum outcome rpc_outcome(enum rpc_status st);

#endif
