#include "tests/unit/t.h"

#include <jansson.h>

#include "state/rebase.h"

static void
becomes(const char *from, const char *want)
{
	json_t *moved = json_pack("{s:s, s:s, s:s}", "/srv/a/chain", "/mnt/c",
				  "/srv/a/chain/.opl2", "/mnt/c/.opl2",
				  "/srv/a/.cache/opl2", "/opt/store");
	json_t *j = json_string(from);

	rebase(j, moved);
	assert_string_equal(json_string_value(j), want);
	json_decref(j);
	json_decref(moved);
}

static void
texts(void **state UNUSED)
{
	becomes("/srv/a/chain", "/mnt/c");
	becomes("/srv/a/chain/x.json", "/mnt/c/x.json");
	becomes("--dir=/srv/a/chain/.opl2/data", "--dir=/mnt/c/.opl2/data");
	becomes("/srv/a/.cache/opl2/x:/srv/a/chain/y", "/opt/store/x:/mnt/c/y");
	becomes("a /srv/a/chain, b", "a /mnt/c, b");
	/* What only begins or ends alike is another folder. */
	becomes("/srv/a/chain2/x", "/srv/a/chain2/x");
	becomes("/srv/a/chain.old", "/srv/a/chain.old");
	becomes("/x/srv/a/chain", "/x/srv/a/chain");
	becomes("srv/a/chain", "srv/a/chain");
	becomes("https://x/srv/a/chain", "https://x/srv/a/chain");
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
