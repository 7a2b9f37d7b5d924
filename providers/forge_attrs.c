#include "providers/forge_attrs.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"

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

static json_t *
content(const json_t *config)
{
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
	CLEANUP(put_json)
	json_t *what =
		json_pack("{s:o, s:s, s:s, s:i}", "content", content(config),
			  "forge", jx_str(config, "forge", ""), "solc",
			  jx_str(config, "solc", ""), "layout", LAYOUT);

	jx_digest(what, out);
}
