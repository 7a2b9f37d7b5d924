#include "providers/lib/op_rpc.h"

#include "engine/base/jx.h"
#include "providers/lib/secret.h"

static bool
is_cancelled(void *arg)
{
	return op_cancelled(arg);
}

static int
resolve(struct op_ctx *ctx, const struct op *op, const json_t *v,
	struct buf *out)
{
	return secret_resolve(v, op->env->secrets, op->env->spec_dir, out,
			      ctx->ds);
}

int
op_url(struct op_ctx *ctx, const struct op *op, const char *field,
       struct buf *out)
{
	const json_t *v = jx_get(op->config, field);

	if (json_is_array(v))
		v = json_array_get(v, 0);
	return resolve(ctx, op, v, out);
}

struct rpc *
op_rpc(struct op_ctx *ctx, const struct op *op, const char *field,
       uint64_t chain_id)
{
	struct rpc_options opts = {
		.chain_id = chain_id,
		.cancelled = is_cancelled,
		.arg = ctx,
	};
	struct buf urls[RPC_URLS_MAX];
	const json_t *v = jx_get(op->config, field);
	size_t i, n = json_is_array(v) ? json_array_size(v) : 1;
	struct rpc *c = NULL;
	bool ok = true;

	if (n > RPC_URLS_MAX)
		n = RPC_URLS_MAX;
	for (i = 0; i < n; i++) {
		buf_init(&urls[i], SECRET_MAX);
		ok = ok && resolve(ctx, op,
				   json_is_array(v) ? json_array_get(v, i) : v,
				   &urls[i]) == 0;
		opts.urls[i] = buf_str(&urls[i]);
	}
	if (ok)
		c = rpc_new(&opts);
	for (i = 0; i < n; i++)
		secret_wipe(&urls[i]);
	return c;
}

enum outcome
op_outcome(enum rpc_status st)
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
