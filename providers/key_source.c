#include "providers/key_source.h"

#include "engine/base/jx.h"

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
	if (!file)
		return NULL;
	return file[0] == '/' ? file : arena_printf(a, "%s/%s", spec_dir, file);
}

json_t *
key_source_token(const json_t *source, const char *file)
{
	if (file)
		return json_pack("{s:[{s:s}]}", "$secret", "file", file);
	return json_pack("{s:[{s:s}]}", "$secret", "env",
			 jx_str(source, "env", ""));
}
