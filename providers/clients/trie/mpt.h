#ifndef OPL2_PROVIDERS_CLIENTS_TRIE_MPT_H
#define OPL2_PROVIDERS_CLIENTS_TRIE_MPT_H

#include <stddef.h>
#include <stdint.h>

#include "providers/clients/keys/rlp.h"

/*
 * Proofs of a Merkle-Patricia trie, Yellow Paper appendix D, as eth_getProof
 * gives them: the nodes from the root down to where the key's path ends. What
 * a node says is taken for true only when hashes lead to it from a root that
 * is known from elsewhere.
 *
 * A node whose encoding is shorter than a hash lies in its parent. Nodes that
 * answer eth_getProof do not list such a one, verifiers on a chain want it
 * listed: both forms are taken, and the path that comes out lists all.
 */
#define MPT_KEY_MAX   32                    /* bytes: a hash */
#define MPT_NODES_MAX (2 * MPT_KEY_MAX + 1) /* one a nibble, and the leaf */

struct mpt_path {
	struct rlp nodes[MPT_NODES_MAX]; /* encodings, root first; borrowed */
	size_t n;
	struct rlp value; /* of the key, when it is in the trie; borrowed */
};

/*
 * 1: the trie of that root has the key, with out->value. 0: it is proven that
 * it has not. -1: the nodes prove neither, which includes nodes left over.
 */
int mpt_prove(const uint8_t root[32], const uint8_t *key, size_t nkey,
	      const struct rlp *nodes, size_t n, struct mpt_path *out);

#endif
