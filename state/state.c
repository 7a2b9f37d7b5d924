#include "state/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define FIRST_SLOTS 64u

struct state_node {
	struct state_entry e; /* owns everything it points to */
	struct state_node *next;
};

void
state_init(struct state *s)
{
	*s = (struct state){ .outputs = json_object() };
}

/* An entry is const for its readers; what is in a node is the node's own. */
static void
drop_text(const char *s)
{
	char *mine;

	memcpy(&mine, &s, sizeof(mine));
	free(mine);
}

static void
drop_value(const json_t *j)
{
	json_t *mine;

	memcpy(&mine, &j, sizeof(mine));
	json_decref(mine);
}

static void
node_free(struct state_node *n)
{
	if (!n)
		return;
	drop_text(n->e.addr);
	drop_text(n->e.kind);
	drop_value(n->e.config);
	drop_value(n->e.attrs);
	drop_value(n->e.private);
	drop_value(n->e.depends);
	free(n);
}

void
state_done(struct state *s)
{
	for (size_t i = 0; i < s->nslots; i++) {
		struct state_node *n = s->slots[i];

		while (n) {
			struct state_node *next = n->next;

			node_free(n);
			n = next;
		}
	}
	free(s->slots);
	json_decref(s->outputs);
	*s = (struct state){ 0 };
}

/* FNV-1a. */
static size_t
hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* The link that points to addr's node, or to NULL at its place. */
static struct state_node **
find(const struct state *s, const char *addr)
{
	struct state_node **link = &s->slots[hash(addr) & (s->nslots - 1)];

	while (*link && strcmp((*link)->e.addr, addr) != 0)
		link = &(*link)->next;
	return link;
}

static void
state_grow(struct state *s)
{
	size_t nold = s->nslots;
	struct state_node **old = s->slots;

	s->nslots = nold ? nold * 2 : FIRST_SLOTS;
	s->slots = xcalloc(s->nslots, sizeof(struct state_node *));
	for (size_t i = 0; i < nold; i++) {
		struct state_node *n = old[i];

		while (n) {
			struct state_node *next = n->next;

			n->next = NULL;
			*find(s, n->e.addr) = n;
			n = next;
		}
	}
	free(old);
}

const struct state_entry *
state_get(const struct state *s, const char *addr)
{
	const struct state_node *n = s->nslots ? *find(s, addr) : NULL;

	return n ? &n->e : NULL;
}

static bool
same_value(const json_t *a, const json_t *b)
{
	return a == b || json_equal(a, b);
}

static bool
same_entry(const struct state_entry *a, const struct state_entry *b)
{
	return !strcmp(a->kind, b->kind) &&
	       a->schema_version == b->schema_version &&
	       a->status == b->status && same_value(a->config, b->config) &&
	       same_value(a->attrs, b->attrs) &&
	       same_value(a->private, b->private) &&
	       same_value(a->depends, b->depends);
}

static struct state_node *
node_new(const struct state_entry *e)
{
	struct state_node *n = xcalloc(1, sizeof(*n));

	n->e = (struct state_entry){
		.addr = xstrdup(e->addr),
		.kind = xstrdup(e->kind),
		.schema_version = e->schema_version,
		.status = e->status,
		.config = e->config ? jx_share(e->config) : json_object(),
		.attrs = e->attrs ? jx_share(e->attrs) : json_object(),
		.private =
			json_is_null(e->private) ? NULL : jx_share(e->private),
		.depends = e->depends ? jx_share(e->depends) : json_array(),
	};
	return n;
}

void
state_put(struct state *s, const struct state_entry *e)
{
	struct state_node **link, *n = node_new(e);

	if (s->count >= s->nslots)
		state_grow(s);
	link = find(s, e->addr);
	if (*link && same_entry(&(*link)->e, &n->e)) {
		node_free(n);
		return;
	}
	if (*link)
		n->next = (*link)->next;
	else
		s->count++;
	node_free(*link);
	*link = n;
	s->dirty = true;
}

bool
state_remove(struct state *s, const char *addr)
{
	struct state_node **link = s->nslots ? find(s, addr) : NULL;
	struct state_node *n = link ? *link : NULL;

	if (!n)
		return false;
	*link = n->next;
	node_free(n);
	s->count--;
	s->dirty = true;
	return true;
}

void
state_set_outputs(struct state *s, const json_t *outputs)
{
	if (same_value(s->outputs, outputs))
		return;
	json_decref(s->outputs);
	s->outputs = jx_share(outputs);
	s->dirty = true;
}

static int
cmp_addr(const void *a, const void *b)
{
	const struct state_entry *const *x = a, *const *y = b;

	return strcmp((*x)->addr, (*y)->addr);
}

const struct state_entry **
state_list(const struct state *s, struct arena *a, size_t *n)
{
	const struct state_entry **list =
		arena_alloc(a, (s->count + 1) * sizeof(*list));

	*n = 0;
	for (size_t i = 0; i < s->nslots; i++) {
		for (struct state_node *at = s->slots[i]; at; at = at->next)
			list[(*n)++] = &at->e;
	}
	qsort(list, *n, sizeof(*list), cmp_addr);
	return list;
}

void
state_ensure_lineage(struct state *s)
{
	uint8_t b[16];

	if (*s->lineage)
		return;
	/* Up to 256 bytes come whole, or the kernel has no generator. */
	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		abort();
	/* RFC 9562, version 4 */
	snprintf(s->lineage, sizeof(s->lineage),
		 "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-"
		 "%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15u, b[7],
		 (b[8] & 63u) | 128u, b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
	s->dirty = true;
}
