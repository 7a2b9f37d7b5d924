#include "providers/clients/trie/mpt.h"

#include <string.h>

#include "engine/base/hash.h"

#define HASH   32
#define BRANCH 17 /* items: a child a nibble, and a value */

struct walk {
	const uint8_t *key;
	size_t nibbles, at; /* of the key, and how many are behind */
	const struct rlp *listed;
	size_t n, used;
	struct mpt_path *out;
};

static unsigned
mpt_nibble(const uint8_t *p, size_t i)
{
	return i % 2 ? p[i / 2] & 0xfu : p[i / 2] >> 4;
}

/* The whole encoding of the next item, head and all. */
static int
take_whole(struct rlp *in, struct rlp *whole, struct rlp_item *item)
{
	whole->p = in->p;
	if (rlp_next(in, item) != 1)
		return -1;
	whole->n = (size_t)(in->p - whole->p);
	return 0;
}

/* Takes the listed node that has this hash. */
static int
take_listed(struct walk *w, const uint8_t hash[HASH], struct rlp *out)
{
	uint8_t got[HASH];

	if (w->used == w->n)
		return -1;
	*out = w->listed[w->used++];
	keccak256(out->p, out->n, got);
	return memcmp(got, hash, HASH) == 0 ? 0 : -1;
}

/* From a node to its child: 1 and the child's encoding, 0 there is none. */
static int
follow(struct walk *w, struct rlp whole, const struct rlp_item *ref,
       struct rlp *child)
{
	const struct rlp *next = &w->listed[w->used];

	if (!ref->list) {
		if (ref->body.n == 0)
			return 0;
		if (ref->body.n != HASH || take_listed(w, ref->body.p, child))
			return -1;
		return 1;
	}
	if (whole.n >= HASH)
		return -1;
	if (w->used < w->n && next->n == whole.n &&
	    memcmp(next->p, whole.p, whole.n) == 0)
		w->used++;
	*child = whole;
	return 1;
}

/* How many nibbles a compact path has, and where they begin; -1 when it is
 * none. */
static int
open_path(struct rlp path, bool *leaf, size_t *first, size_t *count)
{
	unsigned flags;

	if (path.n == 0)
		return -1;
	flags = path.p[0] >> 4;
	if (flags > 3 || (!(flags & 1) && path.p[0] & 0xf))
		return -1;
	*leaf = flags & 2;
	*first = flags & 1 ? 1 : 2;
	*count = 2 * path.n - *first;
	return 0;
}

static bool
path_fits(const struct walk *w, struct rlp path, size_t first, size_t count)
{
	if (count > w->nibbles - w->at)
		return false;
	for (size_t i = 0; i < count; i++)
		if (mpt_nibble(path.p, first + i) !=
		    mpt_nibble(w->key, w->at + i))
			return false;
	return true;
}

/* Each step of these: 2 with the child to go on with, else the verdict. */
static int
step_short(struct walk *w, struct rlp items, struct rlp *child)
{
	struct rlp path, whole;
	struct rlp_item ref;
	size_t first, count;
	bool leaf, fits;

	if (rlp_bytes(&items, &path) || take_whole(&items, &whole, &ref) ||
	    open_path(path, &leaf, &first, &count))
		return -1;
	fits = path_fits(w, path, first, count);
	if (leaf) {
		if (ref.list || ref.body.n == 0)
			return -1;
		if (!fits || count != w->nibbles - w->at)
			return 0;
		w->out->value = ref.body;
		return 1;
	}
	/* An extension leads somewhere, and over at least one nibble. */
	if (count == 0 || (!ref.list && ref.body.n == 0))
		return -1;
	if (!fits)
		return 0;
	w->at += count;
	return follow(w, whole, &ref, child) == 1 ? 2 : -1;
}

static int
step_branch(struct walk *w, struct rlp items, struct rlp *child)
{
	size_t want = BRANCH - 1, i = 0;
	struct rlp whole;
	struct rlp_item ref;
	int rc;

	if (w->at < w->nibbles)
		want = mpt_nibble(w->key, w->at);
	do {
		if (take_whole(&items, &whole, &ref))
			return -1;
	} while (i++ < want);
	if (want == BRANCH - 1) {
		if (ref.list)
			return -1;
		w->out->value = ref.body;
		return ref.body.n > 0;
	}
	w->at++;
	rc = follow(w, whole, &ref, child);
	return rc == 1 ? 2 : rc;
}

/* The number of items, or -1: a node is one list of 2 or 17. */
static int
open_node(struct rlp node, struct rlp *items)
{
	struct rlp_item item;
	struct rlp rest;
	int n = 0, rc;

	if (rlp_list(&node, items) || node.n > 0)
		return -1;
	rest = *items;
	while ((rc = rlp_next(&rest, &item)) == 1)
		n++;
	return rc == 0 && (n == 2 || n == BRANCH) ? n : -1;
}

static int
walk_down(struct walk *w, struct rlp node)
{
	struct rlp items;
	int rc = 2, n;

	while (rc == 2) {
		if (w->out->n == MPT_NODES_MAX)
			return -1;
		w->out->nodes[w->out->n++] = node;
		n = open_node(node, &items);
		if (n < 0)
			return -1;
		rc = n == BRANCH ? step_branch(w, items, &node)
				 : step_short(w, items, &node);
	}
	return w->used == w->n ? rc : -1;
}

/* The trie without any item, whose one node is an empty text. */
static bool
is_empty_trie(const uint8_t root[HASH], const struct rlp *nodes, size_t n)
{
	static const uint8_t empty = 0x80;
	uint8_t hash[HASH];

	keccak256(&empty, 1, hash);
	return memcmp(root, hash, HASH) == 0 &&
	       (n == 0 ||
		(n == 1 && nodes[0].n == 1 && nodes[0].p[0] == empty));
}

int
mpt_prove(const uint8_t root[32], const uint8_t *key, size_t nkey,
	  const struct rlp *nodes, size_t n, struct mpt_path *out)
{
	struct walk w = { .key = key,
			  .nibbles = 2 * nkey,
			  .listed = nodes,
			  .n = n,
			  .out = out };
	struct rlp first;

	out->n = 0;
	out->value = (struct rlp){ NULL, 0 };
	if (nkey > MPT_KEY_MAX)
		return -1;
	if (is_empty_trie(root, nodes, n))
		return 0;
	return take_listed(&w, root, &first) ? -1 : walk_down(&w, first);
}
