#include "tests/unit/t.h"

#include <jansson.h>

#include "state/rebase.h"

static void
becomes(const char *from, const char *want)
{
	json_t *moved = json_pack("{s:s, s:s, s:s}", "/home/a/chain", "/work/c",
				  "/home/a/chain/.opl2", "/work/c/.opl2",
				  "/home/a/.cache/opl2", "/root/store");
	json_t *j = json_string(from);

	rebase(j, moved);
	assert_string_equal(json_string_value(j), want);
	json_decref(j);
	json_decref(moved);
}

static void
texts(void **state UNUSED)
{
	becomes("/home/a/chain", "/work/c");
	becomes("/home/a/chain/x.json", "/work/c/x.json");
	becomes("--dir=/home/a/chain/.opl2/data", "--dir=/work/c/.opl2/data");
	becomes("/home/a/.cache/opl2/x:/home/a/chain/y",
		"/root/store/x:/work/c/y");
	becomes("a /home/a/chain, b", "a /work/c, b");
	/* What only begins or ends alike is another folder. */
	becomes("/home/a/chain2/x", "/home/a/chain2/x");
	becomes("/home/a/chain.old", "/home/a/chain.old");
	becomes("/srv/home/a/chain", "/srv/home/a/chain");
	becomes("home/a/chain", "home/a/chain");
	becomes("https://x/home/a/chain", "https://x/home/a/chain");
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
