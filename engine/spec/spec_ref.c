/*
 * References in text: ${with.x} and ${var.x} are replaced by the node they
 * are bound to, ${host.x} by text, ${self.x} and ${kind.name.x} become parts
 * of a slot. "$${" stands for "${".
 */
#include "engine/spec/spec_src.h"

#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/suggest.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

/* More errors than this are not worth a guess each. */
#define GUESS_MAX 40
#define SEGMENT_CHARS                                                          \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/"

const struct scope *
node_scope(const struct spec_src *src, const struct ynode *n)
{
	return n->scope ? n->scope : &src->root;
}

const char *
addr_split(const char *addr, char *kind, size_t max)
{
	const char *dot = strchr(addr, '.');
	size_t n = dot ? (size_t)(dot - addr) : 0;

	if (!n || n >= max || !dot[1])
		return NULL;
	memcpy(kind, addr, n);
	kind[n] = '\0';
	return dot + 1;
}

static struct ynode *
node_parts(struct spec_src *src, const struct slot_part *part)
{
	struct arena *a = &src->sp->arena;
	struct ynode *n = ynode_new(a, Y_SCALAR);
	struct part_list *list = arena_alloc(a, sizeof(*list));

	list->parts = arena_alloc(a, sizeof(*list->parts));
	list->parts[0] = *part;
	list->n = 1;
	n->parts = list;
	return n;
}

struct ynode *
node_text(struct spec_src *src, const char *text, const struct ynode *like)
{
	struct ynode *n = ynode_new(&src->sp->arena, Y_SCALAR);

	if (like)
		*n = *like;
	n->type = Y_SCALAR;
	n->quoted = false;
	n->parts = NULL;
	n->typed = NULL;
	n->text = arena_strdup(&src->sp->arena, text);
	n->n = strlen(text);
	return n;
}

void
node_literal(struct spec_src *src, struct ynode *n)
{
	struct arena *a = &src->sp->arena;
	struct part_list *list;
	size_t i;

	if (n->type == Y_MAP) {
		for (i = 0; i < n->n; i++)
			node_literal(src, n->pairs[i].value);
	} else if (n->type == Y_LIST) {
		for (i = 0; i < n->n; i++)
			node_literal(src, n->items[i]);
	} else if (strchr(n->text, '$')) {
		list = arena_alloc(a, sizeof(*list));
		list->parts = arena_alloc(a, sizeof(*list->parts));
		list->parts[0].text = n->text;
		list->n = 1;
		n->parts = list;
	}
}

struct ynode *
node_secret(struct spec_src *src, const char *var)
{
	struct ynode *n = node_parts(src, &(struct slot_part){ .var = var });

	n->secret = true;
	return n;
}

char *
ref_whole(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (n < 4 || text[0] != '$' || text[1] != '{' ||
	    strcspn(text, "}") != n - 1)
		return NULL;
	return arena_strndup(a, text + 2, n - 3);
}

bool
ref_is_input(const char *e)
{
	return strncmp(e, "with.", 5) == 0 || strncmp(e, "var.", 4) == 0;
}

char *
ref_segment(struct arena *a, const char **rest)
{
	const char *p = *rest;
	size_t n;

	if (*p != '.')
		return NULL;
	n = strcspn(++p, ".");
	*rest = p + n;
	return arena_strndup(a, p, n);
}

int
ref_syntax(struct decode *d, const struct ynode *n, const char *e)
{
	const char *p = e;
	size_t dots = 0;

	for (;;) {
		size_t len = strspn(p, SEGMENT_CHARS);

		if (!len)
			break;
		p += len;
		if (*p != '.')
			break;
		dots++;
		p++;
	}
	if (*p == '\0' && dots > 0 && p[-1] != '.')
		return 0;
	decode_err(d, n, "E0301", "'${%s}' is not a reference", e);
	if (*p == '\0' && dots == 0)
		diag_hint(d->ds, "write ${with.NAME}, ${var.NAME}, "
				 "${host.platform}, ${self.FIELD} or "
				 "${kind.name.field}; $${ stands for ${");
	else
		diag_hint(d->ds, "a reference consists of names separated by "
				 "dots; there are no functions or operators");
	return -1;
}

