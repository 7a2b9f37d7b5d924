/*
 * What a spec says of its state: addresses that changed (moved), objects that
 * leave it (removed), and objects that come into it (import).
 */
#include "engine/spec/spec_src.h"

#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "engine/schema/schema.h"

struct block { /* one of these lists */
	struct spec_src *src;
	struct ynode *list;
	const char *key;
	json_t *v; /* decoded; owned */
};

static size_t
block_read(struct block *b, struct spec_src *src, struct ynode *list,
	   const char *key)
{
	struct arena *a = &src->sp->arena;

	*b = (struct block){ .src = src, .list = list, .key = key };
	if (list && list->type == Y_LIST && list->n)
		b->v = decode_static(src, list,
				     schema_at(schema_file("spec.json"),
					       arena_printf(a, "/%s", key)),
				     key);
	return json_array_size(b->v);
}

static const struct ynode *
node_of(const struct block *b, size_t i, const char *key)
{
	const struct ynode *n = ynode_get(b->list->items[i], key);

	return n ? n : b->list->items[i];
}

/* The address at key of the i-th item, or NULL with a diagnostic. */
static const char *
block_addr(const struct block *b, size_t i, const char *key, const char *prefix)
{
	const char *addr = jx_str(json_array_get(b->v, i), key, ""), *name;
	char kind[64];

	name = addr_split(addr, kind, sizeof(kind));
	if (!name || !kind_find(kind)) {
		diag_err(b->src->ds, "E0316", "%s: '%s' is not an address",
			 b->key, addr);
		ynode_at(b->src->ds, b->list->items[i]);
		diag_hint(b->src->ds, "write kind.name");
		return NULL;
	}
	return arena_printf(&b->src->sp->arena, "%s.%s%s", kind, prefix, name);
}

void
moves_decode(struct spec_src *src, struct ynode *list, const char *prefix)
{
	struct spec *sp = src->sp;
	struct block b;
	struct move *all;
	size_t i, n = block_read(&b, src, list, "moved");

	all = arena_alloc(&sp->arena, (sp->nmoves + n + 1) * sizeof(*all));
	if (sp->nmoves)
		memcpy(all, sp->moves, sp->nmoves * sizeof(*all));
	sp->moves = all;
	for (i = 0; i < n; i++) {
		const char *from = block_addr(&b, i, "from", prefix);
		const char *to = block_addr(&b, i, "to", prefix);

		if (from && to)
			all[sp->nmoves++] = (struct move){ from, to };
	}
	json_decref(b.v);
}

static int
refuse_twice(const struct block *b, size_t i, const char *key, const char *addr)
{
	diag_err(b->src->ds, "E0442", "%s: '%s' is named twice", b->key, addr);
	ynode_at(b->src->ds, node_of(b, i, key));
	diag_hint(b->src->ds, "delete one of the two");
	return -1;
}

static int
check_removed(const struct block *b, size_t i, const char *from)
{
	const struct spec *sp = b->src->sp;

	if (spec_removed(sp, from))
		return refuse_twice(b, i, "from", from);
	if (!spec_find(sp, from))
		return 0;
	diag_err(b->src->ds, "E0440", "removed: '%s' is still in the spec",
		 from);
	ynode_at(b->src->ds, node_of(b, i, "from"));
	diag_hint(b->src->ds, "delete the resource, or this entry");
	return -1;
}

void
removed_decode(struct spec_src *src, struct ynode *list)
{
	struct spec *sp = src->sp;
	struct block b;
	size_t i, n = block_read(&b, src, list, "removed");

	sp->removed = arena_alloc(&sp->arena, (n + 1) * sizeof(*sp->removed));
	for (i = 0; i < n; i++) {
		const char *from = block_addr(&b, i, "from", "");

		if (from && check_removed(&b, i, from) == 0)
			sp->removed[sp->nremoved++] = (struct removed){
				from,
				jx_bool(json_array_get(b.v, i), "destroy", true)
			};
	}
	json_decref(b.v);
}

static int
check_import(const struct block *b, size_t i, const char *to)
{
	const struct spec *sp = b->src->sp;
	const struct resource *res = spec_find(sp, to);

	if (spec_import_id(sp, to))
		return refuse_twice(b, i, "to", to);
	if (res && (res->kind->flags & KIND_IMPORT))
		return 0;
	if (res) {
		diag_err(b->src->ds, "E1042", "a '%s' cannot be imported",
			 res->kind->name);
		diag_hint(b->src->ds, "delete this entry; 'opl2 apply' creates "
				      "the resource");
	} else {
		diag_err(b->src->ds, "E0441",
			 "import: '%s' is not a resource of this chain", to);
		diag_hint(b->src->ds, "'opl2 show -spec' lists the addresses");
	}
	ynode_at(b->src->ds, node_of(b, i, "to"));
	return -1;
}

void
imports_decode(struct spec_src *src, struct ynode *list)
{
	struct spec *sp = src->sp;
	struct block b;
	size_t i, n = block_read(&b, src, list, "import");

	sp->imports = arena_alloc(&sp->arena, (n + 1) * sizeof(*sp->imports));
	for (i = 0; i < n; i++) {
		const char *id = jx_str(json_array_get(b.v, i), "id", "");
		const char *to = block_addr(&b, i, "to", "");

		if (to && check_import(&b, i, to) == 0)
			sp->imports[sp->nimports++] =
				(struct import){ to,
						 arena_strdup(&sp->arena, id) };
	}
	json_decref(b.v);
}

const struct removed *
spec_removed(const struct spec *sp, const char *addr)
{
	for (size_t i = 0; i < sp->nremoved; i++)
		if (strcmp(sp->removed[i].from, addr) == 0)
			return &sp->removed[i];
	return NULL;
}

const char *
spec_import_id(const struct spec *sp, const char *addr)
{
	for (size_t i = 0; i < sp->nimports; i++)
		if (strcmp(sp->imports[i].to, addr) == 0)
			return sp->imports[i].id;
	return NULL;
}
