/*
 * Inputs of presets: declared with a type, bound by `with:`, checked there, so
 * that a mistake is shown where the user made it.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/suggest.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

/* The types that are a format of text. */
static const char *const text_types[] = { "address", "hash", "wei", "duration",
					  "bytes",   "url",  "rpc", "path" };

/* As far as its form goes; schemas/kinds/key.json has the rest of it. */
static json_t *
key_source_schema(void)
{
	return json_pack(
		"{s:s,s:{s:{s:s},s:{s:s},s:{s:s,s:s},s:{s:s,s:s},s:{s:s,s:s},"
		"s:{s:s},s:{s:s,s:b}},s:[s,s,s,s,s]}",
		"type", "object", "properties", "generate", "type", "boolean",
		"env", "type", "string", "file", "type", "string", "format",
		"path", "keystore", "type", "string", "format", "path",
		"password_file", "type", "string", "format", "path",
		"password_env", "type", "string", "signer", "type", "object",
		"additionalProperties", 1, "x-exactly-one", "generate", "env",
		"file", "keystore", "signer");
}

static json_t *
plain_schema(const json_t *decl)
{
	static const char *const copied[] = { "minimum", "maximum", "pattern" };
	const char *type = jx_str(decl, "type", "string");
	json_t *s;
	size_t i;

	if (strcmp(type, "key_source") == 0)
		return key_source_schema();
	if (strcmp(type, "list") == 0)
		return json_pack("{s:s}", "type", "array");
	if (strcmp(type, "map") == 0)
		return json_pack("{s:s,s:b}", "type", "object",
				 "additionalProperties", 1);
	if (strcmp(type, "bool") == 0)
		return json_pack("{s:s}", "type", "boolean");
	s = json_pack("{s:s}", "type",
		      strcmp(type, "integer") == 0 ? "integer" : "string");
	for (i = 0; i < COUNTOF(text_types); i++)
		if (strcmp(type, text_types[i]) == 0)
			json_object_set_new(s, "format", json_string(type));
	if (strcmp(type, "resource") == 0)
		json_object_set_new(s, "format", json_string(type));
	if (strcmp(type, "enum") == 0)
		json_object_set(s, "enum", json_object_get(decl, "values"));
	for (i = 0; i < COUNTOF(copied); i++)
		if (json_object_get(decl, copied[i]))
			json_object_set(s, copied[i],
					json_object_get(decl, copied[i]));
	return s;
}

/* An input only passes on what it is bound to, so it may be a secret; where
 * that ends up is checked there. */
json_t *
input_schema(const json_t *decl)
{
	json_t *s = plain_schema(decl);

	json_object_set_new(s, "x-sensitive", json_true());
	return s;
}

struct input *
input_find(struct input *in, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(in[i].name, name) == 0)
			return &in[i];
	return NULL;
}

static int
check_decl(struct spec_src *src, const struct input *in, const struct ynode *at)
{
	if (strcmp(jx_str(in->decl, "type", ""), "enum") == 0 &&
	    !jx_get(in->decl, "values")) {
		diag_err(src->ds, "E0202", "'values' of '%s' is missing",
			 in->name);
		ynode_at(src->ds, at);
		diag_hint(src->ds, "list the choices: values: [a, b]");
		return -1;
	}
	return 0;
}

/* The declaration but for its default, which the declared type alone types. */
static struct ynode *
without_default(struct arena *a, struct ynode *decl)
{
	struct ynode *n;
	size_t i;

	if (decl->type != Y_MAP || !ynode_get(decl, "default"))
		return decl;
	n = arena_alloc(a, sizeof(*n));
	*n = *decl;
	n->n = 0;
	n->cap = decl->n;
	n->pairs = arena_alloc(a, decl->n * sizeof(*n->pairs));
	for (i = 0; i < decl->n; i++)
		if (strcmp(decl->pairs[i].key->text, "default") != 0)
			n->pairs[n->n++] = decl->pairs[i];
	return n;
}

void
inputs_declare(struct spec_src *src, struct ynode *decls, const json_t *schema,
	       struct input **out, size_t *n)
{
	struct arena *a = &src->sp->arena;
	size_t i;

