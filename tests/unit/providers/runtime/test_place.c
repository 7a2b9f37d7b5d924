#include "tests/unit/t.h"

#include <sys/stat.h>

#include "providers/runtime/place.h"

static void
test_place(void **state)
{
	CLEANUP(freep) char *dir = path_join(*state, ".opl2");
	CLEANUP(freep) char *path = path_join(dir, "runtime.json");
	CLEANUP(put_json) json_t *config = t_json("{'namespace':'n'}");
	CLEANUP(put_json) json_t *other = t_json("{'namespace':'m'}");
	CLEANUP(put_json) json_t *got = NULL;
	CLEANUP(freep) char *chain = NULL;
	CLEANUP(diags_done) struct diags ds;
	struct stat before, after;

	diags_init(&ds);
	/* What never was there can go. */
	assert_int_equal(kube_place_write(dir, "c", NULL, &ds), 0);
	assert_false(kube_place_there(dir));
	assert_int_equal(kube_place_write(dir, "c", config, &ds), 0);
	assert_true(kube_place_there(dir));
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	/* The same again is not written. */
	assert_int_equal(kube_place_write(dir, "c", config, &ds), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(kube_place_read(dir, &chain, &got, &ds), 0);
	assert_string_equal(chain, "c");
	assert_true(json_equal(got, config));
	assert_int_equal(kube_place_write(dir, "c", other, &ds), 0);
	json_decref(got);
	freep(&chain);
	chain = NULL;
	assert_int_equal(kube_place_read(dir, &chain, &got, &ds), 0);
	assert_true(json_equal(got, other));
	assert_int_equal(kube_place_write(dir, "c", NULL, &ds), 0);
	assert_false(kube_place_there(dir));
	t_no_errors(&ds);
}

/* A damaged record is not taken for "here": that would start a second chain. */
static void
test_damaged(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}",
					     "{\"kubernetes\":7}" };
	CLEANUP(freep) char *path = path_join(*state, "runtime.json");

	for (size_t i = 0; i < COUNTOF(texts); i++) {
		CLEANUP(diags_done) struct diags ds;
		json_t *config;
		char *chain;

		diags_init(&ds);
		assert_int_equal(file_replace(path, texts[i], strlen(texts[i]),
					      0600, &ds),
				 0);
		assert_true(kube_place_there(*state));
		assert_int_equal(kube_place_read(*state, &chain, &config, &ds),
				 -1);
		assert_null(chain);
		assert_null(config);
		assert_int_equal(ds.nerrors, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_place, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_damaged, t_setup_dir,
						t_teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
