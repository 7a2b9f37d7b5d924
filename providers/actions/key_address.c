/*
 * key_address: whose key it is. Nothing is sent.
 *
 * config: {key: KEY, what: what the key is called in an error}
 * answer: {address}
 */
#include "engine/base/hash.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/keys/keystore.h"
#include "providers/clients/send/effect_send.h"

/* A keystore mostly says its account, which spares the seconds that it takes
 * to open one; whether that is true is seen when its key is used. */
static bool
keystore_says(struct effect_ctx *ctx, const json_t *key, uint8_t out[20])
{
	const json_t *part = json_array_get(jx_get(key, "$secret"), 0);
	const char *path = jx_str(part, "keystore", NULL);
	struct keystore k;

	if (!path || keystore_load(path, &k, ctx->ds) < 0 || !k.has_address)
		return false;
	memcpy(out, k.address, 20);
	return true;
}

static enum outcome
key_address_run(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	CLEANUP(signer_freep) struct signer *s = NULL;
	const json_t *key = jx_get(op->config, "key");
	char address[43];
	uint8_t raw[20];

	if (!keystore_says(ctx, key, raw)) {
		if (ctx->ds->nerrors == 0)
			s = effect_signer(ctx, op, key,
					  jx_str(op->config, "what", ""));
		if (!s)
			return OC_FAIL;
		signer_address(s, raw);
	}
	eip55(raw, address);
	out->attrs = json_pack("{s:s}", "address", address);
	return OC_OK;
}

const struct action action_key_address = {
	.name = "key_address",
	.run = key_address_run,
};
