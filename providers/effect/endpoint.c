/* endpoint: the effect half, which only ever asks. */
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/effect.h"
#include "providers/lib/op_rpc.h"

#define TRIED_BATCH 100

/* Oldest first; newest_fork in the schema has the same names. */
static const char *const forks[] = { "london", "shanghai", "cancun", "prague",
				     "osaka" };

/* PUSH1 1, CLZ, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN: the one thing of
 * Osaka that shows, for its headers are those of Prague (EIP-7939). */
#define CLZ_PROBE "0x60011e60005260206000f3"

static size_t
fork_rank(const char *name)
{
	for (size_t i = 0; i < COUNTOF(forks); i++)
		if (strcmp(forks[i], name) == 0)
			return i;
	return COUNTOF(forks);
}

static bool
knows_clz(struct rpc *rpc)
{
	CLEANUP(put_json) json_t *result = NULL;

	return rpc_call(rpc, "eth_call",
			json_pack("[{s:s}, s]", "data", CLZ_PROBE, "latest"),
			&result, NULL) == RPC_OK &&
	       json_string_length(result) == 66;
}

/* Each upgrade but Osaka has left a field in the header. */
static const char *
fork_of(struct rpc *rpc, const json_t *header)
{
	if (jx_get(header, "requestsHash"))
		return knows_clz(rpc) ? "osaka" : "prague";
	if (jx_get(header, "parentBeaconBlockRoot") ||
	    jx_get(header, "excessBlobGas"))
		return "cancun";
	if (jx_get(header, "withdrawalsRoot"))
		return "shanghai";
	return "london";
}

static json_t *
known_tags(struct rpc *rpc)
{
	static const char *const tags[] = { "safe", "finalized" };
	json_t *out = json_array();

	for (size_t i = 0; i < COUNTOF(tags); i++) {
		CLEANUP(put_json) json_t *block = NULL;

		if (rpc_call(rpc, "eth_getBlockByNumber",
			     json_pack("[s, b]", tags[i], 0), &block,
			     NULL) == RPC_OK &&
		    json_is_object(block))
			json_array_append_new(out, json_string(tags[i]));
	}
	return out;
}

/* The cheapest call there is, many times in one request. */
static unsigned
batch_limit(struct rpc *rpc)
{
	struct rpc_item items[TRIED_BATCH];

	for (size_t i = 0; i < TRIED_BATCH; i++)
		items[i] = (struct rpc_item){ .method = "eth_chainId",
					      .params = json_array() };
	if (rpc_batch(rpc, items, TRIED_BATCH, NULL) != RPC_OK) {
		rpc_items_done(items, TRIED_BATCH);
		return 1;
	}
	rpc_items_done(items, TRIED_BATCH);
	return rpc_batch_limit(rpc);
}

static enum outcome
refuse_newer(struct op_ctx *ctx, const struct op *op, const char *fork)
{
	const char *newest = jx_str(op->config, "newest_fork", NULL);

	if (!newest || fork_rank(fork) <= fork_rank(newest))
		return OC_OK;
	diag_err(ctx->ds, "E0813",
		 "the chain is at '%s', but the node "
		 "programs follow it to '%s' only",
		 fork, newest);
	diag_path(ctx->ds, "/newest_fork");
	diag_hint(ctx->ds, "use newer node programs, or an L1 of that level");
	return OC_FAIL;
}

static enum outcome
endpoint_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc = op_rpc(ctx, op, "rpc",
				 (uint64_t)jx_int(op->config, "chain_id", 0));
	CLEANUP(put_json) json_t *header = NULL, *client = NULL;
	const char *fork;
	uint64_t id;
	enum rpc_status st;

	if (!rpc)
		return OC_FAIL;
	st = rpc_check_chain(rpc, &id, ctx->ds);
	if (st == RPC_OK)
		st = rpc_call(rpc, "eth_getBlockByNumber",
			      json_pack("[s, b]", "latest", 0), &header,
			      ctx->ds);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_UNREACHABLE;
	if (st != RPC_OK)
		return op_outcome(st);
	fork = fork_of(rpc, header);
	if (refuse_newer(ctx, op, fork) != OC_OK)
		return OC_FAIL;
	if (rpc_call(rpc, "web3_clientVersion", NULL, &client, NULL) != RPC_OK)
		client = json_string("unknown");
	out->attrs = json_pack("{s:I, s:O, s:s, s:i, s:o}", "served_chain_id",
			       (json_int_t)id, "client", client, "fork", fork,
			       "batch_limit", (int)batch_limit(rpc), "tags",
			       known_tags(rpc));
	return OC_OK;
}

const struct effects effects_endpoint = {
	.kind = "endpoint",
	.read = endpoint_read,
};
