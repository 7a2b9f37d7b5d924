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

static enum outcome
key_address_run(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	CLEANUP(signer_freep) struct signer *s = NULL;
	const json_t *key = jx_get(op->config, "key");
	const json_t *part = json_array_get(jx_get(key, "$secret"), 0);
	const char *path = jx_str(part, "keystore", NULL);
	char address[43];
	uint8_t raw[20];
	/* Opening one takes seconds, and mostly it says whose it is. */
	int says = path ? keystore_address(path, raw, ctx->ds) : 0;

	if (says == 0)
		s = effect_signer(ctx, op, key, jx_str(op->config, "what", ""));
	if (s)
		signer_address(s, raw);
	else if (says <= 0)
		return OC_FAIL;
	eip55(raw, address);
	out->attrs = json_pack("{s:s}", "address", address);
	return OC_OK;
}

const struct action action_key_address = {
	.name = "key_address",
	.run = key_address_run,
};
