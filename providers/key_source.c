#include "providers/key_source.h"

#include "engine/base/jx.h"

static const char *
absolute(struct arena *a, const char *path, const char *spec_dir)
{
	return path[0] == '/' ? path : arena_printf(a, "%s/%s", spec_dir, path);
}

const char *
key_source_file(struct arena *a, const json_t *source, const char *addr,
		const char *spec_dir, const char *state_dir)
{
	const char *file = jx_str(source, "file", NULL);

	if (jx_bool(source, "generate", false)) {
		/* An instance's name holds a slash. */
		char *flat = arena_strdup(a, addr);

		for (char *p = flat; *p; p++)
			if (*p == '/')
				*p = '_';
		return arena_printf(a, "%s/keys/%s", state_dir, flat);
	}
	return file ? absolute(a, file, spec_dir) : NULL;
}

const char *
key_source_keystore(struct arena *a, const json_t *source, const char *spec_dir)
{
	const char *file = jx_str(source, "keystore", NULL);

	return file ? absolute(a, file, spec_dir) : NULL;
}

static json_t *
keystore_token(struct arena *a, const json_t *source, const char *keystore,
	       const char *spec_dir)
{
	const char *file = jx_str(source, "password_file", NULL);
	json_t *password =
		file ? json_pack("{s:s}", "file", absolute(a, file, spec_dir))
		     : json_pack("{s:s}", "env",
				 jx_str(source, "password_env", ""));

	return json_pack("{s:[{s:s, s:o}]}", "$secret", "keystore", keystore,
			 "password", password);
}

json_t *
key_source_token(struct arena *a, const json_t *source, const char *file,
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
