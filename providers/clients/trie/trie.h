#ifndef OPL2_PROVIDERS_CLIENTS_TRIE_TRIE_H
#define OPL2_PROVIDERS_CLIENTS_TRIE_TRIE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The root of a Merkle-Patricia trie of which everything is at hand, Yellow
 * Paper appendix D: nothing is stored, the nodes are hashed as they are made.
 */
struct trie_item {
	uint8_t key[32];      /* already hashed; of equal ones one counts */
	const uint8_t *value; /* RLP; borrowed */
	size_t n;
};

/* Changes the order of the items. */
void trie_root(struct trie_item *items, size_t n, uint8_t out[32]);

#endif
