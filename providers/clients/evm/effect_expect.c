#include "providers/clients/evm/effect_expect.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/call.h"
#include "providers/clients/rpc/effect_rpc.h"

enum outcome
effect_expect(struct effect_ctx *ctx, struct rpc *rpc, const json_t *expect,
	      const char *to, const char *say, bool *holds)
{
	CLEANUP(put_json) json_t *got = NULL;
	CLEANUP(freep) char *have = NULL, *want = NULL;
	enum outcome oc =
		rpc_outcome(call_expect(rpc, expect, to, holds, &got, ctx->ds));

	if (oc != OC_OK || *holds || !say)
		return oc;
	to = jx_str(expect, "to", to);
	if (!got) {
		diag_err(ctx->ds, say, "%s has no code or does not answer", to);
	} else {
		have = json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT);
		want = json_dumps(call_wanted(expect),
				  JSON_ENCODE_ANY | JSON_COMPACT);
		diag_err(ctx->ds, say, "%s of %s is %s, expected %s%s",
			 jx_str(expect, "function", "the slot"), to, have,
			 jx_get(expect, "not") ? "anything but " : "", want);
	}
	diag_path(ctx->ds, "/expect");
	return OC_FAIL;
}

void
effect_expect_keep(const struct effect_op *op, bool holds,
		   struct effect_result *out)
{
	out->attrs = json_deep_copy(op->prior);
	json_object_set_new(out->attrs, "holds", json_boolean(holds));
	out->priv = op->priv ? jx_share(op->priv) : NULL;
}