/* Parts being put together; neighbouring literals are joined. */
struct join {
	struct arena *a;
	struct slot_part *parts;
	size_t n, cap;
	struct buf text;
	bool absent;
};

static void
join_add(struct join *j, const struct slot_part *p)
{
	if (j->n == j->cap) {
		size_t cap = j->cap ? j->cap * 2 : 4;
		struct slot_part *new = arena_alloc(j->a, cap * sizeof(*new));

		if (j->n)
			memcpy(new, j->parts, j->n * sizeof(*new));
		j->parts = new;
		j->cap = cap;
	}
	j->parts[j->n++] = *p;
}

static void
join_flush(struct join *j)
{
	if (!j->text.n)
		return;
	join_add(j,
		 &(struct slot_part){ .text = arena_strdup(j->a, j->text.p) });
	buf_reset(&j->text);
}

static void
join_part(struct join *j, const struct slot_part *p)
{
	if (p->text) {
		buf_adds(&j->text, p->text);
		return;
	}
	join_flush(j);
	join_add(j, p);
}

/* What this machine is called by those who name packages after it. */
static const char *
host_value(struct arena *a, const char *name)
{
	bool arm = strcmp(platform_name(), "linux-arm64") == 0;
	const char *npm, *go;

	npm = arm ? "arm64" : "x64";
	go = arm ? "arm64" : "amd64";
	if (strcmp(name, "os") == 0)
		return "linux";
	if (strcmp(name, "arch") == 0 || strcmp(name, "npm_arch") == 0)
		return npm;
	if (strcmp(name, "go_arch") == 0)
		return go;
	if (strcmp(name, "platform") == 0 || strcmp(name, "npm_platform") == 0)
		return arena_printf(a, "linux-%s", npm);
	if (strcmp(name, "go_platform") == 0 ||
	    strcmp(name, "foundry_platform") == 0)
		return arena_printf(a, "linux-%s", go);
	return NULL;
}

/* The folder of the programs that belong to opl2, so that a process can be
 * one of them. */
static int
join_opl2_dir(struct decode *d, struct join *j)
{
	char *path = program_beside("opl2-meeda", d->ds), *slash;

	if (!path)
		return -1;
	slash = strrchr(path, '/');
	buf_add(&j->text, path, slash ? (size_t)(slash - path) : 0);
	free(path);
	return 0;
}

static int
join_host(struct decode *d, const struct ynode *n, const char *name,
	  struct join *j)
{
	static const char *const names[] = { "os",       "arch",
					     "platform", "npm_platform",
					     "npm_arch", "go_platform",
					     "go_arch",  "foundry_platform",
					     "opl2_dir" };
	const char *v = host_value(d->arena, name);
	struct suggest s;
	size_t i;

	if (strcmp(name, "opl2_dir") == 0)
		return join_opl2_dir(d, j);
	if (v) {
		buf_adds(&j->text, v);
		return 0;
	}
	decode_err(d, n, "E0304", "'host' has no '%s'", name);
	suggest_init(&s, name);
	for (i = 0; i < COUNTOF(names); i++)
		suggest_try(&s, names[i]);
	diag_hint(d->ds, "%s '%s'", s.best ? "did you mean" : "there is",
		  s.best ? s.best : "platform");
	return -1;
}

