/*
 * key: the key of a role. A generated one lives in .opl2/keys, mode 0600, and
 * is made once: a file that is there is never overwritten, so running create
 * again is the recovery. Destroy forgets the resource and leaves the file.
 */
#include "engine/kind/kind.h"

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/places.h"
#include "providers/kinds/key/key_place.h"
#include "providers/kinds/key/key_source.h"

#define KEYSTORE_MAX 65536u

static int
key_refuse(struct kind_ctx *ctx, const char *at, const char *why,
	   const char *hint)
{
	diag_err(ctx->ds, "E0823", "%s", why);
	diag_path(ctx->ds, "/source/%s", at);
	diag_hint(ctx->ds, "%s", hint);
	return -1;
}

static int
check_password(struct kind_ctx *ctx, const json_t *source)
{
	bool keystore = jx_get(source, "keystore") != NULL;
	bool file = jx_get(source, "password_file") != NULL;
	bool env = jx_get(source, "password_env") != NULL;

	if (!keystore && (file || env))
		return key_refuse(ctx, file ? "password_file" : "password_env",
				  "only a keystore has a password",
				  "name the file: keystore: PATH");
	if (keystore && file == env)
		return key_refuse(
			ctx, "keystore",
			file ? "a keystore has one password"
			     : "a keystore needs its password",
			"add password_file: PATH, or password_env: NAME");
	return 0;
}

static int
check_tls(struct kind_ctx *ctx, const json_t *signer)
{
	static const char *const files[] = { "tls_ca", "tls_cert", "tls_key" };
	size_t have = 0;

	for (size_t i = 0; i < COUNTOF(files); i++)
		have += jx_get(signer, files[i]) != NULL;
	if (have == 0 || have == COUNTOF(files))
		return 0;
	return key_refuse(ctx, "signer", "TLS for a signer needs three files",
			  "set tls_ca, tls_cert and tls_key, or none of them");
}

static int
key_check(struct kind_ctx *ctx, const json_t *config,
	  const json_t *unknown UNUSED)
{
	const json_t *source = jx_get(config, "source");

	if (jx_get(source, "generate") && !jx_bool(source, "generate", false))
		return key_refuse(
			ctx, "generate",
			"a key that is not generated needs another "
			"source",
			"use 'generate: true', 'env', 'file', 'keystore' "
			"or 'signer'");
	if (ctx->exposed && jx_get(source, "generate")) {
		diag_err(ctx->ds, "E0541",
			 "a generated key needs 'encryption' with this "
			 "'backend'");
		diag_path(ctx->ds, "/source/generate");
		diag_hint(ctx->ds, "add encryption: { passphrase: { env: NAME "
				   "} }");
		return -1;
	}
	if (check_password(ctx, source) < 0)
		return -1;
	return check_tls(ctx, jx_get(source, "signer"));
}

/* The address that a keystore says, EIP-55; NULL when it says none. Whether
 * it is true is seen when the keystore is opened. */
static const char *
keystore_address(struct kind_ctx *ctx, const char *path)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(KEYSTORE_MAX);
	CLEANUP(put_json) json_t *doc = NULL;
	CLEANUP(diags_done) struct diags quiet;
	char address[43];
	uint8_t raw[20];

	diags_init(&quiet);
	if (path && file_read_opt(path, &text, &quiet) == 0)
		doc = jx_parse(buf_str(&text), text.n, path, NULL);
	if (hex_decode(jx_str(doc, "address", ""), raw, sizeof(raw)) < 0)
		return NULL;
	eip55(raw, address);
	return arena_strdup(ctx->arena, address);
}

static int
key_plan(struct kind_ctx *ctx, const struct plan_req *req, struct plan_out *out)
{
	const json_t *source = jx_get(req->config, "source");
	const char *address, *generated = NULL;

	if (!source || is_unknown(req->unknown, "/source"))
		return 0;
	if (jx_bool(source, "generate", false) &&
	    !(generated = key_place(ctx, req)))
		return -1;
	out->attrs =
		key_source_attrs(ctx->arena, source, generated, ctx->spec_dir);
	address = jx_str(jx_get(source, "signer"), "address", NULL);
	if (!address)
		address = keystore_address(
			ctx,
			key_source_keystore(ctx->arena, source, ctx->spec_dir));
	if (address)
		json_object_set_new(out->attrs, "address",
				    json_string(address));
	return 0;
}

static int
key_leaves(struct kind_ctx *ctx, const json_t *config, const json_t *attrs,
	   struct plan_out *out)
{
	const json_t *source = jx_get(config, "source");
	const char *addr = jx_str(attrs, "address", "an account");
	const char *file = jx_str(attrs, "file", NULL);
	const char *keystore =
		key_source_keystore(ctx->arena, source, ctx->spec_dir);
	const char *env = jx_str(source, "env", NULL);
	const char *url = jx_str(jx_get(source, "signer"), "url", NULL);

	if (file)
		kind_note(ctx, out, "account %s: its key is in %s", addr, file);
	else if (keystore)
		kind_note(ctx, out, "account %s: its key is in keystore %s",
			  addr, keystore);
	else if (env)
		kind_note(ctx, out,
			  "account %s: its key is in the environment, %s", addr,
			  env);
	else if (url)
		kind_note(ctx, out, "account %s: its key is at the signer %s",
			  addr, url);
	else
		kind_note(ctx, out, "possibly a key in %s", ctx->places->keys);
	return 0;
}

/* Of version 1, before there were signers. */
static int
key_upgrade(struct kind_ctx *ctx, unsigned from UNUSED, json_t *config,
	    json_t *attrs)
{
	const char *generated = key_place_recorded(
		ctx->arena, ctx->addr, ctx->places->keys, config, attrs);
	CLEANUP(put_json)
	json_t *now = key_source_attrs(ctx->arena, jx_get(config, "source"),
				       generated, ctx->spec_dir);

	json_object_set(attrs, "local_key", json_object_get(now, "local_key"));
	json_object_set(attrs, "signer", json_object_get(now, "signer"));
	return 0;
}

const struct kind kind_key = {
	.name = "key",
	.schema_version = 2,
	.flags = KIND_FORGET,
	.check = key_check,
	.plan = key_plan,
	.leaves = key_leaves,
	.upgrade = key_upgrade,
};
