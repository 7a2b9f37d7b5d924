#include "providers/kinds/toolchain/toolchain_places.h"

#include <stdbool.h>
#include <string.h>

#include "engine/io/jx.h"
#include "providers/kinds/archive/archive.h"

static bool
serves(const json_t *from, const char *platform)
{
	const json_t *all = jx_get(from, "platforms"), *one;
	size_t i;

	json_array_foreach(all, i, one) {
		const char *name = json_string_value(one);

		if (name && strcmp(name, platform) == 0)
			return true;
	}
	return !all;
}

size_t
toolchain_places(struct arena *a, const json_t *config, const char *platform,
		 struct toolchain_place **out)
{
	const json_t *first = jx_get(config, "from");
	const json_t *others = jx_get(config, "fallback"), *from;
	size_t n = 0, i;

	*out = arena_alloc(a, (json_array_size(others) + 1) * sizeof(**out));
	if (first && (!platform || serves(first, platform)))
		(*out)[n++] = (struct toolchain_place){ first, "/from" };
	json_array_foreach(others, i, from) {
		if (platform && !serves(from, platform))
			continue;
		(*out)[n++] = (struct toolchain_place){
			from, jx_ptr_idx(a, "/fallback", i)
		};
	}
	return n;
}

static const char *
origin_text(struct arena *a, const json_t *from)
{
	const json_t *npm = jx_get(from, "npm"), *go = jx_get(from, "go");
	const char *dir = jx_str(from, "dir", jx_str(from, "path", NULL));

	if (npm)
		return arena_printf(a, "npm:%s@%s", jx_str(npm, "package", ""),
				    jx_str(npm, "version", ""));
	if (go)
		return arena_printf(a, "go:%s", jx_str(go, "version", ""));
	if (jx_get(from, "image"))
		return arena_printf(a, "image:%s",
				    jx_str(jx_get(from, "image"), "ref", ""));
	if (dir)
		return arena_printf(a, "'%s'", dir);
	return arena_printf(a, "archive:%s",
			    archive_file_name(a, jx_str(jx_get(from, "archive"),
							"url", "")));
}

const char *
toolchain_place_text(struct arena *a, const json_t *from)
{
	const char *text = origin_text(a, from);
	const char *note = jx_str(from, "note", NULL);

	return note ? arena_printf(a, "%s (%s)", text, note) : text;
}
