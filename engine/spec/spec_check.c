/* What can be checked only when all resources are decoded. */
#include "engine/spec/spec_src.h"

#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

/* A value of an x-unique field, and where it is. */
struct holder {
	const struct resource *r;
	const char *pointer;
	struct holder *next; /* which may have the same value */
};

struct unique {
	struct spec_src *src;
	const struct resource *r;
	struct strmap seen;    /* "DOMAIN\nvalue" to struct holder */
	struct strmap of_kind; /* kinds whose schema has x-unique */
};

static void
clash(struct unique *u, const struct holder *first, const char *domain,
      const char *pointer, const json_t *v)
{
	struct arena *a = &u->src->sp->arena;
	const struct ynode *n = locate(u->r->node, pointer), *m;
	const char *where = "", *value = "";

	m = locate(first->r->node, first->pointer);
	if (!m)
		m = first->r->key;
	if (m && m->src && m->line)
		where = arena_printf(a, " (%s:%u)", m->src->name, m->line);
	/* the line that is shown may be one that only brings it in */
	if (json_is_integer(v))
		value = arena_printf(a, ", %" JSON_INTEGER_FORMAT,
				     json_integer_value(v));
	diag_err(u->src->ds, "E0220",
		 "'%s' has the same value as '%s' of '%s'%s",
		 strrchr(pointer, '/') + 1, strrchr(first->pointer, '/') + 1,
		 first->r->addr, value);
	diag_addr(u->src->ds, u->r->addr);
	diag_path(u->src->ds, "%s", pointer);
	ynode_at(u->src->ds, n ? n : u->r->key);
	diag_hint(u->src->ds,
		  "all %s must be different; the other one is in '%s'%s",
		  domain, first->r->addr, where);
}

/* What slot stands for, as text that equal references share. */
static void
slot_key(struct buf *b, const struct slot *s)
{
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		const struct slot_part *p = &s->parts[i];

		if (p->ref)
			buf_addf(b, "${%s%s}", p->ref->addr, p->ref->path);
		else
			buf_adds(b, p->text ? p->text : p->var);
	}
}

static const json_t *
know_nothing(void *arg UNUSED, const struct ref *ref UNUSED, bool *unknown)
{
	*unknown = true;
	return NULL;
}

/* With what the resource says of itself. New reference. */
static json_t *
own_config(const struct unique *u, const struct resource *r)
{
	CLEANUP(diags_done) struct diags quiet;
	json_t *config = NULL, *unknown = NULL;

	diags_init(&quiet);
	if (resource_eval(u->src->sp, r, know_nothing, NULL, &config, &unknown,
			  &quiet))
		return jx_share(r->config);
	json_decref(unknown);
	return config;
}

static bool
may_share(const struct unique *u, const struct holder *h, const char *pointer)
{
	const struct kind *k = u->r->kind;
	CLEANUP(put_json) json_t *a = NULL;
	CLEANUP(put_json) json_t *b = NULL;

	if (!k->may_share || k != h->r->kind)
		return false;
	a = own_config(u, u->r);
	b = own_config(u, h->r);
	return k->may_share(a, pointer, b, h->pointer);
}

static void
claim(struct unique *u, const char *domain, const char *pointer,
      const json_t *v)
{
	struct arena *a = &u->src->sp->arena;
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	struct holder *h;
	void **at;
	size_t i;

	buf_addf(&b, "%s\n", domain);
	for (i = 0; json_is_null(v) && i < u->r->nslots; i++)
		if (strcmp(u->r->slots[i].pointer, pointer) == 0)
			slot_key(&b, &u->r->slots[i]);
	if (!json_is_null(v)) {
		CLEANUP(freep)
		char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_SORT_KEYS);

		buf_adds(&b, json_is_string(v) ? json_string_value(v) : text);
	}
	at = strmap_put(&u->seen, arena_strdup(a, buf_str(&b)));
	for (h = *at; h; h = h->next)
		if (!may_share(u, h, pointer)) {
			clash(u, h, domain, pointer, v);
			return;
		}
	h = arena_alloc(a, sizeof(*h));
	*h = (struct holder){ u->r, arena_strdup(a, pointer), *at };
	*at = h;
}

static void
unique_walk(struct unique *u, const json_t *v, const json_t *schema,
	    const char *pointer)
{
	struct arena *a = &u->src->sp->arena;
	const char *domain = jx_str(schema, "x-unique", NULL), *key;
	json_t *map, *e;
	size_t i;

	if (domain)
		claim(u, domain, pointer, v);
	if (json_is_object(v)) {
		map = jx_share(v);
		json_object_foreach(map, key, e) {
			const json_t *s = schema_step(schema, key);

			if (s && s != schema_any())
				unique_walk(u, e, s,
					    jx_ptr_key(a, pointer, key));
		}
		json_decref(map);
	}
	for (i = 0; json_is_array(v) && i < json_array_size(v); i++)
		unique_walk(u, json_array_get(v, i), schema_step(schema, "-"),
			    jx_ptr_idx(a, pointer, i));
}

static bool
mentions_unique(const json_t *schema)
{
	CLEANUP(put_json) json_t *s = jx_share(schema);
	const char *key;
	json_t *v;

	if (json_is_object(s)) {
		json_object_foreach(s, key, v)
			if (strcmp(key, "x-unique") == 0 || mentions_unique(v))
				return true;
	}
	return false;
}

