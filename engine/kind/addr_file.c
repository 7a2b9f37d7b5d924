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

/* With one component at most below it: the folder of an instance's resource in
 * an earlier version goes deeper. */
static const char *
file_in(struct arena *a, const char *text, const char *prefix)
{
	const char *at = NULL, *next = text, *name;
	size_t n;

	while ((next = strstr(next, prefix)))
		at = next++;
	if (!at)
		return NULL;
	/* Back to the last slash of what is looked for. */
	name = at + (strrchr(prefix, '/') - prefix) + 1;
	n = strcspn(name, "/");
	if (n == 0 || (name[n] && strchr(name + n + 1, '/')))
		return NULL;
	return arena_strndup(a, name, n);
}

const char *
addr_file_of(struct arena *a, const char *sub, const char *addr,
	     const json_t *attrs)
{
	const char *dot = strchr(addr, '.');
	const char *prefix = arena_printf(
		a, "%s/%.*s", sub, dot ? (int)(dot - addr) + 1 : 0, addr);
	const char *key, *found = NULL;
	json_t *v;

	/* Where an earlier version put an instance's resource. */
	if (strchr(addr, '/') && has_path(attrs, arena_printf(a, "/%s", addr)))
		return NULL;

	json_object_foreach((json_t *)(uintptr_t)attrs, key, v) {
		if (!found && json_is_string(v))
			found = file_in(a, json_string_value(v), prefix);
	}
	return found;
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
	const char *file = addr_file(a, addr), *was;
	bool made_before = has_path(planned, old) || has_path(recorded, old) ||
			   (!planned && !recorded && file_exists(there));

	if (has_path(planned, now))
		return arena_printf(a, "%s/%s", place, file);
	if (made_before)
		return there;
	was = addr_file_of(a, sub, addr, planned);
	if (!was && !has_path(recorded, now))
		was = addr_file_of(a, sub, addr, recorded);
	return arena_printf(a, "%s/%s", place, was ? was : file);
}
