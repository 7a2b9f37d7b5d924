#include "engine/schema/schema_doc.h"

#include "engine/base/arena.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

static json_t *editor(const json_t *s);

static json_t *
editor_properties(const json_t *s)
{
	json_t *props = json_object_get(s, "properties"), *p;
	json_t *out = json_object();
	const char *name;

	json_object_foreach(props, name, p)
		if (!jx_bool(p, "x-computed", false))
			json_object_set_new(out, name, editor(p));
	return out;
}

static json_t *
editor_object(const json_t *s)
{
	const json_t *more = jx_get(s, "additionalProperties");
	const json_t *required = jx_get(s, "required");
	json_t *out = json_pack("{s:s,s:o}", "type", "object", "properties",
				editor_properties(s));

	json_object_set_new(out, "additionalProperties",
			    json_is_object(more)
				    ? editor(more)
				    : json_boolean(json_is_true(more)));
	if (required)
		json_object_set_new(out, "required", json_deep_copy(required));
	return out;
}

/* Anything may be a reference, and quantities are text with a unit. */
static json_t *
editor_scalar(const json_t *s)
{
	const char *type = jx_str(s, "type", "any");
	json_t *choices = schema_choices(s);
	json_t *alt = json_array();

	if (choices)
		json_array_append_new(alt, json_pack("{s:o}", "enum", choices));
	else if (strcmp(type, "boolean") == 0)
		json_array_append_new(alt, json_pack("{s:s}", "type", type));
	else if (strcmp(type, "integer") == 0 &&
		 strcmp(jx_str(s, "format", ""), "bytes") != 0)
		json_array_append_new(alt, json_pack("{s:s}", "type", type));
	else
		json_array_append_new(alt, json_pack("{s:[s,s]}", "type",
						     "string", "number"));
	json_array_append_new(alt, json_pack("{s:s,s:s}", "type", "string",
					     "pattern", "\\$\\{"));
	return json_pack("{s:o}", "anyOf", alt);
}

static json_t *
editor(const json_t *s)
{
	static const char *const kept[] = { "title", "description", "default" };
	const char *type = jx_str(s, "type", "any");
	json_t *out;
	size_t i;

	if (strcmp(type, "any") == 0) {
		out = json_object();
	} else if (strcmp(type, "object") == 0) {
		out = editor_object(s);
	} else if (strcmp(type, "array") == 0) {
		const json_t *items = jx_get(s, "items");

		out = json_pack("{s:s,s:o}", "type", "array", "items",
				items ? editor(items) : json_object());
	} else {
		out = editor_scalar(s);
	}
	for (i = 0; i < COUNTOF(kept); i++)
		if (jx_get(s, kept[i]))
			json_object_set_new(out, kept[i],
					    json_deep_copy(jx_get(s, kept[i])));
	return out;
}

json_t *
schema_editor_of(const json_t *schema)
{
	return editor(schema);
}

/* A body may be partial: the rest of it may come from a preset. */
static json_t *
editor_kinds(void)
{
	json_t *out = json_object();
	unsigned i;

	for (i = 0; i < kind_count; i++) {
		const json_t *s = schema_for(kind_table[i]->name);
		json_t *body = s ? editor(s) : json_object();
		json_t *meta = editor_properties(schema_file("meta.json"));

		json_object_del(body, "required");
		json_object_update(json_object_get(body, "properties"), meta);
		json_decref(meta);
		json_object_set_new(out, kind_table[i]->name,
				    json_pack("{s:s,s:{s:[o,{s:s}]}}", "type",
					      "object", "additionalProperties",
					      "anyOf", body, "type", "null"));
	}
	return json_pack("{s:s,s:o,s:b}", "type", "object", "properties", out,
			 "additionalProperties", 0);
}

json_t *
schema_editor(void)
{
	json_t *out = editor(schema_file("spec.json"));

	json_object_set_new(
		out, "$schema",
		json_string("http://json-schema.org/draft-07/schema#"));
	json_object_set_new(json_object_get(out, "properties"), "resources",
			    editor_kinds());
	return out;
}

struct doc {
	struct buf *out;
	struct arena arena;
};

