/*
 * look_node: how far a rollup node is.
 *
 * config: {rpc, chain_id: 0}
 * answer: {sync: what optimism_syncStatus says, block_time, seq_window,
 *	    peers (without p2p: absent), sequencing (without admin: absent)}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/ask.h"
#include "providers/clients/rpc/op_rpc.h"

static enum outcome
look(struct op_ctx *ctx, struct ask *a, struct op_result *out)
{
	size_t sync = ask_rpc(a, "optimism_syncStatus", NULL);
	size_t config = ask_rpc(a, "optimism_rollupConfig", NULL);
	size_t peers = ask_rpc(a, "opp2p_peerStats", NULL);
	size_t active = ask_rpc(a, "admin_sequencerActive", NULL);
	enum rpc_status st = ask_send(a, ctx->ds);
	const json_t *v;

	if (st != RPC_OK)
		return op_outcome(st);
	if (!json_is_object(ask_answer(a, sync))) {
		diag_err(ctx->ds, "E0811", "%s: it is no rollup node",
			 rpc_name(a->rpc));
		return OC_FAIL;
	}
	out->attrs = json_pack("{s:o}", "sync", jx_share(ask_answer(a, sync)));
	v = ask_answer(a, config);
	json_object_set_new(out->attrs, "block_time",
			    json_integer(jx_int(v, "block_time", 0)));
	json_object_set_new(out->attrs, "seq_window",
			    json_integer(jx_int(v, "seq_window_size", 0)));
	v = jx_get(ask_answer(a, peers), "connected");
	if (v)
		json_object_set_new(out->attrs, "peers", jx_share(v));
	v = ask_answer(a, active);
	if (v)
		json_object_set_new(out->attrs, "sequencing", jx_share(v));
	return OC_OK;
}

static enum outcome
look_node_run(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	CLEANUP(ask_done) struct ask a = { 0 };

	return ask_init(&a, ctx, op, "rpc") ? OC_FAIL : look(ctx, &a, out);
}

const struct action action_look_node = {
	.name = "look_node",
	.run = look_node_run,
};
