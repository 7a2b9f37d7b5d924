#include "engine/schema/schema.h"

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/embed.h"

/*
 * Parsed schema files, filled in as they are asked for and never freed: they
 * are constants of the program whose text happens to be JSON.
 */
static json_t **parsed;

static void
expand(json_t *node, const json_t *root)
{
	const char *ref = jx_str(node, "$ref", NULL), *key;
	json_t *v;
	size_t i;

	if (ref && *ref == '#') {
		json_object_update_missing(
			node, (json_t *)(uintptr_t)jx_at(root, ref + 1));
		json_object_del(node, "$ref");
	}
	json_object_foreach(node, key, v)
		expand(v, root);
	json_array_foreach(node, i, v)
		expand(v, root);
}

void
schema_expand(json_t *schema)
{
	expand(schema, schema);
}

const json_t *
schema_file(const char *path)
{
	const struct embed *e = embed_find(path);
	size_t i;

	if (!e)
		return NULL;
	if (!parsed)
		parsed = xcalloc(embed_count, sizeof(*parsed));
	i = (size_t)(e - embed_table);
	if (!parsed[i]) {
		parsed[i] = jx_parse(e->start, (size_t)(e->end - e->start),
				     path, NULL);
		schema_expand(parsed[i]);
	}
	return parsed[i];
}

const json_t *
schema_for(const char *kind)
{
	char path[96];
	int n = snprintf(path, sizeof(path), "kinds/%s.json", kind);

	return n > 0 && (size_t)n < sizeof(path) ? schema_file(path) : NULL;
}

const json_t *
schema_any(void)
{
	static json_t *any;

	if (!any)
		any = json_pack("{s:s}", "type", "any");
	return any;
}

const json_t *
schema_step(const json_t *schema, const char *key)
{
	const char *type = jx_str(schema, "type", "any");
	const json_t *s;

	if (strcmp(type, "any") == 0)
		return schema_any();
	if (strcmp(type, "array") == 0) {
		uint64_t i;

		if (strcmp(key, "-") != 0 && parse_u64(key, UINT64_MAX, &i) < 0)
			return NULL;
		s = jx_get(schema, "items");
		return s ? s : schema_any();
	}
	if (strcmp(type, "object") != 0)
		return NULL;
	s = jx_get(jx_get(schema, "properties"), key);
	if (s)
		return s;
	s = jx_get(schema, "additionalProperties");
	if (json_is_object(s))
		return s;
	return json_is_true(s) ? schema_any() : NULL;
}

/* Reads one segment of a JSON pointer, unescaped; NULL at the end. */
static const char *
next_segment(const char *p, char *seg, size_t max)
{
	size_t n = 0;

	if (*p != '/')
		return NULL;
	for (p++; *p && *p != '/'; p++) {
		char c = *p;

		if (c == '~' && (p[1] == '0' || p[1] == '1'))
			c = *++p == '0' ? '~' : '/';
		if (n + 1 < max)
			seg[n++] = c;
	}
	seg[n] = '\0';
	return p;
}

const json_t *
schema_at(const json_t *schema, const char *pointer)
{
	char seg[256];

	while (schema && (pointer = next_segment(pointer, seg, sizeof(seg))))
		schema = schema_step(schema, seg);
	return schema == schema_any() ? NULL : schema;
}

static const char *const class_names[] = {
	[CLASS_IN_PLACE] = "in_place",       [CLASS_RESTART] = "restart",
	[CLASS_ONE_WAY] = "one_way",         [CLASS_REPLACE] = "replace",
	[CLASS_NEW_GENESIS] = "new_genesis", [CLASS_NEW_CHAIN] = "new_chain",
	[CLASS_IMPOSSIBLE] = "impossible",
};

static enum change_class
class_of(const json_t *schema, enum change_class inherited)
{
	const char *s = jx_str(schema, "x-class", NULL);
	size_t i;

	for (i = 0; s && i < COUNTOF(class_names); i++)
		if (strcmp(s, class_names[i]) == 0)
			return (enum change_class)i;
	return inherited;
}

enum change_class
schema_class(const json_t *schema, const char *pointer)
{
	enum change_class c = class_of(schema, CLASS_IN_PLACE);
	char seg[256];

	while (schema && (pointer = next_segment(pointer, seg, sizeof(seg)))) {
		schema = schema_step(schema, seg);
		c = class_of(schema, c);
	}
	return c;
}

bool
schema_sensitive(const json_t *schema, const char *pointer)
{
	bool s = jx_bool(schema, "x-sensitive", false);
	char seg[256];

	while (!s && schema &&
	       (pointer = next_segment(pointer, seg, sizeof(seg)))) {
		schema = schema_step(schema, seg);
		s = jx_bool(schema, "x-sensitive", false);
	}
	return s;
}

const char *
schema_chain(const json_t *schema)
{
	const json_t *props = jx_get(schema, "properties");
	const char *key;
	json_t *sub;

	json_object_foreach((json_t *)(uintptr_t)props, key, sub) {
		if (jx_bool(sub, "x-chain", false))
			return key;
	}
	return NULL;
}

json_t *
schema_choices(const json_t *schema)
{
	const json_t *e = jx_get(schema, "enum");
	const char *from = jx_str(schema, "x-enum-from", NULL), *hash, *key;
	const json_t *file;
	char path[128];
	json_t *out, *v;

	if (e)
		return json_deep_copy(e);
	if (!from)
		return NULL;
	hash = strchr(from, '#');
	snprintf(path, sizeof(path), "%.*s",
		 (int)(hash ? hash - from : (long)strlen(from)), from);
	file = schema_file(path);
	file = hash && file ? jx_at(file, hash + 1) : file;
	if (json_is_array(file))
		return json_deep_copy(file);
	if (!json_is_object(file))
		return NULL;
	CLEANUP(put_json) json_t *map = jx_share(file);

	out = json_array();
	json_object_foreach(map, key, v)
		json_array_append_new(out, json_string(key));
	return out;
}
