/* key: the effect half. */
#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/effect.h"
#include "providers/key_source.h"
#include "providers/lib/keystore.h"
#include "providers/lib/secret_key.h"
#include "providers/lib/sign.h"

/* Where the key is, as far as it is told by the source alone. */
struct place {
	const json_t *source;
	const char *file, *keystore;
	json_t *token;
};

static void
place_done(struct place *p)
{
	json_decref(p->token);
}

static struct place
place_of(struct op_ctx *ctx, const struct op *op)
{
	const char *dir = op->env->spec_dir;
	struct place p = { .source = jx_get(op->config, "source") };

	p.file = key_source_file(ctx->arena, p.source, op->addr, dir,
				 op->env->state_dir);
	p.keystore = key_source_keystore(ctx->arena, p.source, dir);
	p.token = key_source_token(ctx->arena, p.source, p.file, dir);
	return p;
}

/* A key that is no file of text. */
static struct sign_key *
from_token(struct op_ctx *ctx, const struct op *op, const struct place *p)
{
	const char *what =
		p->keystore
			? arena_printf(ctx->arena, "what keystore '%s' holds",
				       p->keystore)
			: arena_printf(ctx->arena, "environment variable '%s'",
				       jx_str(p->source, "env", ""));

	if (p->keystore)
		op_progress(ctx, "opens its keystore");
	return secret_key(p->token, op->env->secrets, op->env->spec_dir, what,
			  ctx->ds);
}

static void
fill(const uint8_t raw[20], const struct place *p, struct op_result *out)
{
	char address[43];

	eip55(raw, address);
	out->attrs = json_pack("{s:s, s:O, s:s?}", "address", address,
			       "private_key", p->token, "file", p->file);
}

static void
fill_from(const struct sign_key *k, const struct place *p,
	  struct op_result *out)
{
	uint8_t raw[20];

	sign_key_address(k, raw);
	fill(raw, p, out);
}

static bool
env_is_set(const struct op *op, const char *name)
{
	CLEANUP(freep) char *key = xasprintf("env:%s", name ? name : "");

	return jx_get(op->env->secrets, key) != NULL;
}

/* Of a keystore only the address is looked at, which costs nothing and needs
 * no password; that the key is of it was seen when the resource was made. */
static enum outcome
read_keystore(struct op_ctx *ctx, const struct op *op, const struct place *p,
	      struct op_result *out)
{
	struct keystore k;

	if (keystore_load(p->keystore, &k, ctx->ds) < 0) {
		diag_path(ctx->ds, "/source/keystore");
		return OC_FAIL;
	}
	if (k.has_address)
		fill(k.address, p, out);
	else
		out->attrs = jx_share(op->prior);
	return OC_OK;
}

static enum outcome
key_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	CLEANUP(place_done) struct place p = place_of(ctx, op);
	CLEANUP(sign_key_freep) struct sign_key *k = NULL;

	if (!op->prior)
		return OC_GONE;
	if (p.keystore)
		return read_keystore(ctx, op, &p, out);
	if (!p.file && !env_is_set(op, jx_str(p.source, "env", NULL))) {
		/* A plan needs no key: what is recorded holds. */
		out->attrs = jx_share(op->prior);
		return OC_OK;
	}
	/* A lost file is an error, never a reason to make another key: money
	 * and contracts belong to this one. */
	k = p.file ? sign_key_from_file(p.file, ctx->ds)
		   : from_token(ctx, op, &p);
	if (!k) {
		diag_path(ctx->ds, "/source");
		return OC_FAIL;
	}
	fill_from(k, &p, out);
	return OC_OK;
}

static enum outcome
key_create(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	CLEANUP(place_done) struct place p = place_of(ctx, op);
	CLEANUP(sign_key_freep) struct sign_key *k = NULL;
	const char *dir =
		arena_printf(ctx->arena, "%s/keys", op->env->state_dir);

	if (!p.file)
		k = from_token(ctx, op, &p);
	else if (!jx_bool(p.source, "generate", false))
		k = sign_key_from_file(p.file, ctx->ds);
	else if (file_mkdirs(dir, 0700, ctx->ds) == 0)
		k = sign_key_write_new(p.file, ctx->ds);
	if (!k) {
		diag_path(ctx->ds, "/source");
		return OC_FAIL;
	}
	fill_from(k, &p, out);
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