static const char *
class_text(const json_t *s, struct arena *a)
{
	const char *class = jx_str(s, "x-class", NULL);
	const char *contract = jx_str(s, "x-upgrade", NULL);

	if (contract)
		return arena_printf(
			a,
			" A change requires a new chain or an upgrade of %s.",
			contract);
	if (!class || strcmp(class, "in_place") == 0)
		return "";
	if (strcmp(class, "restart") == 0)
		return " A change restarts the process.";
	if (strcmp(class, "one_way") == 0)
		return " A change is irreversible.";
	if (strcmp(class, "replace") == 0)
		return " A change replaces the resource.";
	if (strcmp(class, "new_genesis") == 0)
		return " A change requires a new genesis.";
	if (strcmp(class, "new_chain") == 0)
		return " A change requires a new chain.";
	return " It cannot be changed.";
}

static bool
is_required(const json_t *parent, const char *name)
{
	const json_t *list = jx_get(parent, "required");
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), name) ==
		    0)
			return true;
	return false;
}

static void
doc_facts(struct doc *d, const json_t *s, const json_t *parent,
	  const char *name)
{
	CLEANUP(put_json)
	json_t *choices = jx_get(s, "enum") ? schema_choices(s) : NULL;
	const json_t *def = jx_get(s, "default");
	CLEANUP(freep) char *list = NULL;

	buf_addf(d->out, " (%s", schema_wants(s));
	if (is_required(parent, name))
		buf_adds(d->out, ", required");
	if (choices) {
		list = jx_dump_line(choices);
		buf_addf(d->out, ", one of `%s`", list);
	}
	if (def) {
		CLEANUP(freep)
		char *text = json_is_string(def)
				     ? xstrdup(json_string_value(def))
				     : json_dumps(def, JSON_ENCODE_ANY |
							       JSON_SORT_KEYS);

		buf_addf(d->out, ", default `%s`", text);
	}
	if (jx_bool(s, "x-sensitive", false))
		buf_adds(d->out, ", never shown");
	if (jx_str(s, "x-unique", NULL))
		buf_addf(d->out, ", unique among the %s",
			 jx_str(s, "x-unique", NULL));
	buf_addf(d->out, ")");
}

static void doc_fields(struct doc *d, const json_t *s, const char *path,
		       bool computed);

static void
doc_field(struct doc *d, const json_t *s, const json_t *parent,
	  const char *path, const char *name)
{
	const char *text = jx_str(s, "description", NULL);
	const char *full =
		*path ? arena_printf(&d->arena, "%s.%s", path, name) : name;
	const json_t *inner = s;

	buf_addf(d->out, "- `%s`", full);
	doc_facts(d, s, parent, name);
	buf_addf(d->out, "%s%s%s\n", text ? ": " : "", text ? text : "",
		 class_text(s, &d->arena));
	if (strcmp(jx_str(s, "type", ""), "array") == 0) {
		inner = jx_get(s, "items");
		full = arena_printf(&d->arena, "%s[]", full);
	} else if (json_is_object(jx_get(s, "additionalProperties"))) {
		inner = jx_get(s, "additionalProperties");
		full = arena_printf(&d->arena, "%s.NAME", full);
	}
	if (inner)
		doc_fields(d, inner, full, false);
}

static void
doc_fields(struct doc *d, const json_t *s, const char *path, bool computed)
{
	json_t *props = json_object_get(s, "properties"), *p;
	const char *name;

	json_object_foreach(props, name, p)
		if (jx_bool(p, "x-computed", false) == computed)
			doc_field(d, p, s, path, name);
}

void
schema_markdown(const char *kind, struct buf *out)
{
	const json_t *s = schema_for(kind);
	struct doc d = { .out = out };
	const char *text = jx_str(s, "description", NULL);

	arena_init(&d.arena);
	buf_addf(out, "# %s\n\n%s.\n", kind, jx_str(s, "title", kind));
	if (text)
		buf_addf(out, "\n%s\n", text);
	buf_adds(out, "\n## Fields\n\n");
	doc_fields(&d, s, "", false);
	buf_adds(out, "\n"
		      "## What comes out\n"
		      "\n"
		      "Refer to them as `${KIND.NAME.FIELD}`.\n"
		      "\n");
	doc_fields(&d, s, "", true);
	buf_adds(out, "\n## As of every resource\n\n");
	doc_fields(&d, schema_file("meta.json"), "", false);
	arena_done(&d.arena);
}
