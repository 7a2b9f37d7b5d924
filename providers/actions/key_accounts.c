/*
 * key_accounts: the accounts of keys that are not recorded. Nothing is made,
 * unlocked or asked for.
 *
 * config: {keys: [{addr, config, planned}, ...]}, as of the kind `key`
 * answer: {keys: [{address} or {pending: why there is none}, ...]}
 */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/kinds/key/effect_key.h"

/* A key that cannot be read is told by the apply that needs it. */
static json_t *
account(struct effect_ctx *ctx, const struct effect_op *op, const json_t *key)
{
	CLEANUP(diags_done) struct diags quiet;
	struct effect_ctx alone = *ctx;
	struct effect_op of_key = *op;
	const char *address, *why;

	diags_init(&quiet);
	alone.ds = &quiet;
	of_key.addr = jx_str(key, "addr", "");
	of_key.config = jx_get(key, "config");
	of_key.planned = jx_get(key, "planned");
	address = key_account(&alone, &of_key, &why);
	return json_pack("{s:s}", address ? "address" : "pending",
			 address ? address : why);
}

static enum outcome
key_accounts_run(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const json_t *keys = jx_get(op->config, "keys"), *key;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(keys, i, key)
		json_array_append_new(list, account(ctx, op, key));
	out->attrs = json_pack("{s:o}", "keys", list);
	return OC_OK;
}

const struct action action_key_accounts = {
	.name = "key_accounts",
	.run = key_accounts_run,
};
