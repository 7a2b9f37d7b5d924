#include "providers/clients/evm/delegate.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"

/* calldatacopy(0, 0, calldatasize); delegatecall(gas, TO, 0, calldatasize, 0,
 * 0); returndatacopy(0, 0, returndatasize) ... */
#define COPY "3660006000376000600036600073"
/* ... and return it, or revert with it. */
#define HAND_ON "5af43d600060003e6031573d6000fd5b3d6000f3"

/* RPC_OK: *known says whether the node can do that; *revert is why it would
 * fail, malloc'd, or NULL when it would succeed. */
static enum rpc_status
delegate_try(struct rpc *rpc, const char *account, const char *to,
	     const struct buf *data, bool *known, char **revert,
	     struct diags *ds)
{
	CLEANUP(put_json) json_t *result = NULL;
	struct diags said;
	enum rpc_status st;

	*known = true;
	*revert = NULL;
	diags_init(&said);
	st = rpc_call(rpc, "eth_call",
		      json_pack("[{s:s, s:s, s:o}, s, {s:{s:o}}]", "from",
				account, "to", account, "data",
				hex_json(data->p, data->n), "latest", account,
				"code",
				jx_strf("0x" COPY "%s" HAND_ON, to + 2)),
		      &result, &said);
	if (st == RPC_ERROR) {
		*known = rpc_reverted(rpc, revert);
		st = RPC_OK;
	} else {
		diags_append(ds, &said);
	}
	diags_done(&said);
	return st;
}

enum outcome
delegate_rehearse(struct effect_ctx *ctx, struct rpc *rpc, const char *account,
		  const char *to, const struct buf *data, const char *field)
{
	CLEANUP(freep) char *revert = NULL;
	bool known;
	enum rpc_status st =
		delegate_try(rpc, account, to, data, &known, &revert, ctx->ds);

	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!known)
		effect_progress(ctx, "the node cannot simulate a delegatecall, "
				     "so it is not rehearsed");
	if (!revert)
		return OC_OK;
	diag_err(ctx->ds, "E1205", "%s refuses the change: %s", to, revert);
	diag_path(ctx->ds, "/%s", field);
	diag_hint(ctx->ds, "this is a simulation; nothing was sent");
	return OC_FAIL;
}
