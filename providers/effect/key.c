/* key: the effect half. */
#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/effect.h"
#include "providers/key_source.h"
#include "providers/lib/secret.h"
#include "providers/lib/sign.h"

static const char *
file_of(struct op_ctx *ctx, const struct op *op)
{
	return key_source_file(ctx->arena, jx_get(op->config, "source"),
			       op->addr, op->env->spec_dir, op->env->state_dir);
}

static struct sign_key *
from_env(struct op_ctx *ctx, const struct op *op, const json_t *token)
{
	struct buf text = BUF_INIT(SECRET_MAX);
	struct sign_key *k = NULL;

	if (secret_resolve(token, op->env->secrets, op->env->spec_dir, &text,
			   ctx->ds) == 0)
		k = sign_key_from_hex(
			buf_str(&text),
			arena_printf(ctx->arena, "environment variable '%s'",
				     jx_str(jx_get(op->config, "source"), "env",
					    "")),
			ctx->ds);
	secret_wipe(&text);
	return k;
}

static void
fill(const struct sign_key *k, const char *file, json_t *token,
     struct op_result *out)
{
	uint8_t raw[20];
	char address[43];

	sign_key_address(k, raw);
	eip55(raw, address);
	out->attrs = json_pack("{s:s, s:O, s:s?}", "address", address,
			       "private_key", token, "file", file);
}

static bool
env_is_set(const struct op *op)
{
	const char *name = jx_str(jx_get(op->config, "source"), "env", "");
	CLEANUP(freep) char *key = xasprintf("env:%s", name);

	return jx_get(op->env->secrets, key) != NULL;
}

static enum outcome
key_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	const char *file = file_of(ctx, op);
	CLEANUP(sign_key_freep) struct sign_key *k = NULL;
	CLEANUP(put_json)
	json_t *token = key_source_token(jx_get(op->config, "source"), file);

	if (!op->prior)
		return OC_GONE;
	if (!file && !env_is_set(op)) {
		/* A plan needs no key: what is recorded holds. */
		out->attrs = jx_share(op->prior);
		return OC_OK;
	}
	/* A lost file is an error, never a reason to make another key: money
	 * and contracts belong to this one. */
	k = file ? sign_key_from_file(file, ctx->ds) : from_env(ctx, op, token);
	if (!k) {
		diag_path(ctx->ds, "/source");
		return OC_FAIL;
	}
	fill(k, file, token, out);
	return OC_OK;
}

static enum outcome
key_create(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	const json_t *source = jx_get(op->config, "source");
	const char *file = file_of(ctx, op);
	CLEANUP(sign_key_freep) struct sign_key *k = NULL;
	CLEANUP(put_json) json_t *token = key_source_token(source, file);
	const char *dir =
		arena_printf(ctx->arena, "%s/keys", op->env->state_dir);

	if (!file)
		k = from_env(ctx, op, token);
	else if (!jx_bool(source, "generate", false))
		k = sign_key_from_file(file, ctx->ds);
	else if (file_mkdirs(dir, 0700, ctx->ds) == 0)
		k = sign_key_write_new(file, ctx->ds);
	if (!k) {
		diag_path(ctx->ds, "/source");
		return OC_FAIL;
	}
	fill(k, file, token, out);
	return OC_OK;
}

/* The file stays: whoever is done with the key deletes it by hand. */
static enum outcome
key_remove(struct op_ctx *ctx UNUSED, const struct op *op UNUSED)
{
	return OC_OK;
}

const struct effects effects_key = {
	.kind = "key",
	.read = key_read,
	.create = key_create,
	.remove = key_remove,
};
