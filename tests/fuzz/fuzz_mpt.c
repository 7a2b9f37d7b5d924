/*
 * Proofs of a trie. The input is a byte N, N bytes of a key, and then the
 * nodes, each as an RLP text; the root is the first one's hash. What is proven
 * is proven by the path that came out too, and by no other root.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/base/hash.h"
#include "providers/clients/trie/mpt.h"

#define LISTED_MAX 70

static bool
within(struct rlp part, const uint8_t *data, size_t size)
{
	return part.n == 0 || (part.p >= data && part.n <= size &&
			       (size_t)(part.p - data) <= size - part.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rlp in = { data, size }, nodes[LISTED_MAX];
	struct mpt_path path, again;
	uint8_t root[32] = { 0 };
	size_t nkey, n = 0;
	int rc;

	if (size == 0)
		return 0;
	nkey = data[0] % (MPT_KEY_MAX + 2u);
	if (size < 1 + nkey)
		return 0;
	in = (struct rlp){ data + 1 + nkey, size - 1 - nkey };
	while (n < LISTED_MAX && rlp_bytes(&in, &nodes[n]) == 0)
		n++;
	if (n > 0)
		keccak256(nodes[0].p, nodes[0].n, root);
	rc = mpt_prove(root, data + 1, nkey, nodes, n, &path);
	FUZZ_CHECK(rc >= -1 && rc <= 1);
	if (rc < 0)
		return 0;
	FUZZ_CHECK((rc == 1) == (path.value.n > 0));
	FUZZ_CHECK(path.n <= MPT_NODES_MAX && within(path.value, data, size));
	for (size_t i = 0; i < path.n; i++)
		FUZZ_CHECK(within(path.nodes[i], data, size));
	if (path.n > 0)
		FUZZ_CHECK(mpt_prove(root, data + 1, nkey, path.nodes, path.n,
				     &again) == rc &&
			   again.value.p == path.value.p && again.n == path.n);
	root[31] ^= 1;
	FUZZ_CHECK(mpt_prove(root, data + 1, nkey, nodes, n, &again) == -1);
	return 0;
}
