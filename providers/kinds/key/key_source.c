#include "providers/kinds/key/key_source.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"

static const char *
key_source_absolute(struct arena *a, const char *path, const char *spec_dir)
{
	return path[0] == '/' ? path : arena_printf(a, "%s/%s", spec_dir, path);
}

const char *
key_source_file(struct arena *a, const json_t *source, const char *generated,
		const char *spec_dir)
{
	const char *file = jx_str(source, "file", NULL);

	if (jx_bool(source, "generate", false))
		return generated;
	return file ? key_source_absolute(a, file, spec_dir) : NULL;
}

const char *
key_source_keystore(struct arena *a, const json_t *source, const char *spec_dir)
{
	const char *file = jx_str(source, "keystore", NULL);

	return file ? key_source_absolute(a, file, spec_dir) : NULL;
}

static json_t *
keystore_token(struct arena *a, const json_t *source, const char *keystore,
	       const char *spec_dir)
{
	const char *file = jx_str(source, "password_file", NULL);
	json_t *password =
		file ? json_pack("{s:s}", "file",
				 key_source_absolute(a, file, spec_dir))
		     : json_pack("{s:s}", "env",
				 jx_str(source, "password_env", ""));

	return json_pack("{s:[{s:s, s:o}]}", "$secret", "keystore", keystore,
			 "password", password);
}

/* The signer with absolute paths; the empty texts are said in the schema. */
static json_t *
signer_attr(struct arena *a, const json_t *signer, const char *spec_dir)
{
	static const char *const files[] = { "tls_ca", "tls_cert", "tls_key" };
	const char *tls = jx_str(signer, "tls_ca", NULL);
	json_t *o = json_pack(
		"{s:s, s:s, s:s}", "url", jx_str(signer, "url", ""), "address",
		jx_str(signer, "address", ""), "tls", tls ? "true" : "false");

	for (size_t i = 0; i < COUNTOF(files); i++) {
		const char *path = jx_str(signer, files[i], NULL);

		json_object_set_new(
			o, files[i],
			json_string(
				path ? key_source_absolute(a, path, spec_dir)
				     : ""));
	}
	return o;
}

static json_t *
no_signer(void)
{
	return json_pack("{s:n, s:n, s:n, s:n, s:n, s:n}", "url", "address",
			 "tls", "tls_ca", "tls_cert", "tls_key");
}

/* {"signer": {url, address[, tls_ca, tls_cert, tls_key]}} */
static json_t *
signer_token(const json_t *attr)
{
	json_t *at = json_copy((json_t *)(uintptr_t)attr);

	if (strcmp(jx_str(attr, "tls", ""), "true") != 0) {
		json_object_del(at, "tls_ca");
		json_object_del(at, "tls_cert");
		json_object_del(at, "tls_key");
	}
	json_object_del(at, "tls");
	return json_pack("{s:[{s:o}]}", "$secret", "signer", at);
}

static json_t *
local_token(struct arena *a, const json_t *source, const char *file,
	    const char *spec_dir)
{
	const char *keystore = key_source_keystore(a, source, spec_dir);

	if (file)
		return json_pack("{s:[{s:s}]}", "$secret", "file", file);
	if (keystore)
		return keystore_token(a, source, keystore, spec_dir);
	return json_pack("{s:[{s:s}]}", "$secret", "env",
			 jx_str(source, "env", ""));
}

json_t *
key_source_attrs(struct arena *a, const json_t *source, const char *generated,
		 const char *spec_dir)
{
	const json_t *signer = jx_get(source, "signer");
	const char *file = key_source_file(a, source, generated, spec_dir);
	json_t *token;

	if (signer) {
		json_t *attr = signer_attr(a, signer, spec_dir);

		return json_pack("{s:o, s:n, s:o, s:n}", "private_key",
				 signer_token(attr), "local_key", "signer",
				 attr, "file");
	}
	token = local_token(a, source, file, spec_dir);
	return json_pack("{s:O, s:o, s:o, s:s?}", "private_key", token,
			 "local_key", token, "signer", no_signer(), "file",
			 file);
}
