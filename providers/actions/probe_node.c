/*
 * probe_node: how far a rollup node is.
 *
 * config: {rpc, chain_id: 0}
 * answer: {sync: what optimism_syncStatus says, block_time, seq_window,
 *	    peers (without p2p: absent), sequencing (without admin: absent)}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"

static enum outcome
probe_node_state(struct effect_ctx *ctx, struct queries *a,
		 struct effect_result *out)
{
	size_t sync = queries_rpc(a, "optimism_syncStatus", NULL);
	size_t config = queries_rpc(a, "optimism_rollupConfig", NULL);
	size_t peers = queries_rpc(a, "opp2p_peerStats", NULL);
	size_t active = queries_rpc(a, "admin_sequencerActive", NULL);
	enum rpc_status st = queries_send(a, ctx->ds);
	const json_t *v;

	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!json_is_object(queries_answer(a, sync))) {
		diag_err(ctx->ds, "E0811", "%s: it is not a rollup node",
			 rpc_name(a->rpc));
		return OC_FAIL;
	}
	out->attrs =
		json_pack("{s:o}", "sync", jx_share(queries_answer(a, sync)));
	v = queries_answer(a, config);
	json_object_set_new(out->attrs, "block_time",
			    json_integer(jx_int(v, "block_time", 0)));
	json_object_set_new(out->attrs, "seq_window",
			    json_integer(jx_int(v, "seq_window_size", 0)));
	v = jx_get(queries_answer(a, peers), "connected");
	if (v)
		json_object_set_new(out->attrs, "peers", jx_share(v));
	v = queries_answer(a, active);
	if (v)
		json_object_set_new(out->attrs, "sequencing", jx_share(v));
	return OC_OK;
}

static enum outcome
probe_node_run(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	CLEANUP(queries_done) struct queries a = { 0 };

	return queries_init(&a, ctx, op, "rpc")
		       ? OC_FAIL
		       : probe_node_state(ctx, &a, out);
}

const struct action action_probe_node = {
	.name = "probe_node",
	.run = probe_node_run,
};
