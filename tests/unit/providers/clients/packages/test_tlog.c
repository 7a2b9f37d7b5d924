#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/packages/tlog.h"

/* A tree that is hashed by RFC 6962's own recursion, and served in tiles. */
#define LEAVES 70000u

struct tree {
	uint8_t (*leaf)[32];
	unsigned reads;
	bool lies;
};

static void
leaf_text(unsigned i, char text[16])
{
	snprintf(text, 16, "record %u\n", i);
}

static void
subtree(const struct tree *t, uint64_t lo, uint64_t hi, uint8_t out[32])
{
	uint8_t in[65] = { 1 };
	uint64_t k = 1;

	if (hi - lo == 1) {
		memcpy(out, t->leaf[lo], 32);
		return;
	}
	while (k * 2 < hi - lo)
		k *= 2;
	subtree(t, lo, lo + k, in + 1);
	subtree(t, lo + k, hi, in + 33);
	sha256(in, sizeof(in), out);
}

static int
serve(void *arg, unsigned level, uint64_t n, unsigned width, uint8_t (*out)[32])
{
	struct tree *t = arg;
	uint64_t each = 1;

	assert_in_range(width, 1, 256);
	while (level--)
		each *= 256;
	for (unsigned i = 0; i < width; i++)
		subtree(t, (256 * n + i) * each, (256 * n + i + 1) * each,
			out[i]);
	if (t->lies)
		out[0][0] ^= 1;
	t->reads++;
	return 0;
}

static void
grow(struct tree *t)
{
	*t = (struct tree){ .leaf = xcalloc(LEAVES, 32) };
	for (unsigned i = 0; i < LEAVES; i++) {
		char text[17] = { 0 };

		leaf_text(i, text + 1);
		sha256(text, 1 + strlen(text + 1), t->leaf[i]);
	}
}

static int
check(struct tree *t, unsigned id, uint64_t size)
{
	uint8_t root[32];
	char text[16];

	subtree(t, 0, size, root);
	leaf_text(id, text);
	return tlog_check(text, strlen(text), id, size, root, serve, t);
}

static void
proofs(void **state)
{
	static const uint64_t sizes[] = { 1,   2,   3,   7,    255,   256,
					  257, 511, 513, 5000, 65537, LEAVES };
	struct tree t;

	(void)state;
	grow(&t);
	for (size_t i = 0; i < COUNTOF(sizes); i++) {
		uint64_t n = sizes[i];

		assert_int_equal(check(&t, 0, n), 0);
		assert_int_equal(check(&t, (unsigned)(n / 2), n), 0);
		assert_int_equal(check(&t, (unsigned)(n - 1), n), 0);
	}
	free(t.leaf);
}

static void
refusals(void **state)
{
	struct tree t;
	uint8_t root[32];
	const char *text = "record 7\n";

	(void)state;
	grow(&t);
	subtree(&t, 0, 300, root);
	assert_int_equal(tlog_check(text, 9, 7, 300, root, serve, &t), 0);
	assert_int_equal(tlog_check(text, 9, 8, 300, root, serve, &t), 1);
	assert_int_equal(tlog_check(text, 8, 7, 300, root, serve, &t), 1);
	assert_int_equal(tlog_check(text, 9, 7, 299, root, serve, &t), 1);
	assert_int_equal(tlog_check(text, 9, 300, 300, root, serve, &t), 1);
	assert_int_equal(tlog_check(text, 9, 0, 0, root, serve, &t), 1);
	t.lies = true;
	assert_int_equal(tlog_check(text, 9, 7, 300, root, serve, &t), 1);
	free(t.leaf);
}

static void
paths(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_string_equal(tlog_tile_path(&a, 0, 0, 256), "tile/8/0/000");
	assert_string_equal(tlog_tile_path(&a, 1, 1234067, 256),
			    "tile/8/1/x001/x234/067");
	assert_string_equal(tlog_tile_path(&a, 2, 1000, 7),
			    "tile/8/2/x001/000.p/7");
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proofs),
		cmocka_unit_test(refusals),
		cmocka_unit_test(paths),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
