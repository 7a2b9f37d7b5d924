/*
 * Variables: values from outside the spec. The strongest source wins: -var,
 * then the environment (OPL2_VAR_NAME, the variable named by `env`), then
 * -var-file, then the default. A sensitive one never becomes part of the tree:
 * it is a part that names the variable, and its value goes to sp->secrets.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

/* A value given as text. Lists and maps are written as in YAML. */
static struct ynode *
from_text(struct spec_src *src, const struct input *in, const char *text,
	  const char *origin)
{
	struct arena *a = &src->sp->arena;
	const char *type = jx_str(in->schema, "type", "");
	struct ynode *n;
	struct ysource *made;

	if (strcmp(type, "array") == 0 || strcmp(type, "object") == 0) {
		text = arena_strdup(a, text);
		if (yaml_parse(a, arena_strdup(a, origin), text, strlen(text),
			       &n, src->ds) < 0)
			return &ynode_poison;
		if (n)
			node_literal(src, n);
		return n;
	}
	made = arena_alloc(a, sizeof(*made));
	made->name = arena_strdup(a, origin);
	n = node_text(src, text, NULL);
	n->src = made;
	n->quoted = strcmp(type, "string") == 0;
	node_literal(src, n);
	return n;
}

static void
set_value(struct spec_src *src, struct input *in, struct ynode *n,
	  const char *origin)
{
	if (n == &ynode_poison)
		in->bad = true;
	else
		in->value = n;
	in->origin = arena_strdup(&src->sp->arena, origin);
}

static struct input *
declared(struct spec_src *src, const char *name, const char *origin,
	 const struct ynode *at)
{
	struct input *in = input_find(src->vars, src->nvars, name);
	struct suggest s;
	size_t i;

	if (in)
		return in;
	diag_err(src->ds, "E0306", "%s: unknown variable '%s'", origin, name);
	ynode_at(src->ds, at);
	suggest_init(&s, name);
	for (i = 0; i < src->nvars; i++)
		suggest_try(&s, src->vars[i].name);
	if (s.best)
		diag_hint(src->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(src->ds, "declare it under 'variables:'");
	return NULL;
}

static void
read_var_file(struct spec_src *src, const char *path)
{
	struct arena *a = &src->sp->arena;
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_SPEC_BYTES);
	struct ynode *top;
	const char *copy;
	size_t i;

	if (file_read_opt(path, &text, src->ds) != 0) {
		diag_err(src->ds, "E0112", "-var-file: cannot read '%s'", path);
		return;
	}
	copy = arena_strndup(a, buf_str(&text), text.n);
	if (yaml_parse(a, arena_strdup(a, path), copy, text.n, &top, src->ds) <
		    0 ||
	    !top)
		return;
	if (top->type != Y_MAP) {
		diag_err(
			src->ds, "E0111",
			"a file of variables must be a map of names to values");
		ynode_at(src->ds, top);
		return;
	}
	node_literal(src, top);
	for (i = 0; i < top->n; i++) {
		struct ypair *p = &top->pairs[i];
		struct input *in = declared(src, p->key->text, path, p->key);

		if (in && !ynode_is_null(p->value))
			set_value(src, in, p->value, path);
	}
}

/* The value of environment variable name, or for a secret the content of the
 * file that NAME_FILE names. malloc'd; NULL when there is neither. */
static char *
from_env(struct spec_src *src, const struct input *in, const char *name)
{
	const char *v = getenv(name);
	CLEANUP(freep) char *file_var = xasprintf("%s_FILE", name);
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 16);

	if (v && *v)
		return xstrdup(v);
	v = in->sensitive ? getenv(file_var) : NULL;
	if (!v || !*v)
		return NULL;
	if (file_read_opt(v, &b, src->ds) != 0) {
		diag_err(src->ds, "E0112", "%s: cannot read '%s'", file_var, v);
		return NULL;
	}
	while (b.n && (b.p[b.n - 1] == '\n' || b.p[b.n - 1] == '\r'))
		b.p[--b.n] = '\0';
	return buf_take(&b);
}

