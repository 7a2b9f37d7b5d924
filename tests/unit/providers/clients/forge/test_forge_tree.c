#include "tests/unit/t.h"

#include "engine/io/file.h"
#include "providers/clients/forge/forge_tree.h"

/* Copies of a project. */

static void
put(const char *dir, const char *name)
{
	CLEANUP(freep) char *path = path_join(dir, name);
	CLEANUP(freep) char *parent = xstrdup(path);
	struct diags ds;

	diags_init(&ds);
	*strrchr(parent, '/') = '\0';
	assert_int_equal(file_mkdirs(parent, 0755, &ds), 0);
	assert_int_equal(file_replace(path, "x", 1, 0600, &ds), 0);
	diags_done(&ds);
}

static bool
has(const char *dir, const char *name)
{
	CLEANUP(freep) char *path = path_join(dir, name);

	return file_exists(path);
}

static void
a_copy_is_not_in_itself(void **state)
{
	const char *dir = *state;
	CLEANUP(freep) char *to = path_join(dir, ".opl2/run/copy");
	struct diags ds;

	put(dir, "src/a.sol");
	put(dir, ".opl2/keys/admin");
	put(dir, ".opl2-not/b");
	diags_init(&ds);
	for (int i = 0; i < 2; i++)
		assert_int_equal(tree_copy(dir, to, &ds), 0);
	t_no_errors(&ds);
	diags_done(&ds);
	assert_true(has(to, "src/a.sol"));
	assert_true(has(to, ".opl2-not/b"));
	assert_false(has(to, ".opl2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_not_in_itself),
	};

	return cmocka_run_group_tests(tests, t_setup_dir, t_teardown_dir);
}
