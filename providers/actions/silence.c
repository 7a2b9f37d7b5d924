/*
 * silence: waits until accounts have sent nothing on the L1 for so long.
 *
 * config: {l1_rpc, l1_chain_id, accounts: [{"name", "address"}], seconds}
 * answer: {} when each is silent; E0555 when one sends something meanwhile, or
 *	   the L1 makes no blocks that could show it
 *
 * Time is that of the L1's blocks. A node that keeps no old state says nothing
 * of the past: then the silence begins now.
 */
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/l1_stall.h"

enum {
	POLL_MS = 2000,
	STALE_S = 300 /* an L1 node whose newest block is older lags */
};

struct block {
	uint64_t number, time;
};

struct account {
	const char *name, *address;
	uint64_t nonce;
	uint64_t since; /* L1 time at which its last transaction was there */
};

struct silence {
	struct effect_ctx *ctx;
	struct rpc *rpc;
	struct account *list;
	size_t n;
	uint64_t seconds;
	struct block head;
};

static enum rpc_status
read_block(struct silence *s, json_t *which, struct block *out)
{
	CLEANUP(put_json) json_t *b = NULL;
	enum rpc_status st;

	st = rpc_call(s->rpc, "eth_getBlockByNumber",
		      json_pack("[o, b]", which, 0), &b, s->ctx->ds);
	if (st != RPC_OK)
		return st;
	if (!quantity_u64(jx_get(b, "number"), &out->number) &&
	    !quantity_u64(jx_get(b, "timestamp"), &out->time))
		return RPC_OK;
	diag_err(s->ctx->ds, "E0811", "%s: the answer to %s is not a block",
		 rpc_name(s->rpc), "eth_getBlockByNumber");
	return RPC_BAD_REPLY;
}

/* ds NULL: of the past, where a refusal is an answer. */
static enum rpc_status
read_nonce(struct silence *s, const struct account *a, uint64_t block,
	   uint64_t *out, struct diags *ds)
{
	return rpc_u64(
		s->rpc, "eth_getTransactionCount",
		json_pack("[s, o]", a->address, quantity_from_u64(block)), out,
		ds);
}

/* The first block that is known to have its newest nonce. */
static enum outcome
find_since(struct silence *s, struct account *a)
{
	uint64_t low = 0, high = s->head.number, nonce;
	struct block b;
	enum rpc_status st;

	st = read_nonce(s, a, high, &a->nonce, s->ctx->ds);
	while (st == RPC_OK && low < high) {
		uint64_t mid = low + (high - low) / 2;
		enum rpc_status past = read_nonce(s, a, mid, &nonce, NULL);

		if (past == RPC_CANCELLED || effect_cancelled(s->ctx))
			return OC_CANCELLED;
		if (past == RPC_OK && nonce == a->nonce)
			high = mid;
		else
			low = mid + 1;
	}
	if (st == RPC_OK)
		st = read_block(s, quantity_from_u64(high), &b);
	if (st == RPC_OK)
		a->since = b.time;
	return rpc_outcome(st);
}

static enum outcome
check_fresh(struct silence *s)
{
	int64_t age = (int64_t)time(NULL) - (int64_t)s->head.time;

	if (age <= STALE_S)
		return OC_OK;
	diag_err(s->ctx->ds, "E0555",
		 "cannot prove that the machine which has the processes is "
		 "silent: the newest block of %s is %lld min old",
		 rpc_name(s->rpc), (long long)(age / 60));
	diag_hint(s->ctx->ds, "use an L1 node that is in sync");
	return OC_FAIL;
}

static enum outcome
still_silent(struct silence *s, const struct account *a)
{
	uint64_t nonce;
	enum rpc_status st;

	st = read_nonce(s, a, s->head.number, &nonce, s->ctx->ds);
	if (st != RPC_OK || nonce == a->nonce)
		return rpc_outcome(st);
	diag_err(s->ctx->ds, "E0555",
		 "the machine which has the processes is at work: '%s' (%s) "
		 "sent a transaction by L1 block %llu",
		 a->name, a->address, (unsigned long long)s->head.number);
	diag_hint(s->ctx->ds, "run 'opl2 stop' there, then rerun the command");
	return OC_FAIL;
}

/* Seconds that are left until all have been silent for long enough; 0: they
 * have. *which is the one that takes longest. */
static uint64_t
left(const struct silence *s, const struct account **which)
{
	uint64_t most = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t until = s->list[i].since + s->seconds;

		if (until <= s->head.time || until - s->head.time <= most)
			continue;
		most = until - s->head.time;
		*which = &s->list[i];
	}
	return most;
}

/* One more block, or none. */
static enum outcome
look_again(struct silence *s, struct l1_stall *stall)
{
	enum outcome oc;

	if (effect_wait(s->ctx, POLL_MS))
		return OC_CANCELLED;
	oc = rpc_outcome(read_block(s, json_string("latest"), &s->head));
	if (oc == OC_OK)
		oc = l1_stall_check(stall, s->ctx, "L1", s->head.number);
	for (size_t i = 0; oc == OC_OK && i < s->n; i++)
		oc = still_silent(s, &s->list[i]);
	return oc;
}

static enum outcome
wait_silent(struct silence *s)
{
	struct l1_stall stall = { 0 };
	const struct account *a = NULL;
	enum outcome oc = OC_OK;
	uint64_t s_left;

	while (oc == OC_OK && (s_left = left(s, &a)) > 0) {
		effect_progress(s->ctx,
				"waits until the other machine has been silent "
				"for %llu min: '%s' sent a transaction not "
				"long ago, %llu s left",
				(unsigned long long)(s->seconds / 60), a->name,
				(unsigned long long)s_left);
		oc = look_again(s, &stall);
	}
	return oc;
}

static enum outcome
silence_run(struct effect_ctx *ctx, const struct effect_op *op,
	    struct effect_result *out)
{
	uint64_t id = (uint64_t)jx_int(op->config, "l1_chain_id", 0);
	CLEANUP(rpc_freep) struct rpc *rpc = effect_rpc(ctx, op, "l1_rpc", id);
	const json_t *accounts = jx_get(op->config, "accounts"), *v;
	struct silence s = {
		.ctx = ctx,
		.rpc = rpc,
		.n = json_array_size(accounts),
		.seconds = (uint64_t)jx_int(op->config, "seconds", 0),
	};
	enum outcome oc;
	size_t i;

	if (!rpc)
		return OC_FAIL;
	s.list = arena_alloc(ctx->arena, (s.n + 1) * sizeof(*s.list));
	oc = rpc_outcome(rpc_check_chain(rpc, &id, ctx->ds));
	if (oc == OC_OK)
		oc = rpc_outcome(
			read_block(&s, json_string("latest"), &s.head));
	if (oc == OC_OK)
		oc = check_fresh(&s);
	json_array_foreach(accounts, i, v) {
		s.list[i] = (struct account){
			.name = jx_str(v, "name", ""),
			.address = jx_str(v, "address", ""),
		};
		if (oc == OC_OK)
			oc = find_since(&s, &s.list[i]);
	}
	if (oc == OC_OK)
		oc = wait_silent(&s);
	if (oc == OC_OK)
		out->attrs = json_object();
	return oc;
}

const struct action action_silence = {
	.name = "silence",
	.run = silence_run,
};