static void
spec_var_read_env(struct spec_src *src, struct input *in)
{
	CLEANUP(freep) char *own = xasprintf("OPL2_VAR_%s", in->name);
	const char *name = own;
	CLEANUP(freep) char *v = from_env(src, in, name);

	if (!v) {
		name = jx_str(in->decl, "env", NULL);
		v = name ? from_env(src, in, name) : NULL;
	}
	if (v)
		set_value(src, in, from_text(src, in, v, name), name);
}

static void
read_flag(struct spec_src *src, const char *arg)
{
	const char *eq = strchr(arg, '=');
	struct input *in;

	if (!eq || eq == arg) {
		diag_err(src->ds, "E0315", "-var: '%s' is not NAME=VALUE", arg);
		return;
	}
	in = declared(src,
		      arena_strndup(&src->sp->arena, arg, (size_t)(eq - arg)),
		      "-var", NULL);
	if (in)
		set_value(src, in, from_text(src, in, eq + 1, "-var"), "-var");
}

static void
missing(struct spec_src *src, struct input *in, const struct ynode *at)
{
	const char *env = jx_str(in->decl, "env", NULL);

	if (in->bad || !jx_bool(in->decl, "required", true))
		return;
	if (src->opts->lenient && in->sensitive) {
		in->value = node_secret(src, in->name);
		return;
	}
	diag_err(src->ds, "E0307", "the variable '%s' has no value", in->name);
	ynode_at(src->ds, at);
	if (env)
		diag_hint(src->ds, "set %s, or use -var %s=VALUE", env,
			  in->name);
	else
		diag_hint(src->ds, "use -var %s=VALUE or set OPL2_VAR_%s",
			  in->name, in->name);
	in->bad = true;
}

/* Takes the value of a sensitive variable out of the tree. */
static void
hide(struct spec_src *src, struct input *in)
{
	const struct ynode *n = in->value;
	CLEANUP(freep) char *key = NULL;

	if (!in->sensitive || !n || in->bad || n->secret)
		return;
	if (n->type != Y_SCALAR) {
		diag_err(src->ds, "E0203",
			 "the sensitive variable '%s' must "
			 "be a single value",
			 in->name);
		in->bad = true;
		return;
	}
	key = xasprintf("var:%s", in->name);
	json_object_set_new(src->sp->secrets, key, json_string(n->text));
	in->value = node_secret(src, in->name);
}

/* Whoever could set it is who wrote it. */
static void
refuse_deprecated(struct spec_src *src, struct input *in,
		  const struct ynode *decl)
{
	struct ypair *p = ynode_pair(decl, "deprecated");

	if (!p)
		return;
	diag_err(src->ds, "E0201", "the variable '%s' has 'deprecated'",
		 in->name);
	ynode_at(src->ds, p->key);
	diag_hint(src->ds, "only an input of a preset has it: remove the "
			   "variable");
	in->bad = true;
}

void
vars_load(struct spec_src *src, struct ynode *decls)
{
	const struct spec_opts *o = src->opts;
	const json_t *decl =
		schema_at(schema_file("spec.json"), "/variables/NAME");
	size_t i;

	inputs_declare(src, decls, decl, &src->vars, &src->nvars);
	for (i = 0; i < src->nvars; i++)
		refuse_deprecated(src, &src->vars[i], decls->pairs[i].value);
	for (i = 0; i < o->nvar_files; i++)
		read_var_file(src, o->var_files[i]);
	for (i = 0; i < src->nvars; i++)
		spec_var_read_env(src, &src->vars[i]);
	for (i = 0; i < o->nvars; i++)
		read_flag(src, o->vars[i]);
	for (i = 0; i < src->nvars; i++)
		if (!src->vars[i].value)
			missing(src, &src->vars[i], decls->pairs[i].key);
	inputs_check(src, src->vars, src->nvars);
	for (i = 0; i < src->nvars; i++)
		hide(src, &src->vars[i]);
}
