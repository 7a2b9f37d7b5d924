/* npm_package: the effect half. */
#include "engine/io/jx.h"
#include "providers/clients/packages/npm.h"
#include "providers/clients/store/store.h"
#include "providers/kinds/effect.h"

static enum outcome
npm_package_read(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const char *dir = jx_str(op->prior, "dir", NULL);
	int rc = dir ? store_verify(dir, false, NULL, ctx->ds) : 0;

	if (rc < 0)
		return OC_FAIL;
	if (rc == 0)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static struct npm_want
want_of(const struct effect_op *op)
{
	return (struct npm_want){
		.package = jx_str(op->config, "package", ""),
		.version = jx_str(op->config, "version", ""),
		.integrity = jx_str(op->config, "integrity", NULL),
	};
}

static enum outcome
npm_package_create(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	struct npm_want want = want_of(op);
	CLEANUP(npm_got_done) struct npm_got got;
	enum outcome oc = npm_get(ctx, op, &want, &got);

	if (oc != OC_OK)
		return oc;
	out->attrs =
		json_pack("{s:s,s:s}", "dir", got.dir, "digest", got.integrity);
	out->lock = TAKE(got.lock);
	return OC_OK;
}

static enum outcome
npm_package_needs(struct effect_ctx *ctx, const struct effect_op *op,
		  json_t *out)
{
	struct npm_want want = want_of(op);

	return *want.package && *want.version ? npm_needs(ctx, op, &want, out)
					      : OC_OK;
}

const struct effects effects_npm_package = {
	.kind = "npm_package",
	.read = npm_package_read,
	.create = npm_package_create,
	.remove = effect_leave,
	.needs = npm_package_needs,
};
