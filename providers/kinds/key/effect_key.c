/* key: the effect half. */
#include "providers/kinds/key/effect_key.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/keystore.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"
#include "providers/kinds/key/key_place.h"
#include "providers/kinds/key/key_source.h"

/* Where the key is, and what that alone tells of it. */
struct place {
	const json_t *source, *signer;
	const char *file, *keystore;
	json_t *attrs;
};

static void
place_done(struct place *p)
{
	json_decref(p->attrs);
}

static struct place
place_of(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *dir = op->env->spec_dir, *keys = op->env->places->keys;
	const char *made = jx_str(op->planned, "file", NULL);
	struct place p = { .source = jx_get(op->config, "source") };

	p.signer = jx_get(p.source, "signer");
	if (!made || !jx_bool(p.source, "generate", false))
		made = key_place_recorded(ctx->arena, op->addr, keys,
					  op->prior_config ? op->prior_config
							   : op->config,
					  op->prior);
	p.file = key_source_file(ctx->arena, p.source, made, dir);
	p.keystore = key_source_keystore(ctx->arena, p.source, dir);
	p.attrs = key_source_attrs(ctx->arena, p.source, made, dir);
	return p;
}

/* A key that is no file of text, or a signer. */
static struct signer *
from_token(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct place *p)
{
	const char *what =
		p->keystore
			? arena_printf(ctx->arena, "what keystore '%s' holds",
				       p->keystore)
			: arena_printf(ctx->arena, "environment variable '%s'",
				       jx_str(p->source, "env", ""));

	if (p->keystore)
		effect_progress(ctx, "opens its keystore");
	return effect_signer(ctx, op, jx_get(p->attrs, "private_key"), what);
}

static struct signer *
from_file(struct effect_ctx *ctx, const struct place *p)
{
	struct sign_key *k = sign_key_from_file(p->file, ctx->ds);

	return k ? signer_local(k) : NULL;
}

static void
key_fill(const uint8_t raw[20], const struct place *p,
	 struct effect_result *out)
{
	char address[43];

	eip55(raw, address);
	out->attrs = jx_share(p->attrs);
	json_object_set_new(out->attrs, "address", json_string(address));
}

static enum outcome
fill_from(struct effect_ctx *ctx, const struct signer *s, const struct place *p,
	  struct effect_result *out)
{
	uint8_t raw[20];

	if (!s) {
		diag_path(ctx->ds, "/source");
		return OC_FAIL;
	}
	signer_address(s, raw);
	key_fill(raw, p, out);
	return OC_OK;
}

static bool
env_is_set(const struct effect_op *op, const char *name)
{
	CLEANUP(freep) char *key = xasprintf("env:%s", name ? name : "");

	return jx_get(op->env->secrets, key) != NULL;
}

/* Of a keystore only the address is looked at, which costs nothing and needs
 * no password; that the key is of it was seen when the resource was made. */
static enum outcome
read_keystore(struct effect_ctx *ctx, const struct effect_op *op,
	      const struct place *p, struct effect_result *out)
{
	uint8_t raw[20];
	int says = keystore_address(p->keystore, raw, ctx->ds);

	if (says < 0) {
		diag_path(ctx->ds, "/source/keystore");
		return OC_FAIL;
	}
	if (says)
		key_fill(raw, p, out);
	else
		out->attrs = jx_share(op->prior);
	return OC_OK;
}

/* A plan needs no key and asks no signer: what is recorded holds then. */
static enum outcome
key_read(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_result *out)
{
	CLEANUP(place_done) struct place p = place_of(ctx, op);
	CLEANUP(signer_freep) struct signer *s = NULL;

	if (!op->prior)
		return OC_GONE;
	if (p.keystore)
		return read_keystore(ctx, op, &p, out);
	if (p.signer ||
	    (!p.file && !env_is_set(op, jx_str(p.source, "env", NULL)))) {
		out->attrs = jx_share(op->prior);
		return OC_OK;
	}
	/* A lost file is an error, never a reason to make another key: money
	 * and contracts belong to this one. */
	s = p.file ? from_file(ctx, &p) : from_token(ctx, op, &p);
	return fill_from(ctx, s, &p, out);
}

/* The key is read where that takes neither a password nor a question. */
static struct signer *
key_at_hand(struct effect_ctx *ctx, const struct effect_op *op,
	    const struct place *p, const char **why)
{
	const char *env = jx_str(p->source, "env", NULL);

	*why = "cannot be read";
	if (env && !env_is_set(op, env))
		*why = arena_printf(ctx->arena, "%s is not set", env);
	else if (env)
		return from_token(ctx, op, p);
	else if (p->file && file_exists(p->file))
		return from_file(ctx, p);
	else if (jx_bool(p->source, "generate", false))
		*why = "not made yet";
	else if (p->file)
		*why = "no such file";
	return NULL;
}

const char *
key_account(struct effect_ctx *ctx, const struct effect_op *op,
	    const char **why)
{
	CLEANUP(place_done) struct place p = place_of(ctx, op);
	CLEANUP(signer_freep) struct signer *s = NULL;
	char address[43];
	uint8_t raw[20];
	int says;

	*why = "in its keystore";
	if (p.signer)
		return jx_str(p.signer, "address", "");
	if (p.keystore) {
		says = keystore_address(p.keystore, raw, ctx->ds);
		if (says < 0)
			*why = "cannot be read";
		if (says <= 0)
			return NULL;
	} else {
		s = key_at_hand(ctx, op, &p, why);
		if (!s)
			return NULL;
		signer_address(s, raw);
	}
	eip55(raw, address);
	return arena_strdup(ctx->arena, address);
}

static struct signer *
key_make(struct effect_ctx *ctx, const struct effect_op *op,
	 const struct place *p)
{
	const char *dir = op->env->places->keys;
	struct sign_key *k;

	if (!p->file)
		return from_token(ctx, op, p);
	if (!jx_bool(p->source, "generate", false))
		return from_file(ctx, p);
	if (file_mkdirs(dir, 0700, ctx->ds) < 0)
		return NULL;
	k = sign_key_write_new(p->file, ctx->ds);
	return k ? signer_local(k) : NULL;
}

static enum outcome
key_create(struct effect_ctx *ctx, const struct effect_op *op,
	   struct effect_result *out)
{
	CLEANUP(place_done) struct place p = place_of(ctx, op);
	CLEANUP(signer_freep) struct signer *s = key_make(ctx, op, &p);
	enum rpc_status st;

	/* Better found out now than when half of a chain is paid for. */
	st = s ? signer_ping(s, ctx->ds) : RPC_OK;
	if (st != RPC_OK) {
		diag_path(ctx->ds, "/source/signer");
		return rpc_outcome(st);
	}
	return fill_from(ctx, s, &p, out);
}

const struct effects effects_key = {
	.kind = "key",
	.read = key_read,
	.create = key_create,
	.remove = effect_leave, /* whoever is done with it deletes it by hand */
};
