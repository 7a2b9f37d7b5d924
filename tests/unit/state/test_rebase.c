#include "tests/unit/t.h"

#include <jansson.h>

#include "state/rebase.h"

static void
becomes(const char *from, const char *want)
{
	json_t *moved = json_pack("{s:s, s:s, s:s}", "/one/a/chain", "/two/c",
				  "/one/a/chain/.opl2", "/two/c/.opl2",
				  "/one/a/.cache/opl2", "/two/store");
	json_t *j = json_string(from);

	rebase(j, moved);
	assert_string_equal(json_string_value(j), want);
	json_decref(j);
	json_decref(moved);
}

static void
texts(void **state UNUSED)
{
	becomes("/one/a/chain", "/two/c");
	becomes("/one/a/chain/x.json", "/two/c/x.json");
	becomes("--dir=/one/a/chain/.opl2/data", "--dir=/two/c/.opl2/data");
	becomes("/one/a/.cache/opl2/x:/one/a/chain/y", "/two/store/x:/two/c/y");
	becomes("a /one/a/chain, b", "a /two/c, b");
	/* What only begins or ends alike is another folder. */
	becomes("/one/a/chain2/x", "/one/a/chain2/x");
	becomes("/one/a/chain.old", "/one/a/chain.old");
	becomes("/x/one/a/chain", "/x/one/a/chain");
	becomes("one/a/chain", "one/a/chain");
	becomes("https://x/one/a/chain", "https://x/one/a/chain");
	becomes("", "");
}

static void
all_that_is_in_it(void **state UNUSED)
{
	json_t *moved = json_pack("{s:s}", "/a", "/b");
	json_t *j = json_pack("{s:[s, {s:s}], s:i, s:s}", "l", "/a/1", "x",
			      "/a", "n", 1, "/a", "y");
	json_t *want = json_pack("{s:[s, {s:s}], s:i, s:s}", "l", "/b/1", "x",
				 "/b", "n", 1, "/a", "y");

	rebase(j, NULL);
	assert_false(json_equal(j, want));
	rebase(j, moved);
	assert_true(json_equal(j, want));
	json_decref(j);
	json_decref(want);
	json_decref(moved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(all_that_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
