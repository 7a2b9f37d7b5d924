#include "providers/clients/evm/create2.h"

#include "engine/io/jx.h"
#include "providers/clients/evm/call.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/tools/need.h"

static enum rpc_status
create2_check_deployer(struct rpc *rpc, bool *there, struct diags *ds)
{
	CLEANUP(put_json) json_t *code = NULL;
	enum rpc_status st = rpc_call(
		rpc, "eth_getCode",
		json_pack("[s, s]", CREATE2_DEPLOYER, "latest"), &code, ds);

	*there = st == RPC_OK && json_string_length(code) > 2;
	return st;
}

enum outcome
create2_check(struct effect_ctx *ctx, struct rpc *rpc)
{
	bool there;
	enum rpc_status st = create2_check_deployer(rpc, &there, ctx->ds);

	if (st != RPC_OK || there)
		return rpc_outcome(st);
	diag_err(ctx->ds, "E0864", "no contract at %s", CREATE2_DEPLOYER);
	diag_hint(ctx->ds, CREATE2_REMEDY);
	return OC_FAIL;
}

void
create2_need(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *rpc_field, uint64_t chain_id, json_t *out)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct effect_ctx alone = *ctx;
	bool there = true;

	diags_init(&quiet);
	alone.ds = &quiet;
	if (!jx_get(op->config, rpc_field))
		return;
	rpc = effect_rpc_quick(&alone, op, rpc_field, chain_id);
	if (rpc && rpc_check_chain(rpc, NULL, &quiet) == RPC_OK &&
	    create2_check_deployer(rpc, &there, &quiet) == RPC_OK && !there)
		need_contract(out, CREATE2_DEPLOYER, rpc_field, CREATE2_REMEDY);
}
