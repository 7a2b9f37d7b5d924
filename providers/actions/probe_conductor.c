/*
 * probe_conductor: what an op-conductor says of itself and its cluster.
 *
 * config: {rpc, chain_id: 0}
 * answer: {leads, healthy, paused, stopped, leader: id of who it takes for the
 *	    leader ("": nobody), servers: as conductor_clusterMembership has}
 */
#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"

static enum outcome
probe_conductor_run(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	static const char *const flags[][2] = {
		{ "leads", "conductor_leader" },
		{ "healthy", "conductor_sequencerHealthy" },
		{ "paused", "conductor_paused" },
		{ "stopped", "conductor_stopped" },
	};
	CLEANUP(queries_done) struct queries a = { 0 };
	size_t at[COUNTOF(flags)], who, servers, i;
	const json_t *v;
	enum rpc_status st;

	if (queries_init(&a, ctx, op, "rpc"))
		return OC_FAIL;
	for (i = 0; i < COUNTOF(flags); i++)
		at[i] = queries_rpc(&a, flags[i][1], NULL);
	who = queries_rpc(&a, "conductor_leaderWithID", NULL);
	servers = queries_rpc(&a, "conductor_clusterMembership", NULL);
	st = queries_send(&a, ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!json_is_boolean(queries_answer(&a, at[0]))) {
		diag_err(ctx->ds, "E0811", "%s: it is not an op-conductor",
			 rpc_name(a.rpc));
		return OC_FAIL;
	}
	out->attrs = json_pack("{s:s}", "leader",
			       jx_str(queries_answer(&a, who), "id", ""));
	for (i = 0; i < COUNTOF(flags); i++) {
		v = queries_answer(&a, at[i]);
		if (v)
			json_object_set_new(out->attrs, flags[i][0],
					    jx_share(v));
	}
	v = jx_get(queries_answer(&a, servers), "servers");
	if (v)
		json_object_set_new(out->attrs, "servers", jx_share(v));
	return OC_OK;
}

const struct action action_probe_conductor = {
	.name = "probe_conductor",
	.run = probe_conductor_run,
};
