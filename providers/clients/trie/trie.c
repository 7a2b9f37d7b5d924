#include "providers/clients/trie/trie.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "providers/clients/keys/rlp.h"

#define NIBBLES  64
#define NODE_MAX (1u << 20)

static int
by_key(const void *a, const void *b)
{
	const struct trie_item *x = a, *y = b;

	return memcmp(x->key, y->key, sizeof(x->key));
}

static unsigned
trie_nibble(const struct trie_item *it, unsigned at)
{
	return at % 2 ? it->key[at / 2] & 15u : it->key[at / 2] >> 4;
}

/* The nibbles from..to with the mark of leaf or extension, as a node has
 * them. */
static void
add_path(struct buf *node, const struct trie_item *it, unsigned from,
	 unsigned to, bool leaf)
{
	uint8_t text[1 + NIBBLES / 2];
	unsigned odd = (to - from) % 2, n = 1;

	text[0] = (uint8_t)((leaf ? 0x20 : 0) | (odd ? 0x10 : 0));
	if (odd)
		text[0] |= (uint8_t)trie_nibble(it, from++);
	for (; from < to; from += 2)
		text[n++] = (uint8_t)(trie_nibble(it, from) << 4 |
				      trie_nibble(it, from + 1));
	rlp_add_bytes(node, text, n);
}

static void add_node(struct buf *out, const struct trie_item *items, size_t n,
		     unsigned depth);

/* A node inside another one: itself when it is short, else its hash. */
static void
add_ref(struct buf *out, const struct trie_item *items, size_t n,
	unsigned depth)
{
	CLEANUP(buf_done) struct buf node = BUF_INIT(NODE_MAX);
	uint8_t hash[32];

	add_node(&node, items, n, depth);
	if (node.n < sizeof(hash)) {
		buf_add(out, node.p, node.n);
		return;
	}
	keccak256(node.p, node.n, hash);
	rlp_add_bytes(out, hash, sizeof(hash));
}

static void
add_branch(struct buf *node, const struct trie_item *items, size_t n,
	   unsigned depth)
{
	size_t from = 0, to = 0;

	for (unsigned i = 0; i < 16; i++, from = to) {
		while (to < n && trie_nibble(&items[to], depth) == i)
			to++;
		if (to == from)
			rlp_add_bytes(node, "", 0);
		else
			add_ref(node, items + from, to - from, depth + 1);
	}
	/* Keys are of one length: no value ends here. */
	rlp_add_bytes(node, "", 0);
}

/* Of sorted items that are alike up to depth. */
static void
add_node(struct buf *out, const struct trie_item *items, size_t n,
	 unsigned depth)
{
	CLEANUP(buf_done) struct buf node = BUF_INIT(NODE_MAX);
	unsigned end = depth;

	if (n == 1) {
		add_path(&node, items, depth, NIBBLES, true);
		rlp_add_bytes(&node, items->value, items->n);
	} else {
		while (end < NIBBLES && trie_nibble(items, end) ==
						trie_nibble(&items[n - 1], end))
			end++;
		if (end > depth) {
			add_path(&node, items, depth, end, false);
			add_ref(&node, items, n, end);
		} else {
			add_branch(&node, items, n, depth);
		}
	}
	rlp_add_list(out, &node);
}

/* Nothing is lost: the caller frees all values. */
static void
swap(struct trie_item *a, struct trie_item *b)
{
	struct trie_item t = *a;

	*a = *b;
	*b = t;
}

void
trie_root(struct trie_item *items, size_t n, uint8_t out[32])
{
	CLEANUP(buf_done) struct buf node = BUF_INIT(NODE_MAX);

	size_t k = 0;

	qsort(items, n, sizeof(*items), by_key);
	for (size_t i = 0; i < n; i++)
		if (k == 0 || by_key(&items[k - 1], &items[i]) != 0)
			swap(&items[k++], &items[i]);
	if (k)
		add_node(&node, items, k, 0);
	else
		rlp_add_bytes(&node, "", 0);
	keccak256(node.p, node.n, out);
}