	*out = NULL;
	*n = 0;
	if (!decls || decls->type != Y_MAP)
		return;
	*out = arena_alloc(a, decls->n * sizeof(**out));
	for (i = 0; i < decls->n; i++) {
		struct ypair *p = &decls->pairs[i];
		struct input *in = &(*out)[(*n)++];
		struct ynode *told = without_default(a, p->value);
		struct decode d;

		in->name = p->key->text;
		decode_init(&d, a, src->ds, NULL);
		decode_push(&d, in->name);
		d.at = p->key;
		in->decl = schema_decode(&d, &told, schema);
		decode_done(&d);
		in->bad = !in->decl || check_decl(src, in, p->key) < 0;
		if (!in->decl)
			in->decl = json_object();
		in->sensitive = jx_bool(in->decl, "sensitive", false);
		in->schema = input_schema(in->decl);
		in->value = ynode_get(p->value, "default");
		in->origin = "default";
		if (ynode_is_null(in->value))
			in->value = NULL;
	}
}

/* The kind that a resource input asks for. */
static int
check_kind(struct spec_src *src, const struct input *in, const json_t *v)
{
	const char *want = jx_str(in->decl, "kind", NULL);
	const char *addr = json_string_value(v);
	size_t n = want ? strlen(want) : 0;

	if (!want || !addr || (strncmp(addr, want, n) == 0 && addr[n] == '.'))
		return 0;
	diag_err(src->ds, "E0203", "'%s' must be a resource of kind '%s'",
		 in->name, want);
	ynode_at(src->ds, in->value);
	return -1;
}

static bool
is_url(const struct input *in)
{
	const char *format = jx_str(in->schema, "format", "");

	return strcmp(format, "url") == 0 || strcmp(format, "rpc") == 0;
}

/* What is wrong with a URL is told without it (engine/schema/schema_scalar.c);
 * but the line may show it, unless it is a reference. */
static void
tell_url(struct spec_src *src, const struct input *in, struct diags *own)
{
	struct diag *d = own->first;

	d->pos = d->preset = (struct diag_pos){ 0 };
	if (!in->value->secret)
		d->hint =
			arena_printf(&own->arena,
				     "%s; the value is sensitive and not "
				     "shown; it comes from %s",
				     d->hint ? d->hint : "fix it", in->origin);
	diags_append(src->ds, own);
	if (in->value->secret)
		ynode_at(src->ds, in->value);
}

/* The text of a scalar without references to resources; else NULL. */
static const char *
plain_text(struct decode *d, struct ynode *n)
{
	struct slot_part *parts;
	size_t nparts;

	return spec_ops.parts(d, n, &parts, &nparts) == PARTS_TEXT
		       ? parts[0].text
		       : NULL;
}

/*
 * From here on the value is what it was declared to be, whatever place it goes
 * to. The elements of lists and maps have no declared type and get that of
 * their place; what is not known yet or secret is no value; the address of a
 * resource means what it does in the scope of its text.
 */
static void
keep_typed(struct spec_src *src, struct input *in, struct decode *d,
	   const json_t *v)
{
	struct ynode *n = in->value, *typed;
	const char *text;

	if (d->nslots || n->type != Y_SCALAR || json_is_object(v) ||
	    strcmp(jx_str(in->schema, "format", ""), "resource") == 0)
		return;
	text = plain_text(d, n);
	if (!text)
		return;
	typed = node_text(src, text, n);
	typed->quoted = json_is_string(v);
	typed->typed = in->typed = jx_share(v);
	in->value = typed;
}

static void
input_check(struct spec_src *src, struct input *in)
{
	struct spec_decode sd = { .src = src };
	struct diags own, *ds = src->ds;
	json_t *v;
	struct decode d;
	size_t before = ds->nerrors;

	if (in->bad || !in->value)
		return;
	in->checked = true;
	/* what is wrong with a secret must not quote it */
	diags_init(&own);
	decode_init(&d, &src->sp->arena, in->sensitive ? &own : ds, NULL);
	decode_push(&d, in->name);
	d.ops = &spec_ops;
	d.arg = &sd;
	in->busy = true;
	v = schema_decode(&d, &in->value, in->schema);
	in->busy = false;
	if (in->sensitive && own.nerrors && is_url(in)) {
		tell_url(src, in, &own);
	} else if (in->sensitive && own.nerrors) {
		diag_err(ds, "E0203", "the value of '%s' is not %s", in->name,
			 schema_wants(in->schema));
		diag_hint(ds,
			  "the value is sensitive and not shown; it comes from "
			  "%s",
			  in->origin);
	} else if (v) {
		check_kind(src, in, v);
		keep_typed(src, in, &d, v);
	}
	in->bad = ds->nerrors > before;
	json_decref(v);
	decode_done(&d);
	diags_done(&own);
}

