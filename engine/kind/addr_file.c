#include "engine/kind/addr_file.h"

#include <string.h>

#include "engine/io/file.h"
#include "engine/io/jx.h"

void
addr_flatten(char *addr)
{
	for (; *addr; addr++)
		if (*addr == '/')
			*addr = '+';
}

char *
addr_file(struct arena *a, const char *addr)
{
	char *name = arena_strdup(a, addr);

	addr_flatten(name);
	return name;
}

/* Is a path of theirs that folder, or in it? The chain may have been moved
 * since, so where it is does not count. */
static bool
has_path(const json_t *attrs, const char *folder)
{
	size_t n = strlen(folder);
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)attrs, key, v) {
		const char *text = json_string_value(v);
		const char *at = text ? strstr(text, folder) : NULL;

		if (at && (at[n] == '/' || !at[n]))
			return true;
	}
	return false;
}

const char *
addr_place(struct arena *a, const char *place, const char *addr,
	   const json_t *planned, const json_t *recorded)
{
	/* The chain's folder may have been moved since. */
	const char *sub = strrchr(place, '/');
	const char *now = arena_printf(a, "%s/%s", sub, addr_file(a, addr));
	const char *old = arena_printf(a, "%s/%s", sub, addr);
	const char *there = arena_printf(a, "%s/%s", place, addr);
	bool made_before = has_path(planned, old) || has_path(recorded, old) ||
			   (!planned && !recorded && file_exists(there));

	if (made_before && !has_path(planned, now))
		return there;
	return arena_printf(a, "%s/%s", place, addr_file(a, addr));
}
