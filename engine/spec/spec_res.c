/*
 * From the merged tree to resources: which there are, then each one's fields,
 * dependencies and lifecycle.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

json_t *
decode_static(struct spec_src *src, struct ynode *n, const json_t *schema,
	      const char *what)
{
	struct spec_decode sd = { .src = src };
	struct decode d;
	json_t *v;

	decode_init(&d, &src->sp->arena, src->ds, NULL);
	decode_push(&d, what);
	d.ops = &spec_ops;
	d.arg = &sd;
	d.at = n;
	v = schema_decode(&d, &n, schema);
	if (d.nslots) {
		decode_err(&d, n, "E0309", "'%s' is not known before the apply",
			   what);
		diag_hint(src->ds, "use an input or a variable");
		json_decref(v);
		v = NULL;
	}
	decode_done(&d);
	return v;
}

/* Is the resource switched off? */
static bool
is_off(struct spec_src *src, const struct ynode *body)
{
	struct ynode *when = ynode_get(body, "when");
	json_t *v;
	bool off;

	if (ynode_is_null(when))
		return false;
	v = decode_static(src, when,
			  schema_at(schema_file("meta.json"), "/when"), "when");
	off = json_is_false(v);
	json_decref(v);
	return off;
}

bool
resource_name_valid(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
	size_t n = strspn(name, chars);

	if (n && name[n] == '/') /* instance/name */
		name += n + 1, n = strspn(name, chars);
	return n && n <= 100 && !name[n] && *name != '-' && *name != '_';
}

static void
collect_one(struct spec_src *src, const struct kind *kind, struct ypair *p)
{
	struct arena *a = &src->sp->arena;
	struct ynode *body = p->value;
	struct resource *r;

	if (!resource_name_valid(p->key->text)) {
		diag_err(src->ds, "E0222", "'%s' is not a name", p->key->text);
		ynode_at(src->ds, p->key);
		diag_hint(src->ds, "use letters, digits, '-' and '_', and "
				   "start with a letter or digit");
		return;
	}
	if (ynode_is_empty(body))
		body = ynode_new(a, Y_MAP);
	if (body->type != Y_MAP) {
		diag_err(src->ds, "E0203", "'%s' must be a map, not %s",
			 p->key->text, ynode_what(body));
		ynode_at(src->ds, body);
		return;
	}
	r = &src->sp->res[src->sp->nres];
	r->addr = arena_printf(a, "%s.%s", kind->name, p->key->text);
	r->name = r->addr + strlen(kind->name) + 1;
	if (is_off(src, body)) {
		*strmap_put(&src->absent, r->addr) = body;
		return;
	}
	r->kind = kind;
	r->schema = schema_for(kind->name);
	r->node = body;
	r->key = p->key;
	src->sp->nres++;
}

/* null, said or merged in, but not an empty body */
static bool
is_removed(const struct ynode *n)
{
	return ynode_is_null(n) && !ynode_is_empty(n);
}

static int
by_addr(const void *a, const void *b)
{
	const struct resource *x = a, *y = b;

	return strcmp(x->addr, y->addr);
}

