#include "providers/kinds/forge_project/forge_attrs.h"

#include "engine/base/compiler.h"
#include "engine/io/jx.h"

/* Raised when the layout of a project changes. */
#define LAYOUT 1

static void
add_dir(json_t *dirs, const char *program)
{
	const char *slash = program ? strrchr(program, '/') : NULL;
	json_t *dir;

	if (!slash)
		return;
	dir = json_stringn(program, (size_t)(slash - program));
	for (size_t i = 0; i < json_array_size(dirs); i++)
		if (json_equal(json_array_get(dirs, i), dir)) {
			json_decref(dir);
			return;
		}
	json_array_append_new(dirs, dir);
}

/* A compiler is its version here, wherever this machine has it. */
static json_t *
versions(const json_t *compilers)
{
	json_t *out = json_array();
	const char *version;
	json_t *path;

	json_object_foreach((json_t *)(uintptr_t)compilers, version, path)
		json_array_append_new(out, json_string(version));
	return out;
}

static json_t *
content(const json_t *config)
{
	const json_t *source = jx_get(config, "source");

	if (source)
		return json_pack("{s:s, s:s, s:O, s:O, s:o, s:O*}", "source",
				 jx_str(source, "digest", ""), "dir",
				 jx_str(source, "dir", "."), "patches",
				 jx_get(source, "patches"), "skip",
				 jx_get(source, "skip"), "compilers",
				 versions(jx_get(config, "compilers")),
				 "drivers", jx_get(config, "drivers"));
	return json_pack("{s:s, s:O}", "artifacts",
			 jx_str(config, "artifacts_digest", ""), "drivers",
			 jx_get(config, "drivers"));
}

json_t *
forge_attrs(const json_t *config)
{
	CLEANUP(put_json) json_t *what = content(config);
	const json_t *tools = jx_get(config, "tools");
	json_t *dirs = json_array();
	char digest[65];

	jx_digest(what, digest);
	add_dir(dirs, jx_str(config, "cast", NULL));
	for (size_t i = 0; i < json_array_size(tools); i++)
		add_dir(dirs, json_string_value(json_array_get(tools, i)));
	return json_pack("{s:s, s:o}", "digest", digest, "tool_dirs", dirs);
}

void
forge_key(const json_t *config, char out[65])
{
	/* A compiler is its version, where that is known: another build of it
	 * makes the same code. Those of a source are in the content. */
	const char *solc =
		jx_str(config, "solc_version", jx_str(config, "solc", ""));
	CLEANUP(put_json)
	json_t *what = json_pack(
		"{s:o, s:s, s:s, s:i}", "content", content(config), "forge",
		jx_str(config, "forge", ""), "solc", solc, "layout", LAYOUT);

	jx_digest(what, out);
}
