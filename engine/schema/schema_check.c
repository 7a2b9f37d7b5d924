/*
 * Schemas are checked as strictly as specs: a keyword that nothing reads is a
 * promise that nobody keeps.
 */
#include "engine/schema/schema.h"

#include <regex.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/schema/schema_decode.h"

static const char *const keywords[] = {
	"title",       "description", "type",        "properties",
	"required",    "items",       "enum",        "additionalProperties",
	"default",     "pattern",     "minimum",     "maximum",
	"minLength",   "maxLength",   "minItems",    "format",
	"x-computed",  "x-stable",    "x-volatile",  "x-class",
	"x-sensitive", "x-unique",    "x-enum-from", "x-exactly-one",
	"x-chain",     "x-upgrade",   "x-takes",     "x-why",
};
static const char *const types[] = { "object",  "array",   "string",
				     "integer", "boolean", "any" };
static const char *const classes[] = { "in_place",  "restart",     "one_way",
				       "replace",   "new_genesis", "new_chain",
				       "impossible" };
static const char *const formats[] = {
	"address", "asset",   "bytes",        "download", "duration", "env",
	"git",     "goproxy", "gosumdb",      "hash",     "hexdata",  "mirror",
	"name",    "path",    "port",         "resource", "rpc",      "rpcs",
	"url",     "wei",     "version-range"
};

struct check {
	const char *name; /* of the schema */
	struct diags *ds;
	struct arena arena;
};

static bool
one_of(const char *word, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; word && i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static void
problem(struct check *c, const char *ptr, const char *text, const char *word)
{
	diag_err(c->ds, "E0600", "schema %s%s: %s '%s'", c->name, ptr, text,
		 word ? word : "");
}

static void
check_words(struct check *c, const json_t *s, const char *ptr)
{
	const char *type = jx_str(s, "type", NULL);
	const char *format = jx_str(s, "format", NULL);
	const char *class = jx_str(s, "x-class", NULL);
	const char *pattern = jx_str(s, "pattern", NULL);
	regex_t re;

	if (!one_of(type, types, COUNTOF(types)))
		problem(c, ptr, "no such type", type);
	if (format && !one_of(format, formats, COUNTOF(formats)))
		problem(c, ptr, "no such format", format);
	if (class && !one_of(class, classes, COUNTOF(classes)))
		problem(c, ptr, "no such class", class);
	if (format && strcmp(format, "port") == 0 &&
	    strcmp(type ? type : "", "integer") != 0)
		problem(c, ptr, "a port must be an integer, not", type);
	if (pattern && regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		problem(c, ptr, "malformed pattern", pattern);
	else if (pattern)
		regfree(&re);
	if (jx_get(s, "x-takes") && !json_is_integer(jx_get(s, "x-takes")) &&
	    !(json_is_true(jx_get(s, "x-takes")) && type &&
	      strcmp(type, "integer") == 0))
		problem(c, ptr, "x-takes is neither seconds nor of them", type);
	if (jx_get(s, "x-enum-from")) {
		CLEANUP(put_json) json_t *list = schema_choices(s);

		if (!list)
			problem(c, ptr, "nothing at x-enum-from",
				jx_str(s, "x-enum-from", NULL));
	}
}

static void
check_names(struct check *c, const json_t *s, const char *ptr,
	    const char *keyword)
{
	const json_t *list = jx_get(s, keyword);
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (!name || !jx_get(jx_get(s, "properties"), name))
			problem(c, ptr, "no such property", name);
	}
}

static void
check_default(struct check *c, const json_t *s, const char *ptr)
{
	const json_t *def = jx_get(s, "default");
	struct decode d;

	if (!def)
		return;
	decode_init(&d, &c->arena, c->ds, c->name);
	buf_adds(&d.ptr, ptr);
	json_decref(schema_coerce(&d, def, s, false));
	decode_done(&d);
}

static void
check_schema(struct check *c, const json_t *s, const char *ptr)
{
	CLEANUP(put_json) json_t *map = jx_share(s);
	json_t *props = json_object_get(s, "properties"), *v;
	const char *key;

	if (!json_is_object(s)) {
		problem(c, ptr, "not a schema", NULL);
		return;
	}
	json_object_foreach(map, key, v)
		if (!one_of(key, keywords, COUNTOF(keywords)))
			problem(c, ptr, "unknown keyword", key);
	check_words(c, s, ptr);
	check_names(c, s, ptr, "required");
	check_names(c, s, ptr, "x-exactly-one");
	check_default(c, s, ptr);
	json_object_foreach(props, key, v)
		check_schema(c, v, jx_ptr_key(&c->arena, ptr, key));
	v = json_object_get(s, "additionalProperties");
	if (v && !json_is_boolean(v))
		check_schema(c, v, jx_ptr_key(&c->arena, ptr, "*"));
	v = json_object_get(s, "items");
	if (v)
		check_schema(c, v, jx_ptr_key(&c->arena, ptr, "-"));
}

int
schema_check(const char *name, const json_t *schema, struct diags *ds)
{
	struct check c = { .name = name, .ds = ds };
	size_t before = ds->nerrors;

	arena_init(&c.arena);
	check_schema(&c, schema, "");
	arena_done(&c.arena);
	return ds->nerrors > before ? -1 : 0;
}
