#include "providers/clients/send/l1_wait.h"

#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/l1_stall.h"

#define DEPTH_MS      250
#define TAG_MS        2000   /* a beacon chain moves every few seconds */
#define UNKNOWN_BLOCK -39001 /* of the engine API; geth gives it here too */

struct wait {
	struct effect_ctx *ctx;
	struct rpc *rpc;
	const char *tag; /* or NULL: the newest block counts */
	uint64_t at;     /* the number of the block that counts */
	bool none;       /* there is no such block yet */
};

/* That a young L1 has no such block yet is no refusal. */
static bool
is_not_yet(const struct rpc_error *e)
{
	return e->code == UNKNOWN_BLOCK || strstr(e->message, "not found");
}

static enum outcome
l1_wait_read_tag(struct wait *w)
{
	struct diags *ds = w->ctx->ds;
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st;
	struct u256 n;

	st = rpc_call(w->rpc, "eth_getBlockByNumber",
		      json_pack("[s, b]", w->tag, 0), &block, NULL);
	w->none = st == RPC_ERROR ? is_not_yet(rpc_error(w->rpc))
				  : st == RPC_OK && json_is_null(block);
	if (w->none)
		return OC_OK;
	if (st == RPC_OK && u256_parse(jx_str(block, "number", ""), &n) == 0 &&
	    u256_fits_u64(&n, &w->at))
		return OC_OK;
	if (st != RPC_OK && st != RPC_ERROR)
		/* once more, to have it said */
		return rpc_outcome(
			rpc_call(w->rpc, "eth_blockNumber", NULL, &block, ds));
	diag_err(ds, "E0430", "the L1 has no %s block", w->tag);
	diag_path(ds, "/finality");
	if (st == RPC_ERROR)
		diag_detail(ds, rpc_error(w->rpc)->message);
	diag_hint(ds, "on a private L1, use 'finality: depth'; on a public L1, "
		      "use another RPC");
	return OC_FAIL;
}

static enum outcome
l1_wait_read_height(struct wait *w)
{
	if (w->tag)
		return l1_wait_read_tag(w);
	return rpc_outcome(
		rpc_u64(w->rpc, "eth_blockNumber", NULL, &w->at, w->ctx->ds));
}

static void
l1_wait_tell(const struct wait *w, uint64_t want)
{
	if (w->none)
		effect_progress(
			w->ctx,
			"waiting for L1 block %llu to be %s: the L1 has no "
			"%s block yet",
			(unsigned long long)want, w->tag, w->tag);
	else if (w->tag)
		effect_progress(w->ctx,
				"waiting for L1 block %llu to be %s: now %llu, "
				"%llu to go",
				(unsigned long long)want, w->tag,
				(unsigned long long)w->at,
				(unsigned long long)(want - w->at));
	else
		effect_progress(w->ctx, "waiting for L1 block %llu, now %llu",
				(unsigned long long)want,
				(unsigned long long)w->at);
}

enum outcome
l1_wait(struct effect_ctx *ctx, struct rpc *rpc, const char *finality,
	uint64_t block, uint64_t depth)
{
	struct wait w = { .ctx = ctx, .rpc = rpc };
	struct l1_stall still = { 0 };
	uint64_t want = block;
	enum outcome oc;

	if (strcmp(finality, "final") == 0)
		w.tag = "finalized";
	else if (strcmp(finality, "safe") == 0)
		w.tag = "safe";
	else
		want += depth;
	for (;;) {
		oc = l1_wait_read_height(&w);
		if (oc != OC_OK || (!w.none && w.at >= want))
			return oc;
		/* A final block may well be the same for minutes. */
		oc = w.tag ? l1_stall_poll(&still, ctx, rpc, "L1")
			   : l1_stall_check(&still, ctx, "L1", w.at);
		if (oc != OC_OK)
			return oc;
		l1_wait_tell(&w, want);
		if (effect_wait(ctx, w.tag ? TAG_MS : DEPTH_MS)) {
			diag_err(ctx->ds, "E0426",
				 "interrupted while waiting for the L1");
			return OC_CANCELLED;
		}
	}
}
