/*
 * Where a value comes from that only apply will know. Of an object that is
 * made anew every value is another one, as far as anybody can say: what hangs
 * on it is as grave as the field that takes it. Of any other object it is most
 * often what it was, and apply stops should it not be.
 */
#include "engine/plan/plan_impl.h"

static bool
overlap(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (!*a || *a == '/') && (!*b || *b == '/') && (!*a || !*b);
}

static bool
made_anew(const struct change *c)
{
	return c->action == ACT_REPLACE ||
	       (c->action != ACT_NOOP && c->class >= CLASS_NEW_GENESIS);
}

static const char *source_of(struct planner *pl, const struct pnode *n,
			     const char *pointer);

static const char *
source_of_ref(struct planner *pl, const struct pnode *n, const struct ref *ref)
{
	const struct node *gn = graph_find(&pl->g, ref->addr);
	const struct pnode *from = gn ? &pl->nodes[gn->id] : NULL;
	bool unknown;

	if (!from)
		return NULL;
	/* The loader refuses fields that go round in a circle. */
	if (from == n)
		return source_of(pl, n, ref->path);
	if (!made_anew(from->c))
		return NULL;
	known_at(&from->known, ref->path, pl->p->values, &unknown);
	return unknown ? from->c->addr : NULL;
}

static const char *
source_of(struct planner *pl, const struct pnode *n, const char *pointer)
{
	const char *addr = NULL;
	size_t i, k;

	for (i = 0; i < n->res->nslots && !addr; i++) {
		const struct slot *s = &n->res->slots[i];

		if (!overlap(s->pointer, pointer))
			continue;
		for (k = 0; k < s->nparts && !addr; k++)
			if (s->parts[k].ref)
				addr = source_of_ref(pl, n, s->parts[k].ref);
	}
	return addr;
}

void
plan_sources(struct planner *pl, struct pnode *n)
{
	size_t i;

	for (i = 0; i < n->c->nreasons; i++) {
		struct reason *re = &n->c->reasons[i];

		if (re->why == WHY_CONFIG && re->unknown)
			re->text = source_of(pl, n, re->pointer);
	}
}
