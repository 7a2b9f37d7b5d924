#include "providers/kinds/key/key_place.h"

#include <string.h>

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"

const char *
key_place_old(struct arena *a, const char *addr)
{
	char *name = arena_strdup(a, addr);
	char *slash = strchr(name, '/');

	if (slash)
		*slash = '_';
	return name;
}

/* The chain's folder may have been moved since, so the name alone counts. */
const char *
key_place_name(const json_t *config, const json_t *attrs)
{
	const char *file = jx_str(attrs, "file", NULL);
	const char *slash = file ? strrchr(file, '/') : NULL;

	return slash && jx_bool(jx_get(config, "source"), "generate", false)
		       ? slash + 1
		       : NULL;
}

const char *
key_place_recorded(struct arena *a, const char *addr, const char *keys,
		   const json_t *config, const json_t *attrs)
{
	const char *name = key_place_name(config, attrs);
	const char *now = arena_printf(a, "%s/%s", keys, addr_file(a, addr));
	const char *old =
		arena_printf(a, "%s/%s", keys, key_place_old(a, addr));

	if (name)
		return arena_printf(a, "%s/%s", keys, name);
	return !file_exists(now) && file_exists(old) ? old : now;
}
