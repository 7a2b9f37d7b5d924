/* null: the effect half. Its whole effect is a random identifier. */
#include <sys/random.h>

#include "engine/base/hash.h"
#include "engine/io/jx.h"
#include "providers/kinds/effect.h"

static enum outcome
null_read(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	  struct effect_result *out)
{
	if (!op->prior)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static enum outcome
null_create(struct effect_ctx *ctx, const struct effect_op *op UNUSED,
	    struct effect_result *out)
{
	CLEANUP(put_json) json_t *token = NULL;
	unsigned char raw[16];
	char id[33];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw)) {
		diag_errno(ctx->ds, "E0654", "cannot get random bytes");
		return OC_FAIL;
	}
	hex_encode(raw, sizeof(raw), id);
	token = json_pack("{s:s}", "id", id);
	if (effect_intend(ctx, token))
		return OC_FAIL;
	out->attrs = json_pack("{s:s}", "id", id);
	return OC_OK;
}

static enum outcome
null_update(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	    struct effect_result *out)
{
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static enum outcome
null_recover(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	     struct effect_result *out)
{
	if (!op->token)
		return OC_RETRY;
	out->attrs = json_pack("{s:s}", "id", jx_str(op->token, "id", ""));
	return OC_OK;
}

const struct effects effects_null = {
	.kind = "null",
	.read = null_read,
	.create = null_create,
	.update = null_update,
	.remove = effect_leave,
	.recover = null_recover,
};
