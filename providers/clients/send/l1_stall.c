#include "providers/clients/send/l1_stall.h"

#include "engine/base/clock.h"

bool
l1_stall_seen(struct l1_stall *s, uint64_t number, uint64_t now_ms)
{
	if (s->since_ms == 0 || s->at != number) {
		s->at = number;
		s->since_ms = now_ms;
	}
	return now_ms - s->since_ms >= STANDSTILL_MS;
}

enum outcome
l1_stall_check(struct l1_stall *s, struct effect_ctx *ctx, const char *name,
	       uint64_t number)
{
	if (!l1_stall_seen(s, number, mono_ms()))
		return OC_OK;
	diag_err(ctx->ds, "E0884",
		 "the %s has made no block for %d minutes: its newest is %llu",
		 name, STANDSTILL_MS / 60000, (unsigned long long)s->at);
	diag_hint(ctx->ds,
		  "'opl2 doctor' looks for the cause; sent transactions are "
		  "recorded, and rerunning the command continues");
	return OC_FAIL;
}

enum outcome
l1_stall_poll(struct l1_stall *s, struct effect_ctx *ctx, struct rpc *rpc,
	      const char *name)
{
	uint64_t number = s->at;
	struct diags quiet;

	diags_init(&quiet);
	if (rpc_u64(rpc, "eth_blockNumber", NULL, &number, &quiet) != RPC_OK)
		number = s->at;
	diags_done(&quiet);
	return l1_stall_check(s, ctx, name, number);
}