void
check_unique(struct spec_src *src)
{
	static const char yes[] = "yes", no[] = "no";
	struct unique u = { .src = src };
	size_t i;

	strmap_init(&u.seen, &src->sp->arena);
	strmap_init(&u.of_kind, &src->sp->arena);
	for (i = 0; i < src->sp->nres; i++) {
		const struct resource *r = &src->sp->res[i];
		const char **has =
			(const char **)strmap_put(&u.of_kind, r->kind->name);

		if (!*has)
			*has = mentions_unique(r->schema) ? yes : no;
		u.r = r;
		if (*has == yes)
			unique_walk(&u, r->config, r->schema, "");
	}
}

/* Is path below a free map of the config that has no such key? Gives the map
 * and the key then. */
static const json_t *
missing_key(const struct resource *to, const char *path, char *key, size_t max)
{
	const json_t *v = to->config, *schema = to->schema;
	char ptr[512] = "";
	size_t i;

	while (json_is_object(v) && *path == '/') {
		const json_t *map = v;
		size_t n = 1 + strcspn(path + 1, "/"), had = strlen(ptr);

		if (n >= max || had + n >= sizeof(ptr))
			return NULL;
		memcpy(key, path + 1, n - 1);
		key[n - 1] = '\0';
		memcpy(ptr + had, path, n);
		ptr[had + n] = '\0';
		path += n;
		if (strpbrk(key, "~"))
			return NULL;
		v = json_object_get(map, key);
		if (!v && !json_object_get(jx_get(schema, "properties"), key))
			return map;
		schema = schema_step(schema, key);
		if (!schema || jx_bool(schema, "x-computed", false))
			return NULL;
		for (i = 0; i < to->nslots; i++)
			if (strcmp(to->slots[i].pointer, ptr) == 0)
				return NULL;
	}
	return NULL;
}

static void
check_slot_refs(struct spec_src *src, const struct slot *s, const char *addr,
		const struct ynode *node, const struct ynode *key_node)
{
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		const struct ref *ref = s->parts[i].ref;
		const struct resource *to;
		const struct ynode *n;
		const json_t *map;
		char key[128];
		struct suggest sg;
		const char *k;
		json_t *m, *v;

		if (!ref)
			continue;
		to = strmap_get(&src->by_addr, ref->addr);
		map = missing_key(to, ref->path, key, sizeof(key));
		if (!map)
			continue;
		n = locate(node, s->pointer);
		diag_err(src->ds, "E0304", "'%s' has no '%s'", ref->addr,
			 ref->path + 1);
		ynode_at(src->ds, n ? n : key_node);
		if (addr) {
			diag_addr(src->ds, addr);
			diag_path(src->ds, "%s", s->pointer);
		}
		suggest_init(&sg, key);
		m = jx_share(map);
		json_object_foreach(m, k, v)
			suggest_try(&sg, k);
		if (sg.best)
			diag_hint(src->ds, "did you mean '%s'?", sg.best);
		json_decref(m);
	}
}

void
spec_check_refs(struct spec_src *src)
{
	const struct spec *sp = src->sp;
	size_t i, k;

	for (i = 0; i < sp->nres; i++)
		for (k = 0; k < sp->res[i].nslots; k++)
			check_slot_refs(src, &sp->res[i].slots[k],
					sp->res[i].addr, sp->res[i].node,
					sp->res[i].key);
	for (i = 0; i < sp->noutputs; i++)
		for (k = 0; k < sp->outputs[i].nslots; k++)
			check_slot_refs(src, &sp->outputs[i].slots[k], NULL,
					sp->outputs[i].node,
					sp->outputs[i].key);
}

static void
check_kind(struct spec_src *src, const struct resource *r)
{
	CLEANUP(put_json) json_t *unknown = json_array();
	size_t i;

	for (i = 0; i < r->nslots; i++)
		json_array_append_new(unknown,
				      json_string(r->slots[i].pointer));
	resource_check(src->sp, r, r->config, unknown, src->ds);
}

/* Those of judges, or all the others. -1: some refused. */
static int
check_some(struct spec_src *src, bool judges)
{
	size_t i, before = src->ds->nerrors;

	for (i = 0; i < src->sp->nres; i++) {
		const struct resource *r = &src->sp->res[i];

		if (r->kind->check &&
		    judges == ((r->kind->flags & KIND_JUDGE) != 0))
			check_kind(src, r);
	}
	return src->ds->nerrors > before ? -1 : 0;
}

/* Is it about what a preset made of a choice that a judge refused? */
static bool
spec_check_follows(const struct diag *d, const void *spec)
{
	const struct resource *r = d->addr ? spec_find(spec, d->addr) : NULL;

	return d->sev == SEV_ERROR && d->preset.line && r &&
	       !(r->kind->flags & KIND_JUDGE);
}

void
check_kinds(struct spec_src *src, bool wrong)
{
	int refused = check_some(src, true);

	if (!wrong)
		(void)check_some(src, false);
	spec_locate(src->sp, src->ds);
	if (refused)
		diags_drop(src->ds, spec_check_follows, src->sp);
}