int
no_resource(struct decode *d, const struct ynode *n, const char *addr)
{
	struct spec_decode *sd = d->arg;
	char kind[64];
	const char *name = addr_split(addr, kind, sizeof(kind));
	const struct spec *sp = sd->src->sp;
	struct suggest s;
	size_t i, klen;

	if (name && strmap_get(&sd->src->no_kind, kind))
		return -1;
	if (!name || !kind_find(kind)) {
		decode_err(d, n, "E0302", "unknown kind of resource '%s'",
			   name ? kind : addr);
		suggest_init(&s, name ? kind : addr);
		for (i = 0; i < kind_count; i++)
			suggest_try(&s, kind_table[i]->name);
		suggest_try(&s, "with");
		suggest_try(&s, "var");
		suggest_try(&s, "self");
		suggest_try(&s, "host");
		if (s.best)
			diag_hint(d->ds, "did you mean '%s'?", s.best);
		return -1;
	}
	decode_err(d, n, "E0303", "there is no resource '%s'", addr);
	if (d->ds->nerrors > GUESS_MAX)
		return -1;
	klen = strlen(kind);
	suggest_init(&s, name);
	for (i = 0; i < sp->nres; i++)
		if (strncmp(sp->res[i].addr, kind, klen) == 0 &&
		    sp->res[i].addr[klen] == '.')
			suggest_try(&s, sp->res[i].name);
	if (s.best) {
		diag_hint(d->ds, "did you mean '%s.%s'?", kind, s.best);
		return -1;
	}
	for (i = 0; i < sp->nres && !s.best; i++)
		if (strcmp(sp->res[i].name, name) == 0)
			s.best = sp->res[i].addr;
	if (s.best)
		diag_hint(d->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(d->ds, "add it under 'resources: %s:'", kind);
	return -1;
}

/* The resource that kind.name means in this scope: the instance's own first.
 * NULL with *absent set when it is there but switched off. */
struct resource *
ref_find(const struct spec_src *src, const struct scope *sc, struct arena *a,
	 const char *kind, const char *name, bool *absent)
{
	const char *addr = arena_printf(a, "%s.%s%s", kind, sc->prefix, name);
	struct resource *r = strmap_get(&src->by_addr, addr);

	*absent = !r && strmap_get(&src->absent, addr);
	if (r || *absent || !*sc->prefix)
		return r;
	addr = arena_printf(a, "%s.%s", kind, name);
	r = strmap_get(&src->by_addr, addr);
	*absent = !r && strmap_get(&src->absent, addr);
	return r;
}

static int
no_field(struct decode *d, const struct ynode *n, const struct resource *r,
	 const json_t *schema, const char *seg)
{
	json_t *props = json_object_get(schema, "properties"), *p;
	struct suggest s;
	const char *name;

	decode_err(d, n, "E0304", "'%s' has no '%s'", r->addr, seg);
	suggest_init(&s, seg);
	json_object_foreach(props, name, p)
		suggest_try(&s, name);
	if (s.best)
		diag_hint(d->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(d->ds, "see `opl2 schema %s`", r->kind->name);
	return -1;
}

/* Walks rest through the schema of r; fills in path and accessor. */
static int
ref_path(struct decode *d, const struct ynode *n, const struct resource *r,
	 const char *rest, struct ref *ref)
{
	const json_t *schema = r->schema, *next;
	char *seg;

	ref->addr = r->addr;
	ref->path = "";
	while ((seg = ref_segment(d->arena, &rest))) {
		next = schema_step(schema, seg);
		if (!next && !*rest && accessor_known(seg)) {
			ref->accessor = seg;
			return 0;
		}
		if (!next)
			return no_field(d, n, r, schema, seg);
		schema = next;
		ref->path = jx_ptr_key(d->arena, ref->path, seg);
	}
	return 0;
}

static int
join_ref(struct decode *d, const struct ynode *n, const char *e, struct join *j)
{
	struct spec_decode *sd = d->arg;
	struct ref *ref = arena_alloc(d->arena, sizeof(*ref));
	bool self = strncmp(e, "self.", 5) == 0, absent = false;
	const char *rest = strchr(e, '.');
	char *kind = arena_strndup(d->arena, e, (size_t)(rest - e)), *name;
	struct resource *r;

	if (!sd->src->collected) {
		decode_err(d, n, "E0309", "'${%s}' is not known yet here", e);
		diag_hint(d->ds,
			  "the list of resources cannot depend on a resource");
		return -1;
	}
	if (self) {
		r = sd->self ? strmap_get(&sd->src->by_addr, sd->self) : NULL;
		if (!r) {
			decode_err(d, n, "E0301",
				   "'self' can only be used inside a resource");
			return -1;
		}
	} else {
		name = ref_segment(d->arena, &rest);
		r = ref_find(sd->src, node_scope(sd->src, n), d->arena, kind,
			     name, &absent);
		if (absent) {
			j->absent = true;
			return 0;
		}
		if (!r)
			return no_resource(
				d, n,
				arena_printf(d->arena, "%s.%s", kind, name));
	}
	if (ref_path(d, n, r, rest, ref) < 0)
		return -1;
	join_part(j, &(struct slot_part){ .ref = ref });
	return 0;
}

static int join_node(struct decode *d, struct ynode *n, struct join *j);

static int
join_input(struct decode *d, const struct ynode *n, const char *e,
	   struct join *j)
{
	struct ynode *v = ref_input(d, n, e);

	if (v == &ynode_poison)
		return -1;
	if (ynode_is_null(v)) {
		j->absent = true;
		return 0;
	}
	if (v->type == Y_SCALAR)
		return join_node(d, v, j);
	decode_err(d, n, "E0301", "'${%s}' is %s and cannot be part of text", e,
		   ynode_what(v));
	return -1;
}

static int
join_expr(struct decode *d, struct ynode *n, const char *e, struct join *j)
{
	if (ref_is_input(e))
		return join_input(d, n, e, j);
	if (ref_syntax(d, n, e) < 0)
		return -1;
	if (strncmp(e, "host.", 5) == 0)
		return join_host(d, n, e + 5, j);
	return join_ref(d, n, e, j);
}

static int
join_node(struct decode *d, struct ynode *n, struct join *j)
{
	struct spec_decode *sd = d->arg;
	const struct part_list *made = n->parts;
	const char *p = n->text, *q, *end;
	size_t i;
	int rc = 0;

	for (i = 0; made && i < made->n; i++)
		join_part(j, &made->parts[i]);
	if (n->typed)
		buf_adds(&j->text, n->text);
	if (made || n->typed)
		return 0;
	if (sd->depth > REF_DEPTH)
		return decode_err(d, n, "E0310",
				  "inputs refer to each other in a cycle");
	sd->depth++;
	while (*p && rc == 0) {
		q = strchr(p, '$');
		if (!q) {
			buf_adds(&j->text, p);
			break;
		}
		buf_add(&j->text, p, (size_t)(q - p));
		p = q + 1;
		if (strncmp(q, "$${", 3) == 0) {
			buf_adds(&j->text, "${");
			p = q + 3;
		} else if (q[1] != '{') {
			buf_addch(&j->text, '$');
		} else if (!(end = strchr(q, '}'))) {
			rc = decode_err(d, n, "E0301",
					"a reference is not closed: '%s'", q);
			diag_hint(d->ds, "add the '}', or write $${ for the "
					 "characters ${");
		} else {
			char *e = arena_strndup(d->arena, q + 2,
						(size_t)(end - q) - 2);

			p = end + 1;
			rc = join_expr(d, n, e, j);
		}
	}
	sd->depth--;
	return rc;
}

enum parts
ref_parts(struct decode *d, struct ynode *n, struct slot_part **parts,
	  size_t *nparts)
{
	struct join j = { .a = d->arena, .text = BUF_INIT(1u << 20) };
	int rc = join_node(d, n, &j);
	size_t i;

	join_flush(&j);
	buf_done(&j.text);
	if (rc < 0)
		return PARTS_BAD;
	if (j.absent)
		return PARTS_NULL;
	if (!j.n)
		join_add(&j, &(struct slot_part){ .text = "" });
	*parts = j.parts;
	*nparts = j.n;
	for (i = 0; i < j.n; i++)
		if (!j.parts[i].text)
			return PARTS_SLOT;
	return PARTS_TEXT;
}
