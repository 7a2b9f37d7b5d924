/*
 * "<<: NAME" in a map of a preset: the map of that name under `shared` stands
 * below the map's own keys; "<<: [A, B]", A below B. An item of a list that is
 * nothing but "<<: NAME" stands for the items of a shared list. All is put in
 * as the files are read, so that what comes later sees it written out.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/limits.h"
#include "engine/base/suggest.h"

#define MARK "<<"

static size_t
count(const struct ynode *n)
{
	size_t i, sum = 1;

	for (i = 0; n->type == Y_MAP && i < n->n; i++)
		sum += count(n->pairs[i].value);
	for (i = 0; n->type == Y_LIST && i < n->n; i++)
		sum += count(n->items[i]);
	return sum;
}

/* The body that `name` names, a map or a list as wanted; NULL: reported. */
static struct ynode *
body_of(struct shares *s, const struct ynode *name, enum ytype wanted)
{
	bool text = name->type == Y_SCALAR;
	struct ynode *body = text ? ynode_get(s->bodies, name->text) : NULL;
	struct suggest near;
	size_t i;

	if (s->added > LIM_SPEC_NODES) /* reported */
		return NULL;
	if (body && body->type == wanted) {
		s->added += count(body);
		if (s->added <= LIM_SPEC_NODES)
			return body;
		diag_err(s->ds, "E0109", "too many values");
		diag_hint(s->ds, "'" MARK "' can add at most %u values",
			  LIM_SPEC_NODES);
	} else if (body) {
		diag_err(s->ds, "E0475", "the shared body '%s' is %s",
			 name->text, ynode_what(body));
		diag_hint(s->ds, "name a body that is %s",
			  wanted == Y_MAP ? "a map" : "a list");
	} else {
		diag_err(s->ds, "E0475", "unknown shared body '%s'",
			 text ? name->text : ynode_what(name));
		suggest_init(&near, text ? name->text : "");
		for (i = 0; i < s->bodies->n; i++)
			suggest_try(&near, s->bodies->pairs[i].key->text);
		if (near.best)
			diag_hint(s->ds, "did you mean '%s'?", near.best);
		else
			diag_hint(s->ds, "define it under 'shared:'");
	}
	ynode_at(s->ds, name);
	return NULL;
}

/* The bodies that "<<" names, merged. */
static struct ynode *
bodies_of(struct shares *s, const struct ynode *names)
{
	struct ynode *body = NULL;
	size_t i;

	if (names->type != Y_LIST)
		return body_of(s, names, Y_MAP);
	for (i = 0; i < names->n; i++)
		body = ynode_merge(s->arena, body,
				   body_of(s, names->items[i], Y_MAP));
	return body;
}

/* The list that an item stands for; NULL: for itself. */
static struct ynode *
list_of(struct shares *s, const struct ynode *item)
{
	const struct ynode *name, *body;

	if (item->type != Y_MAP || item->n != 1)
		return NULL;
	name = ynode_get(item, MARK);
	if (!name || name->type != Y_SCALAR)
		return NULL;
	body = ynode_get(s->bodies, name->text);
	return body && body->type == Y_LIST ? body_of(s, name, Y_LIST) : NULL;
}

static struct ynode *
share_in_list(struct shares *s, struct ynode *n)
{
	struct ynode *out = ynode_new(s->arena, Y_LIST), *list;
	size_t i, k, max = n->n;

	for (i = 0; i < n->n; i++) {
		list = list_of(s, n->items[i]);
		max += list ? list->n : 0;
	}
	*out = *n;
	out->items = arena_alloc(s->arena, max * sizeof(*out->items));
	out->n = 0;
	for (i = 0; i < n->n; i++) {
		list = list_of(s, n->items[i]);
		for (k = 0; list && k < list->n; k++)
			out->items[out->n++] = list->items[k];
		if (!list)
			out->items[out->n++] = share_in(s, n->items[i]);
	}
	out->cap = out->n;
	return out;
}

static struct ynode *
share_in_map(struct shares *s, struct ynode *n)
{
	struct ynode *body = NULL;
	size_t i, kept = 0;

	for (i = 0; i < n->n; i++) {
		struct ypair *p = &n->pairs[i];

		if (strcmp(p->key->text, MARK) == 0) {
			body = bodies_of(s, p->value);
			continue;
		}
		p->value = share_in(s, p->value);
		n->pairs[kept++] = *p;
	}
	n->n = kept;
	return body ? ynode_merge(s->arena, body, n) : n;
}

struct ynode *
share_in(struct shares *s, struct ynode *n)
{
	switch (n->type) {
	case Y_LIST:
		return share_in_list(s, n);
	case Y_MAP:
		return share_in_map(s, n);
	case Y_SCALAR:
		break;
	}
	return n;
}

/* Bodies are plain: else a few lines would make any size and depth. */
static void
check_plain(struct shares *s, const struct ynode *n)
{
	const struct ypair *mark;
	size_t i;

	for (i = 0; n->type == Y_LIST && i < n->n; i++)
		check_plain(s, n->items[i]);
	for (i = 0; n->type == Y_MAP && i < n->n; i++)
		check_plain(s, n->pairs[i].value);
	mark = n->type == Y_MAP ? ynode_pair(n, MARK) : NULL;
	if (!mark)
		return;
	diag_err(s->ds, "E0475", "a shared body cannot have '" MARK "'");
	ynode_at(s->ds, mark->key);
	diag_hint(s->ds, "write out the keys of that body");
}

void
share_declare(struct shares *s, struct ynode *shared)
{
	if (!shared || shared->type != Y_MAP)
		return;
	check_plain(s, shared);
	s->bodies = ynode_merge(s->arena, s->bodies, shared);
}
