/*
 * opl2 schema: the fields of a kind, or a JSON Schema of the whole spec for
 * editors, made from the same files that validation uses.
 */
#include "engine/schema.h"

#include <jansson.h>

#include "cmd/opl2/cmd.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"

static json_t *editor_schema(const json_t *s);

static json_t *
properties(const json_t *props)
{
	json_t *out = json_object();
	const char *name;
	json_t *p;

	json_object_foreach((json_t *)(uintptr_t)props, name, p)
	{
		if (!jx_bool(p, "x-computed", false))
			json_object_set_new(out, name, editor_schema(p));
	}
	return out;
}

/* Our formats are written as text in YAML; a number or a reference may stand
 * wherever a value does. */
static json_t *
scalar(const json_t *s)
{
	const json_t *list = jx_get(s, "enum");
	json_t *alt = json_array();

	if (list)
		json_array_append_new(alt, json_pack("{s:O}", "enum", list));
	else if (strcmp(jx_str(s, "type", "any"), "boolean") == 0)
		json_array_append_new(alt,
				      json_pack("{s:s}", "type", "boolean"));
	else
		json_array_append_new(
			alt,
			json_pack("{s:[s,s]}", "type", "string",
				  strcmp(jx_str(s, "type", ""), "integer") == 0
					  ? "integer"
					  : "number"));
	json_array_append_new(alt, json_pack("{s:s, s:s}", "type", "string",
					     "pattern", "\\$\\{"));
	return json_pack("{s:o}", "anyOf", alt);
}

static json_t *
editor_schema(const json_t *s)
{
	static const char *const kept[] = { "title", "description", "default" };
	const char *type = jx_str(s, "type", "any");
	const json_t *more = jx_get(s, "additionalProperties");
	json_t *out;
	size_t i;

	if (strcmp(type, "object") == 0) {
		out = json_pack("{s:s, s:o}", "type", "object", "properties",
				properties(jx_get(s, "properties")));
		if (json_is_object(more))
			json_object_set_new(out, "additionalProperties",
					    editor_schema(more));
		else
			json_object_set_new(out, "additionalProperties",
					    json_boolean(json_is_true(more)));
	} else if (strcmp(type, "array") == 0) {
		out = json_pack("{s:s}", "type", "array");
		if (jx_get(s, "items"))
			json_object_set_new(out, "items",
					    editor_schema(jx_get(s, "items")));
	} else if (strcmp(type, "any") == 0) {
		out = json_object();
	} else {
		out = scalar(s);
	}
	for (i = 0; i < COUNTOF(kept); i++)
		if (jx_get(s, kept[i]))
			json_object_set(out, kept[i],
					json_object_get(s, kept[i]));
	return out;
}

/* What any resource takes, whatever its kind. */
static void
add_common(json_t *props)
{
	json_object_set_new(props, "when", json_object());
	json_object_set_new(props, "depends_on",
			    json_pack("{s:s, s:{s:s}}", "type", "array",
				      "items", "type", "string"));
	json_object_set_new(props, "timeout",
			    json_pack("{s:s}", "type", "string"));
	json_object_set_new(
		props, "lifecycle",
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:b}", "type",
			  "object", "properties", "prevent_destroy", "type",
			  "boolean", "ignore_changes", "type", "array",
			  "replace_when", "type", "array",
			  "additionalProperties", 0));
}

static json_t *
kinds(void)
{
	json_t *out = json_object();
	unsigned i;

	for (i = 0; i < kind_count; i++) {
		const json_t *s = schema_for(kind_table[i]->name);
		json_t *body = s ? editor_schema(s) : json_object();

		add_common(json_object_get(body, "properties"));
		json_object_set_new(out, kind_table[i]->name,
				    json_pack("{s:s, s:{s:[o, {s:s}]}}", "type",
					      "object", "additionalProperties",
					      "anyOf", body, "type", "null"));
	}
	return out;
}

static json_t *
whole_spec(void)
{
	static const char *const maps[] = { "with",    "variables",
					    "limits",  "instances",
					    "outputs", "registries",
					    "mirrors", "moved" };
	json_t *props = json_pack(
		"{s:{s:i}, s:{s:s}, s:{s:s}, s:{s:s},"
		" s:{s:s, s:b, s:o}}",
		"opl2", "const", 1, "name", "type", "string", "use", "type",
		"string", "port_offset", "type", "integer", "resources", "type",
		"object", "additionalProperties", 0, "properties", kinds());
	size_t i;

	for (i = 0; i < COUNTOF(maps); i++)
		json_object_set_new(props, maps[i], json_object());
	return json_pack("{s:s, s:s, s:s, s:[s,s], s:b, s:o}", "$schema",
			 "http://json-schema.org/draft-07/schema#", "title",
			 "opl2 chain spec", "type", "object", "required",
			 "opl2", "name", "additionalProperties", 0,
			 "properties", props);
}

static int
unknown_kind(struct cmd *c, const char *name)
{
	CLEANUP(freep)
	const char **names = xcalloc(kind_count + 1, sizeof(*names));
	const char *near;
	unsigned i;

	for (i = 0; i < kind_count; i++)
		names[i] = kind_table[i]->name;
	near = opts_nearest(name, names, kind_count);
	diag_err(&c->ds, "E1016", "there is no kind '%s'", name);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 schema' names them all under "
				  "'resources'");
	return -1;
}

static int
exec_schema(struct cmd *c)
{
	CLEANUP(put_json) json_t *whole = NULL;
	CLEANUP(freep) char *text = NULL;
	const char *kind = c->opts.nargs ? c->opts.args[0] : NULL;

	if (kind && !kind_find(kind))
		return unknown_kind(c, kind);
	if (!kind)
		whole = whole_spec();
	text = jx_dump(kind ? schema_for(kind) : whole);
	fputs(text, c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_schema = {
	.name = "schema",
	.args = "[KIND]",
	.summary = "print the fields of a kind, or a JSON Schema of the spec",
	.text = "Without KIND prints a JSON Schema of opl2.yaml for editors; "
		"with KIND the schema that validation itself uses.",
	.opts = opts_none,
	.max_args = 1,
	.exec = exec_schema,
};
