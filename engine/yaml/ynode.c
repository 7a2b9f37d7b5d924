/* Operations on the tree that yaml.c builds. */
#include "engine/yaml/yaml.h"

#include "engine/yaml/strmap.h"

/* Maps larger than this get an index when merged. */
#define INDEX_FROM 16

struct ynode *
ynode_new(struct arena *a, enum ytype type)
{
	struct ynode *n = arena_alloc(a, sizeof(*n));

	n->type = type;
	n->text = "";
	return n;
}

struct ypair *
ynode_pair(const struct ynode *map, const char *key)
{
	size_t i;

	if (!map || map->type != Y_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (strcmp(map->pairs[i].key->text, key) == 0)
			return &map->pairs[i];
	return NULL;
}

struct ynode *
ynode_get(const struct ynode *map, const char *key)
{
	struct ypair *p = ynode_pair(map, key);

	return p ? p->value : NULL;
}

bool
ynode_is_null(const struct ynode *n)
{
	if (!n)
		return true;
	if (n->type != Y_SCALAR || n->quoted || n->parts)
		return false;
	return n->n == 0 || strcmp(n->text, "~") == 0 ||
	       strcmp(n->text, "null") == 0 || strcmp(n->text, "Null") == 0 ||
	       strcmp(n->text, "NULL") == 0;
}

bool
ynode_is_empty(const struct ynode *n)
{
	return n->type == Y_SCALAR && !n->quoted && !n->parts && n->n == 0;
}

const char *
ynode_what(const struct ynode *n)
{
	if (ynode_is_null(n))
		return "nothing";
	switch (n->type) {
	case Y_LIST:
		return "a list";
	case Y_MAP:
		return "a map";
	case Y_SCALAR:
		break;
	}
	return n->quoted ? "quoted text" : "text";
}

void
ynode_add(struct arena *a, struct ynode *map, struct ynode *key,
	  struct ynode *value)
{
	if (map->n == map->cap) {
		size_t cap = map->cap ? map->cap * 2 : 4;
		struct ypair *p = arena_alloc(a, cap * sizeof(*p));

		if (map->n)
			memcpy(p, map->pairs, map->n * sizeof(*p));
		map->pairs = p;
		map->cap = cap;
	}
	map->pairs[map->n++] = (struct ypair){ key, value };
}

struct ynode *
ynode_clone(struct arena *a, const struct ynode *n, const void *scope)
{
	struct ynode *c;
	size_t i;

	if (!n)
		return NULL;
	c = arena_alloc(a, sizeof(*c));
	*c = *n;
	c->scope = scope;
	c->cap = n->n;
	switch (n->type) {
	case Y_LIST:
		c->items = arena_alloc(a, n->n * sizeof(*c->items));
		for (i = 0; i < n->n; i++)
			c->items[i] = ynode_clone(a, n->items[i], scope);
		break;
	case Y_MAP:
		c->pairs = arena_alloc(a, n->n * sizeof(*c->pairs));
		for (i = 0; i < n->n; i++) {
			c->pairs[i].key =
				ynode_clone(a, n->pairs[i].key, scope);
			c->pairs[i].value =
				ynode_clone(a, n->pairs[i].value, scope);
		}
		break;
	case Y_SCALAR:
		break;
	}
	return c;
}

/* Index of keys to pair number + 1, for maps worth one. */
static void
index_pairs(struct strmap *m, const struct ynode *map)
{
	size_t i;

	for (i = 0; i < map->n; i++)
		*strmap_put(m, map->pairs[i].key->text) = &map->pairs[i];
}

static struct ypair *
find_pair(const struct strmap *index, const struct ynode *map, const char *key)
{
	return index->cap ? strmap_get(index, key) : ynode_pair(map, key);
}

/* Who wrote over it is shown, but for a preset's own variants: what these add
 * to is there without them. */
static struct ynode *
key_of_both(const struct ypair *base, const struct ypair *over)
{
	bool maps = base->value->type == Y_MAP && over->value->type == Y_MAP;

	return maps && over->key->from ? base->key : over->key;
}

static struct ynode *
merge(struct arena *a, struct ynode *base, struct ynode *over, bool deep)
{
	struct strmap in_over, in_base;
	struct ynode *out;
	struct ypair *p;
	size_t i;

	if (!base || !over)
		return base ? base : over;
	if (base->type != Y_MAP || over->type != Y_MAP)
		return over;
	strmap_init(&in_over, a);
	strmap_init(&in_base, a);
	if (over->n > INDEX_FROM)
		index_pairs(&in_over, over);
	if (base->n > INDEX_FROM)
		index_pairs(&in_base, base);
	out = arena_alloc(a, sizeof(*out));
	*out = *over;
	out->n = out->cap = 0;
	out->pairs = NULL;
	for (i = 0; i < base->n; i++) {
		struct ypair *b = &base->pairs[i];

		p = find_pair(&in_over, over, b->key->text);
		if (!p || ynode_is_empty(p->value))
			ynode_add(a, out, b->key, b->value);
		else if (!ynode_is_null(p->value))
			ynode_add(a, out, key_of_both(b, p),
				  deep ? merge(a, b->value, p->value, true)
				       : p->value);
	}
	for (i = 0; i < over->n; i++) {
		p = &over->pairs[i];
		if (!find_pair(&in_base, base, p->key->text))
			ynode_add(a, out, p->key, p->value);
	}
	return out;
}

struct ynode *
ynode_merge(struct arena *a, struct ynode *base, struct ynode *over)
{
	return merge(a, base, over, true);
}

struct ynode *
ynode_overlay(struct arena *a, struct ynode *base, struct ynode *over)
{
	return merge(a, base, over, false);
}

static struct diag_pos
own_place(const struct ynode *n)
{
	if (!n || !n->src)
		return (struct diag_pos){ 0 };
	return (struct diag_pos){ n->src->name, n->line, n->col, n->end_col };
}

void
ynode_place(const struct ynode *n, struct diag_pos *pos,
	    struct diag_pos *preset)
{
	const struct ynode *from = n && n->src ? n->from : NULL;

	*pos = own_place(from ? from : n);
	*preset = own_place(from ? n : NULL);
}

void
ynode_at(struct diags *ds, const struct ynode *n)
{
	struct diag_pos pos, preset;

	ynode_place(n, &pos, &preset);
	if (pos.file)
		diag_pos(ds, pos.file, pos.line, pos.col, pos.end_col);
	if (preset.file)
		diag_preset(ds, &preset);
}
