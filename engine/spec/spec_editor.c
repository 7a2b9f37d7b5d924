#include "engine/spec/spec_editor.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_doc.h"
#include "engine/spec/spec_preset.h"
#include "engine/spec/spec_src.h"

static json_t *
input_editor(const struct input *in)
{
	static const char *const kept[] = { "description", "default" };
	json_t *j = schema_editor_of(in->schema);
	const json_t *deprecated = jx_get(in->decl, "deprecated");

	/* `null` is how a spec says: as if it were not given. */
	if (jx_get(j, "anyOf"))
		json_array_append_new(json_object_get(j, "anyOf"),
				      json_pack("{s:s}", "type", "null"));
	for (size_t i = 0; i < COUNTOF(kept); i++)
		if (jx_get(in->decl, kept[i]))
			json_object_set(
				j, kept[i],
				(json_t *)(uintptr_t)jx_get(in->decl, kept[i]));
	if (deprecated)
		json_object_set(j, "deprecationMessage",
				(json_t *)(uintptr_t)deprecated);
	return j;
}

/* {"if": it is used, "then": its inputs}; NULL: it cannot be read. */
static json_t *
preset_editor(const char *name)
{
	struct spec sp = { 0 };
	CLEANUP(diags_done) struct diags quiet;
	struct spec_src src = { .sp = &sp, .ds = &quiet };
	const json_t *decl = jx_at(schema_file("preset.json"),
				   "/properties/inputs/additionalProperties");
	json_t *inputs = json_object(), *out = NULL;
	struct input *in;
	struct ynode *root;
	size_t n = 0;

	diags_init(&quiet);
	arena_init(&sp.arena);
	root = preset_tree(&sp.arena, name, &quiet);
	if (root) {
		inputs_declare(&src, ynode_get(root, "inputs"), decl, &in, &n);
		for (size_t i = 0; i < n; i++)
			json_object_set_new(inputs, in[i].name,
					    input_editor(&in[i]));
		out = json_pack(
			"{s:{s:{s:{s:s}}, s:[s]}, s:{s:{s:{s:[s, s], s:O, "
			"s:b}}}}",
			"if", "properties", "use", "const", name, "required",
			"use", "then", "properties", "with", "type", "object",
			"null", "properties", inputs, "additionalProperties",
			0);
	}
	for (size_t i = 0; i < n; i++) {
		json_decref(in[i].decl);
		json_decref(in[i].schema);
	}
	json_decref(inputs);
	arena_done(&sp.arena);
	return out;
}

/* A block whose lines are all comments is null, and as if it were not there. */
static void
allow_empty(json_t *of)
{
	const char *name;
	json_t *p;

	json_object_foreach(json_object_get(of, "properties"), name, p)
		if (!strcmp(jx_str(p, "type", ""), "object"))
			json_object_set_new(
				p, "type",
				json_pack("[s, s]", "object", "null"));
}

/* The choices for `use` are proposed; a folder is one, too. */
static void
add_presets(json_t *of, const json_t *cases, const json_t *names)
{
	json_t *use = json_object_get(json_object_get(of, "properties"), "use");

	allow_empty(of);
	json_object_set(of, "allOf", (json_t *)(uintptr_t)cases);
	json_object_set_new(use, "anyOf",
			    json_pack("[{s:O}, {s:s, s:s}]", "enum", names,
				      "type", "string", "pattern",
				      "^\\.|\\$\\{"));
}

json_t *
spec_editor(void)
{
	json_t *out = schema_editor();
	CLEANUP(put_json) json_t *cases = json_array();
	CLEANUP(put_json) json_t *names = json_array();
	json_t *instance;
	const char *name;
	char text[128];
	unsigned i = 0;

	while ((name = preset_next(&i, text, sizeof(text)))) {
		json_t *one = preset_editor(name);

		if (!one)
			continue;
		json_array_append_new(cases, one);
		json_array_append_new(names, json_string(name));
	}
	instance = json_object_get(
		json_object_get(json_object_get(out, "properties"),
				"instances"),
		"additionalProperties");
	add_presets(out, cases, names);
	add_presets(instance, cases, names);
	return out;
}
