#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/trie/mpt.h"
#include "providers/clients/trie/trie.h"

#define NODES_MAX 6

/* The vectors of the OP Stack's own verifier, MerkleTrie.sol, which is what a
 * proof is sent to. `want` is the value in hex, "" proven absent, NULL no
 * proof. */
static const struct vector {
	const char *root, *key, *nodes[NODES_MAX], *want;
} vectors[] = {
#define EXT_KEY                                                                \
	"e68416b65793a03101b4447781f1e6c51ce76c709274fc80bd064f3a58ff981b60"   \
	"15348a826386"
#define BRANCH_KEY                                                             \
	"f84580a0582eed8dd051b823d13f8648cdcd08aa2d8dac239f458863c4620e8c4d"   \
	"605debca83206262856176616c32ca83206363856176616c338080808080808080"   \
	"8080808080"
#define ROOT_KEY                                                               \
	"d582f99275e227a1cf4284899e5ff06ee56da8859be71b553397c69151bc942f"
	{ ROOT_KEY,
	  "6b6579326262",
	  { EXT_KEY, BRANCH_KEY, "ca83206262856176616c32" },
	  "6176616c32" },
	/* As eth_getProof gives it: what lies in its parent is not listed. */
	{ ROOT_KEY, "6b6579326262", { EXT_KEY, BRANCH_KEY }, "6176616c32" },
	{ ROOT_KEY,
	  "6b6579316161",
	  { EXT_KEY, BRANCH_KEY,
	    "ef83206161aa3031323334353637383930313233343536373839303132333435"
	    "3637383930313233343536373839303132333435363738397878" },
	  NULL },
	{ "f838216fa749aefa91e0b672a9c06d3e6e983f913d7107b5dab4af60b5f5abed",
	  "6b6579316161",
	  { "f387206b6579316161aa303132333435363738393031323334353637383930"
	    "313233343536373839303132333435363738397878" },
	  "3031323334353637383930313233343536373839303132333435363738393031"
	  "32333435363738397878" },
	{ "37956bab6bba472308146808d5311ac19cb4a7daae5df7efcc0f32badc97f55e",
	  "6b6579316161",
	  { "ce87206b6579316161853031323334" },
	  "3031323334" },
#define ROOT_SHORT                                                             \
	"cb65032e2f76c48b82b5c24b3db8f670ce73982869d38cd39a624f23d62a9e89"
#define EXT_SHORT                                                              \
	"e68416b65793a0f3f387240403976788281c0a6ee5b3fc08360d276039d635bb82"   \
	"4ea7e6fed779"
#define BRANCH_SHORT                                                           \
	"f87180a034d14ccc7685aa2beb64f78b11ee2a335eae82047ef97c79b7dda7f073"   \
	"2b9f4ca05fb052b64e23d177131d9f32e9c5b942209eb7229e9a07c99a5d93245f"   \
	"53af18a09a137197a43a880648d5887cce656a5e6bbbe5e44ecb4f264395ccaddb"   \
	"e1acca80808080808080808080808080"
	/* Values in a branch. */
	{ ROOT_SHORT,
	  "6b657932",
	  { EXT_SHORT, BRANCH_SHORT,
	    "df808080808080c9823262856176616c338080808080808080808573686f727"
	    "4" },
	  "73686f7274" },
	{ ROOT_SHORT,
	  "6b657933",
	  { EXT_SHORT, BRANCH_SHORT,
	    "f839808080808080c9823363856176616c338080808080808080809f31323334"
	    "353637383930313233343536373839303132333435363738393031" },
	  "31323334353637383930313233343536373839303132333435363738393031" },
#define ROOT_ABC                                                               \
	"72e6c01ad0c9a7b517d4bc68a5b323287fe80f0e68f5415b4b95ecbc8ad83978"
#define EXT_ABC    "d916d780c22061c22062c2206380808080808080808080808080"
#define BRANCH_ABC "d780c22061c22062c2206380808080808080808080808080"
	{ ROOT_ABC, "61", { EXT_ABC, BRANCH_ABC, "c22061" }, "61" },
	{ ROOT_ABC, "62", { EXT_ABC, BRANCH_ABC, "c22062" }, "62" },
	{ ROOT_ABC, "63", { EXT_ABC, BRANCH_ABC }, "63" },
	{ ROOT_ABC, "63", { EXT_ABC }, "63" },
	/* Not in the trie. */
	{ ROOT_ABC, "64", { EXT_ABC }, "" },
	{ ROOT_ABC, "71", { EXT_ABC }, "" },
	{ ROOT_ABC, "", { EXT_ABC }, "" },
	{ ROOT_ABC, "6161", { EXT_ABC }, "" },
	{ ROOT_KEY, "616e7972616e646f6d6b6579", { EXT_KEY }, "" },
	{ "e04b3589eef96b237cd49ccb5dcf6e654a47682bfa0961d563ab843f7ad1e035",
	  "aa",
	  { "dd8200aad98080808080808080808080c43b82aabbc43c82aacc80808080",
	    "d98080808080808080808080c43b82aabbc43c82aacc80808080" },
	  "" },
	{ "a513ba530659356fb7588a2c831944e80fd8aedaa5a4dc36f918152be2be0605",
	  "01",
	  { "db10d9c32081bbc582202381aa808080808080808080808080808080",
	    "d9c32081bbc582202381aa808080808080808080808080808080",
	    "c582202381aa" },
	  "" },
	/* No proof: of another key, cut off, too long, damaged. */
	{ ROOT_KEY,
	  "6b657932",
	  { EXT_KEY, BRANCH_KEY, "ca83206262856176616c32",
	    "ca83206262856176616c32" },
	  NULL },
	{ ROOT_KEY, "6b6579326262", { EXT_KEY }, NULL },
	{ ROOT_KEY, "6b6579326262", { BRANCH_KEY }, NULL },
	{ ROOT_KEY, "6b6579326262", { NULL }, NULL },
	{ "2858eebfa9d96c8a9e6a0cae9d86ec9189127110f132d63f07d3544c2a75a696",
	  "6b6579316161",
	  { "e216a04892c039d654f1be9af20e88ae53e9ab5fa5520190e0fb2f805823e4"
	    "5ebad22f",
	    "f84780d687206e6f746865728d33343938683472697568677765808080808080"
	    "808080a0854405b57aa6dc458bc41899a761cbbb1f66a4998af6dd0e8601c1b8"
	    "45395ae38080808080",
	    "d687206e6f746865728d33343938683472697568677765" },
	  NULL },
	{ "278c88eb59beba4f8b94f940c41614bb0dd80c305859ebffcd6ce07c93ca3749",
	  "aa",
	  { "d91ad780808080808080808080c32081aac32081ab8080808080",
	    "d780808080808080808080c32081aac32081ab8080808080",
	    "c32081aa000000000000000000000000000000" },
	  NULL },
	{ "278c88eb59beba4f8b94f940c41614bb0dd80c305859ebffcd6ce07c93ca3749",
	  "aa",
	  { "d91ad780808080808080808080c32081aac32081ab8080808080",
	    "d780808080808080808080c32081aac32081ab8080808080", "c32081aa",
	    "c32081aa" },
	  NULL },
	{ "a827dff1a657bb9bb9a1c3abe9db173e2f1359f15eb06f1647ea21ac7c95d8fa",
	  "aa",
	  { "e21aa09862c6b113008c4204c13755693cbb868acc25ebaa98db11df8c89a0"
	    "c0dd3157",
	    "f380808080808080808080a0de2a9c6a46b6ea71ab9e881c8420570cf19e833c"
	    "85df6026b04f085016e78f00c220118080808080",
	    "de2a9c6a46b6ea71ab9e881c8420570cf19e833c85df6026b04f085016e78f" },
	  NULL },
	/* Nothing is in the empty trie, whether its node is listed or not. */
	{ "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
	  "61",
	  { NULL },
	  "" },
	{ "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
	  "61",
	  { "80" },
	  "" },
	{ "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
	  "61",
	  { "c22061" },
	  NULL },
};