static bool
has_refs(const struct ynode *n)
{
	size_t i;

	for (i = 0; n->type == Y_MAP && i < n->n; i++)
		if (has_refs(n->pairs[i].value))
			return true;
	for (i = 0; n->type == Y_LIST && i < n->n; i++)
		if (has_refs(n->items[i]))
			return true;
	return n->type == Y_SCALAR && !n->parts && strstr(n->text, "${");
}

/* Can it be checked before it is known what resources there are? Inputs of the
 * first types must be, they may decide it. */
static bool
is_early(const struct input *in)
{
	const char *type = jx_str(in->decl, "type", "");

	return strcmp(type, "bool") == 0 || strcmp(type, "enum") == 0 ||
	       strcmp(type, "integer") == 0 ||
	       (strcmp(type, "resource") != 0 && in->value &&
		!has_refs(in->value));
}

void
inputs_check(struct spec_src *src, struct input *in, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!in[i].checked && (src->collected || is_early(&in[i])))
			input_check(src, &in[i]);
}

static void
unknown_input(struct spec_src *src, const struct scope *sc,
	      const struct ynode *key)
{
	struct suggest s;
	size_t i;

	diag_err(src->ds, "E0305", "'%s' has no input '%s'", sc->preset->name,
		 key->text);
	ynode_at(src->ds, key);
	suggest_init(&s, key->text);
	for (i = 0; i < sc->ninputs; i++)
		suggest_try(&s, sc->inputs[i].name);
	if (s.best)
		diag_hint(src->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(src->ds, "`opl2 init %s` lists its inputs",
			  sc->preset->use);
}

static void
warn_deprecated(struct spec_src *src, const struct scope *sc,
		const struct input *in, const struct ynode *key)
{
	const char *instead = jx_str(in->decl, "deprecated", NULL);

	if (!instead)
		return;
	diag_warn(src->ds, "W0478", "the input '%s' of '%s' is deprecated",
		  in->name, sc->preset->name);
	ynode_at(src->ds, key);
	diag_hint(src->ds, "%s", instead);
}

int
inputs_bind(struct spec_src *src, struct scope *sc, struct ynode *with,
	    const struct ynode *use)
{
	struct arena *a = &src->sp->arena;
	size_t i, before = src->ds->nerrors;

	for (i = 0; with && with->type == Y_MAP && i < with->n; i++) {
		struct ypair *p = &with->pairs[i];
		struct input *in =
			input_find(sc->inputs, sc->ninputs, p->key->text);

		if (!in) {
			unknown_input(src, sc, p->key);
			continue;
		}
		if (ynode_is_null(p->value))
			continue;
		/* one key of a map input is set without repeating the rest */
		if (in->value && in->value->type == Y_MAP &&
		    p->value->type == Y_MAP &&
		    strcmp(jx_str(in->decl, "type", ""), "map") == 0)
			in->value = ynode_overlay(a, in->value, p->value);
		else
			in->value = p->value;
		in->origin = "with";
		warn_deprecated(src, sc, in, p->key);
	}
	for (i = 0; i < sc->ninputs; i++) {
		struct input *in = &sc->inputs[i];

		if (in->value || in->bad ||
		    !jx_bool(in->decl, "required", true))
			continue;
		diag_err(src->ds, "E0307", "the input '%s' of '%s' is missing",
			 in->name, sc->preset->name);
		ynode_at(src->ds, use);
		diag_hint(src->ds, "with: %s: ...  %s", in->name,
			  jx_str(in->decl, "description", ""));
		in->bad = true;
	}
	return src->ds->nerrors > before ? -1 : 0;
}

const char *
input_text(struct spec_src *src, struct input *in)
{
	struct spec_decode sd = { .src = src };
	struct ynode *v;
	struct decode d;
	const char *text = NULL;

	if (in->bad || !in->value)
		return NULL;
	decode_init(&d, &src->sp->arena, src->ds, NULL);
	d.ops = &spec_ops;
	d.arg = &sd;
	v = spec_ops.resolve(&d, in->value);
	if (v != &ynode_poison && v->type == Y_SCALAR && !ynode_is_null(v))
		text = plain_text(&d, v);
	decode_done(&d);
	return text;
}