static const struct kind *
kind_or_error(struct spec_src *src, const struct ynode *key)
{
	const struct kind *kind = kind_find(key->text);
	struct suggest s;
	unsigned i;

	if (kind && schema_for(key->text))
		return kind;
	/* what refers to its resources need not be told again */
	*strmap_put(&src->no_kind, key->text) = src;
	diag_err(src->ds, "E0302", "unknown kind of resource '%s'", key->text);
	ynode_at(src->ds, key);
	suggest_init(&s, key->text);
	for (i = 0; i < kind_count; i++)
		suggest_try(&s, kind_table[i]->name);
	if (s.best)
		diag_hint(src->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(src->ds, "`opl2 schema` lists the kinds");
	return NULL;
}

void
resources_collect(struct spec_src *src, struct ynode *resources)
{
	struct spec *sp = src->sp;
	size_t i, k, max = 0;

	for (i = 0; resources && i < resources->n; i++)
		max += resources->pairs[i].value->n + 1;
	sp->res = arena_alloc(&sp->arena, (max + 1) * sizeof(*sp->res));
	for (i = 0; resources && i < resources->n; i++) {
		struct ypair *p = &resources->pairs[i];
		const struct kind *kind = kind_or_error(src, p->key);

		if (!kind || ynode_is_null(p->value))
			continue;
		if (p->value->type != Y_MAP) {
			diag_err(src->ds, "E0203",
				 "'%s' must be a map of names, not %s",
				 p->key->text, ynode_what(p->value));
			ynode_at(src->ds, p->key);
			continue;
		}
		for (k = 0; k < p->value->n; k++)
			if (!is_removed(p->value->pairs[k].value))
				collect_one(src, kind, &p->value->pairs[k]);
	}
	qsort(sp->res, sp->nres, sizeof(*sp->res), by_addr);
	for (i = 0; i < sp->nres; i++)
		*strmap_put(&src->by_addr, sp->res[i].addr) = &sp->res[i];
	src->collected = true;
}

/* Addresses gathered for one resource. */
struct deps {
	const char **p;
	size_t n, cap;
};

static void
add_dep(struct arena *a, struct deps *deps, const struct resource *r,
	const char *addr)
{
	if (strcmp(addr, r->addr) == 0)
		return;
	if (deps->n == deps->cap) {
		size_t cap = deps->cap ? deps->cap * 2 : 8;
		const char **p = arena_alloc(a, cap * sizeof(*p));

		if (deps->n)
			memcpy(p, deps->p, deps->n * sizeof(*p));
		deps->p = p;
		deps->cap = cap;
	}
	deps->p[deps->n++] = addr;
}

static int
str_cmp(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void
set_deps(struct resource *r, struct deps *deps)
{
	size_t i, n = 0;

	if (deps->n > 1)
		qsort(deps->p, deps->n, sizeof(*deps->p), str_cmp);
	for (i = 0; i < deps->n; i++)
		if (!n || strcmp(deps->p[n - 1], deps->p[i]) != 0)
			deps->p[n++] = deps->p[i];
	r->deps = deps->p;
	r->ndeps = n;
}

/* Fields of format resource hold addresses: they are edges too. */
static void
deps_of_config(struct spec_src *src, const struct resource *r, const json_t *v,
	       const json_t *schema, struct deps *deps)
{
	const char *key, *s = json_string_value(v);
	struct resource *to;
	json_t *map, *e;
	size_t i;

	if (s && strcmp(jx_str(schema, "format", ""), "resource") == 0) {
		to = strmap_get(&src->by_addr, s);
		if (to)
			add_dep(&src->sp->arena, deps, r, to->addr);
	} else if (json_is_array(v)) {
		schema = schema_step(schema, "-");
		for (i = 0; schema != schema_any() && i < json_array_size(v);
		     i++)
			deps_of_config(src, r, json_array_get(v, i), schema,
				       deps);
	} else if (json_is_object(v) && schema != schema_any()) {
		map = jx_share(v);
		json_object_foreach(map, key, e) {
			const json_t *next = schema_step(schema, key);

			if (next)
				deps_of_config(src, r, e, next, deps);
		}
		json_decref(map);
	}
}

static const char **
strings(struct arena *a, const json_t *list, size_t *n)
{
	size_t i;
	const char **out;

	*n = json_array_size(list);
	out = arena_alloc(a, (*n + 1) * sizeof(*out));
	for (i = 0; i < *n; i++)
		out[i] = arena_strdup(
			a, json_string_value(json_array_get(list, i)));
	return out;
}

/* A field that every resource may have. It decides what a plan is, so it must
 * be known. New reference; NULL: not there, or reported. */
static json_t *
decode_meta(struct decode *d, const char *key, struct ynode **n)
{
	size_t nslots = d->nslots, mark = decode_push(d, key);
	json_t *v = schema_decode(
		d, n,
		jx_get(jx_get(schema_file("meta.json"), "properties"), key));

	if (d->nslots > nslots) {
		decode_err(d, *n, "E0309", "'%s' is not known before the apply",
			   key);
		diag_hint(d->ds, "use an input or a variable");
		json_decref(v);
		v = NULL;
	}
	d->nslots = nslots;
	decode_pop(d, mark);
	return v;
}

static void
decode_life(struct spec_src *src, struct decode *d, struct resource *r,
	    struct ynode *body, struct deps *deps)
{
	struct arena *a = &src->sp->arena;
	struct ypair *p = ynode_pair(body, "lifecycle");
	json_t *v;
	size_t i;

	if (!p)
		return;
	v = decode_meta(d, "lifecycle", &p->value);
	r->life.prevent_destroy = jx_bool(v, "prevent_destroy", false);
	r->life.ignore_changes =
		strings(a, jx_get(v, "ignore_changes"), &r->life.nignore);
	r->life.replace_when =
		strings(a, jx_get(v, "replace_when"), &r->life.nreplace);
	json_decref(v);
	for (i = 0; i < r->life.nignore; i++)
		if (!schema_at(r->schema, r->life.ignore_changes[i]))
			decode_err(d, p->key, "E0304",
				   "ignore_changes: '%s' has no '%s'", r->addr,
				   r->life.ignore_changes[i]);
	for (i = 0; i < r->life.nreplace; i++) {
		const char *s = r->life.replace_when[i], *dot = strchr(s, '.');
		const char *slash = strrchr(dot, '/');
		struct resource *to = strmap_get(&src->by_addr, s);

		if (!to && slash)
			to = strmap_get(
				&src->by_addr,
				arena_strndup(a, s, (size_t)(slash - s)));
		if (to)
			add_dep(a, deps, r, to->addr);
		else
			no_resource(d, p->key, s);
	}
}

static void
decode_depends(struct decode *d, struct resource *r, struct ynode *body,
	       struct deps *deps)
{
	struct ynode *list = ynode_get(body, "depends_on");
	struct ynode *kept;
	json_t *v;
	size_t i;

	if (ynode_is_null(list))
		return;
	/* one that is switched off is nothing to wait for */
	if (list->type == Y_LIST) {
		kept = arena_alloc(d->arena, sizeof(*kept));
		*kept = *list;
		kept->n = 0;
		kept->items =
			arena_alloc(d->arena, list->n * sizeof(*kept->items));
		for (i = 0; i < list->n; i++)
			if (!refers_absent(d, list->items[i]))
				kept->items[kept->n++] = list->items[i];
		list = kept;
	}
	v = decode_meta(d, "depends_on", &list);
	for (i = 0; i < json_array_size(v); i++)
		add_dep(d->arena, deps, r,
			arena_strdup(d->arena,
				     json_string_value(json_array_get(v, i))));
	json_decref(v);
}

static void
decode_timeout(struct decode *d, struct resource *r, struct ynode *body)
{
	struct ypair *p = ynode_pair(body, "timeout");
	const char *why;
	json_t *v;

	if (!p)
		return;
	v = decode_meta(d, "timeout", &p->value);
	if (v)
		duration_parse(json_string_value(v), &r->timeout_ms, &why);
	json_decref(v);
}

/* The body without the keys that every resource may have. */
static struct ynode *
fields_of(struct arena *a, const struct ynode *body)
{
	struct ynode *f = arena_alloc(a, sizeof(*f));
	const json_t *meta = jx_get(schema_file("meta.json"), "properties");
	size_t i;

	*f = *body;
	f->pairs = arena_alloc(a, (body->n + 1) * sizeof(*f->pairs));
	f->n = 0;
	for (i = 0; i < body->n; i++)
		if (!json_object_get(meta, body->pairs[i].key->text))
			f->pairs[f->n++] = body->pairs[i];
	return f;
}

static void
decode_one(struct spec_src *src, struct resource *r)
{
	struct arena *a = &src->sp->arena;
	struct spec_decode sd = { .src = src, .self = r->addr };
	struct deps deps = { 0 };
	struct ynode *fields = fields_of(a, r->node), *body = fields;
	struct ynode *node = arena_alloc(a, sizeof(*node));
	struct decode d;
	size_t i, k;

	decode_init(&d, a, src->ds, r->addr);
	d.ops = &spec_ops;
	d.arg = &sd;
	d.port_offset = src->port_offset;
	d.at = r->key;
	r->config = schema_decode(&d, &body, r->schema);
	if (!r->config)
		r->config = json_object();
	r->slots = d.slots;
	r->nslots = d.nslots;
	for (i = 0; i < r->nslots; i++)
		for (k = 0; k < r->slots[i].nparts; k++)
			if (r->slots[i].parts[k].ref)
				add_dep(a, &deps, r,
					r->slots[i].parts[k].ref->addr);
	deps_of_config(src, r, r->config, r->schema, &deps);
	*node = *(const struct ynode *)r->node;
	d.port_offset = 0;
	decode_depends(&d, r, node, &deps);
	decode_timeout(&d, r, node);
	decode_life(src, &d, r, node, &deps);
	/* the resolved fields know better where a value was written */
	r->node = fields;
	set_deps(r, &deps);
	decode_done(&d);
}

void
resources_decode(struct spec_src *src)
{
	size_t i;

	for (i = 0; i < src->sp->nres; i++)
		decode_one(src, &src->sp->res[i]);
}