/* The bytes of hex text, in a block of just that size. */
static struct rlp
bytes(const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = xmalloc(n ? n : 1);

	if (n)
		assert_int_equal(hex_decode(hex, p, n), 0);
	return (struct rlp){ p, n };
}

static void
drop(struct rlp b)
{
	free((uint8_t *)(uintptr_t)b.p);
}

static int
verdict(const struct vector *v)
{
	return !v->want ? -1 : *v->want != '\0';
}

static void
test_vectors(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct rlp key = bytes(v->key), root = bytes(v->root);
		struct rlp nodes[NODES_MAX];
		struct mpt_path path, again;
		size_t n = 0;
		int rc;

		for (; n < NODES_MAX && v->nodes[n]; n++)
			nodes[n] = bytes(v->nodes[n]);
		rc = mpt_prove(root.p, key.p, key.n, nodes, n, &path);
		if (rc != verdict(v))
			print_error("# vector %zu: %d\n", i, rc);
		assert_int_equal(rc, verdict(v));
		if (rc == 1) {
			struct rlp want = bytes(v->want);

			assert_int_equal(path.value.n, want.n);
			assert_memory_equal(path.value.p, want.p, want.n);
			drop(want);
			/* What comes out is the form with all nodes. */
			assert_int_equal(mpt_prove(root.p, key.p, key.n,
						   path.nodes, path.n, &again),
					 1);
			assert_int_equal(again.n, path.n);
		}
		while (n > 0)
			drop(nodes[--n]);
		drop(key);
		drop(root);
	}
}

