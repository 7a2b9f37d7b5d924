#include "providers/clients/rpc/effect_rpc.h"

#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

static bool
effect_rpc_is_cancelled(void *arg)
{
	return effect_cancelled(arg);
}

static void
say_waiting(void *arg, const char *line)
{
	effect_progress(arg, "%s", line);
}

int
effect_url(struct effect_ctx *ctx, const struct effect_op *op,
	   const char *field, struct buf *out)
{
	return secret_resolve(jx_get(op->config, field), op->env->secrets,
			      op->env->spec_dir, out, ctx->ds);
}

/* What becomes of effect_rpc() and its like: tries and call_ms 0 for the usual.
 */
static struct rpc *
connect_to(struct effect_ctx *ctx, const struct effect_op *op,
	   const json_t *value, struct rpc_options opts)
{
	CLEANUP(secret_wipe) struct buf text = BUF_INIT(SECRET_MAX);
	char *save = NULL, *one;
	size_t n = 0;

	if (secret_resolve(value, op->env->secrets, op->env->spec_dir, &text,
			   ctx->ds) < 0)
		return NULL;
	opts.cancelled = effect_rpc_is_cancelled;
	opts.waiting = say_waiting;
	opts.arg = ctx;
	buf_str(&text);
	for (one = strtok_r(text.p, " ", &save); one && n < RPC_URLS_MAX;
	     one = strtok_r(NULL, " ", &save))
		opts.urls[n++] = one;
	return rpc_new(&opts);
}

struct rpc *
effect_rpc_value(struct effect_ctx *ctx, const struct effect_op *op,
		 const json_t *value, uint64_t chain_id, unsigned tries)
{
	return connect_to(
		ctx, op, value,
		(struct rpc_options){ .chain_id = chain_id, .tries = tries });
}

struct rpc *
effect_rpc_quick_value(struct effect_ctx *ctx, const struct effect_op *op,
		       const json_t *value, uint64_t chain_id)
{
	return connect_to(ctx, op, value,
			  (struct rpc_options){ .chain_id = chain_id,
						.tries = 1,
						.call_ms = 3000 });
}

struct rpc *
effect_rpc_quick(struct effect_ctx *ctx, const struct effect_op *op,
		 const char *field, uint64_t chain_id)
{
	return effect_rpc_quick_value(ctx, op, jx_get(op->config, field),
				      chain_id);
}

struct rpc *
effect_rpc(struct effect_ctx *ctx, const struct effect_op *op,
	   const char *field, uint64_t chain_id)
{
	return effect_rpc_value(ctx, op, jx_get(op->config, field), chain_id,
				0);
}

enum outcome
rpc_outcome(enum rpc_status st)
{
	switch (st) {
	case RPC_OK:
		return OC_OK;
	case RPC_UNREACHABLE:
	case RPC_TIMEOUT:
		return OC_RETRY;
	case RPC_CANCELLED:
		return OC_CANCELLED;
	case RPC_ERROR:
	case RPC_BAD_REPLY:
		break;
	}
	return OC_FAIL;
}
