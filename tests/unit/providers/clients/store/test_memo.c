#include "tests/unit/t.h"

#include <dirent.h>

#include "providers/clients/store/memo.h"

/* Programs of the system: files that nobody has written just now. */
#define ONE "/bin/cat"
#define TWO "/bin/ls"

static void
sha_of(const char *path, char out[65])
{
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_sha256(path, out, &ds), 0);
	diags_done(&ds);
}

static void
memo_of(const char *store, const char *path, char out[65])
{
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(memo_sha256(store, path, out, &ds), 0);
	diags_done(&ds);
}

static void
point(const char *link, const char *to)
{
	(void)unlink(link);
	assert_int_equal(symlink(to, link), 0);
}

/* A file that is the same is not read again; another one in its place is. */
static void
by_identity(void **state)
{
	CLEANUP(freep) char *link = path_join(*state, "program");
	CLEANUP(freep) char *id = NULL, *known = NULL;
	char one[65], two[65], got[65];

	sha_of(ONE, one);
	sha_of(TWO, two);
	point(link, ONE);
	memo_of(*state, link, got);
	assert_string_equal(got, one);
	known = memo_get(*state, link, "sha256");
	assert_string_equal(known, one);

	/* An answer that only the memo can have given. */
	id = memo_identity(link);
	memo_put(*state, link, id, "sha256", two);
	memo_of(*state, link, got);
	assert_string_equal(got, two);

	point(link, TWO);
	assert_null(memo_get(*state, link, "sha256"));
	point(link, ONE);
	memo_put(*state, link, id, "sha256", one);
	point(link, TWO);
	memo_of(*state, link, got);
	assert_string_equal(got, two);
}

/* The answer of a file that was replaced while it was asked is not kept. */
static void
replaced_meanwhile(void **state)
{
	CLEANUP(freep) char *link = path_join(*state, "program");
	CLEANUP(freep) char *id = NULL;

	point(link, ONE);
	id = memo_identity(link);
	point(link, TWO);
	memo_put(*state, link, id, "version", "1.0");
	assert_null(memo_get(*state, link, "version"));
	memo_put(*state, link, NULL, "version", "1.0");
	assert_null(memo_get(*state, link, "version"));
}

/* Two writes of one size can have one time. */
static void
young(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "new");
	char a[65], b[65], want[65];
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, "aaaa", 4, 0644, &ds), 0);
	memo_of(*state, path, a);
	assert_null(memo_get(*state, path, "sha256"));
	assert_int_equal(file_replace(path, "bbbb", 4, 0644, &ds), 0);
	memo_of(*state, path, b);
	sha_of(path, want);
	assert_string_equal(b, want);
	assert_string_not_equal(a, b);
	diags_done(&ds);
}

static void
damaged(void **state)
{
	CLEANUP(freep) char *dir = path_join(*state, "memo");
	char one[65], got[65];
	struct dirent **names;
	struct diags ds;
	int n;

	diags_init(&ds);
	memo_of(*state, ONE, one);
	n = scandir(dir, &names, NULL, alphasort);
	assert_true(n > 2);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_join(dir, names[i]->d_name);

		if (names[i]->d_name[0] != '.')
			assert_int_equal(
				file_replace(path, "torn", 4, 0600, &ds), 0);
		free(names[i]);
	}
	free(names);
	memo_of(*state, ONE, got);
	assert_string_equal(got, one);
	diags_done(&ds);
}

/* Shims ask the folder that they run in which program to run. */
static void
programs(void **state)
{
	CLEANUP(freep) char *shim = path_join(*state, "node");
	CLEANUP(freep) char *script = path_join(*state, "go");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(script, "#!/bin/sh\n", 10, 0755, &ds), 0);
	point(shim, ONE);
	assert_true(memo_is_program(ONE));
	assert_false(memo_is_program(shim));
	assert_false(memo_is_program(script));
	assert_false(memo_is_program("/nowhere/at/all"));
	diags_done(&ds);
}

#define T(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(by_identity), T(replaced_meanwhile), T(young),
		T(damaged),     T(programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