/* A leaf of the item's path from nibble 1 or 0 on. */
static void
leaf_of(struct buf *out, const struct trie_item *item, bool whole)
{
	CLEANUP(buf_done) struct buf node = BUF_INIT(256);
	uint8_t path[33];

	memcpy(path + 1, item->key, 32);
	path[0] = 0x20;
	if (!whole) {
		path[1] = (uint8_t)(0x30 | (item->key[0] & 0xf));
		rlp_add_bytes(&node, path + 1, 32);
	} else {
		rlp_add_bytes(&node, path, 33);
	}
	rlp_add_bytes(&node, item->value, item->n);
	rlp_add_list(out, &node);
}

/* The roots that trie.c makes are those that a proof is checked with. */
static void
test_of_made_tries(void **state UNUSED)
{
	static const uint8_t one[] = { 1 }, two[] = { 0x82, 2, 3 };
	CLEANUP(buf_done) struct buf leaf = BUF_INIT(256);
	CLEANUP(buf_done) struct buf other = BUF_INIT(256);
	CLEANUP(buf_done) struct buf top = BUF_INIT(1024);
	CLEANUP(buf_done) struct buf items = BUF_INIT(1024);
	struct trie_item pair[2] = { { { 0x17 }, one, 1 },
				     { { 0xa5 }, two, sizeof(two) } };
	uint8_t root[32], hash[32], key[32] = { 0x17 };
	struct mpt_path path;
	struct rlp nodes[2];

	trie_root(pair, 1, root);
	leaf_of(&leaf, pair, true);
	nodes[0] = (struct rlp){ (const uint8_t *)leaf.p, leaf.n };
	assert_int_equal(mpt_prove(root, key, 32, nodes, 1, &path), 1);
	assert_int_equal(path.value.n, 1);
	assert_int_equal(path.value.p[0], 1);
	key[31] = 1;
	assert_int_equal(mpt_prove(root, key, 32, nodes, 1, &path), 0);
	key[31] = 0;

	trie_root(pair, 2, root);
	buf_reset(&leaf);
	leaf_of(&leaf, &pair[0], false);
	leaf_of(&other, &pair[1], false);
	for (unsigned i = 0; i < 17; i++) {
		const struct buf *b = i == 1 ? &leaf : &other;

		if (i != 1 && i != 10) {
			rlp_add_bytes(&items, "", 0);
			continue;
		}
		keccak256(b->p, b->n, hash);
		rlp_add_bytes(&items, hash, 32);
	}
	rlp_add_list(&top, &items);
	nodes[0] = (struct rlp){ (const uint8_t *)top.p, top.n };
	nodes[1] = (struct rlp){ (const uint8_t *)leaf.p, leaf.n };
	assert_int_equal(mpt_prove(root, key, 32, nodes, 2, &path), 1);
	assert_int_equal(path.n, 2);
	key[0] = 0xa5;
	assert_int_equal(mpt_prove(root, key, 32, nodes, 2, &path), -1);
	nodes[1] = (struct rlp){ (const uint8_t *)other.p, other.n };
	assert_int_equal(mpt_prove(root, key, 32, nodes, 2, &path), 1);
	assert_int_equal(path.value.n, 3);
	key[0] = 0x20;
	assert_int_equal(mpt_prove(root, key, 32, nodes, 1, &path), 0);
}

/* One flipped bit anywhere in the nodes is found. */
static void
test_flipped_bits(void **state UNUSED)
{
	const struct vector *v = &vectors[0];
	struct rlp key = bytes(v->key), root = bytes(v->root);
	struct mpt_path path;

	for (size_t at = 0; v->nodes[at] && at < 2; at++) {
		size_t bits = 4 * strlen(v->nodes[at]);

		for (size_t bit = 0; bit < bits; bit++) {
			struct rlp nodes[2] = { bytes(v->nodes[0]),
						bytes(v->nodes[1]) };
			uint8_t *p = (uint8_t *)(uintptr_t)nodes[at].p;

			p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(mpt_prove(root.p, key.p, key.n, nodes,
						   2, &path),
					 -1);
			drop(nodes[0]);
			drop(nodes[1]);
		}
	}
	drop(key);
	drop(root);
}

/* The shapes that no trie has. */
static void
test_malformed(void **state UNUSED)
{
	static const char *const bad[] = {
		"80",
		"c0",
		"c120",
		"c3206161",
		"c24061",
		"c22161",
		"c28061",
		"c22080",
		"c220c0",
		"c200c22061",
		"c21680",
		"c21681",
		"c2c061",
		"c22061ff",
		"d1808080808080808080"
		"80808080808080c0",
	};

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		struct rlp node = bytes(bad[i]);
		struct mpt_path path;
		uint8_t root[32];

		keccak256(node.p, node.n, root);
		if (i > 0) /* the first is the empty trie */
			assert_int_equal(mpt_prove(root, (const uint8_t *)"", 0,
						   &node, 1, &path),
					 -1);
		drop(node);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_of_made_tries),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_malformed),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
