#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "providers/clients/store/store.h"

static const struct store_id id = { .kind = "npm",
				    .name = "@scope/pkg",
				    .version = "1.2.3",
				    .digest = "sha512-abc" };

static void
fill(const char *root, const char *name, const char *text)
{
	CLEANUP(freep) char *path = path_join(root, name);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, text, strlen(text), 0644, &ds), 0);
	diags_done(&ds);
}

static void
make(const char *store, struct store_entry *e)
{
	CLEANUP(put_json) json_t *what = json_pack("{s:s}", "package", "pkg");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(store_begin(store, &id, NULL, e, &ds), STORE_NEW);
	fill(e->root, "a", "content of a");
	fill(e->root, "b", "");
	assert_int_equal(store_commit(e, what, &ds), 0);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
made_once(void **state)
{
	struct store_entry e, f;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(store_find(*state, &id, &e, &ds), STORE_NEW);
	store_close(&e);
	make(*state, &e);
	assert_non_null(strstr(e.root, "/npm/@scope+pkg-1.2.3-"));
	assert_int_equal(store_begin(*state, &id, NULL, &f, &ds), STORE_FOUND);
	assert_string_equal(e.root, f.root);
	assert_string_equal(jx_str(f.what, "package", ""), "pkg");
	store_close(&f);
	store_close(&e);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
given_up(void **state)
{
	struct store_entry e;
	struct diags ds;
	CLEANUP(freep) char *root = NULL;

	diags_init(&ds);
	assert_int_equal(store_begin(*state, &id, NULL, &e, &ds), STORE_NEW);
	fill(e.root, "a", "half");
	root = xstrdup(e.root);
	store_close(&e);
	assert_false(file_exists(root));
	assert_int_equal(store_find(*state, &id, &e, &ds), STORE_NEW);
	store_close(&e);
	diags_done(&ds);
}

/* What a killed run left is not taken for content. */
static void
leftovers(void **state)
{
	struct store_entry e;
	struct diags ds;
	CLEANUP(freep) char *stale = NULL;

	diags_init(&ds);
	assert_int_equal(store_begin(*state, &id, NULL, &e, &ds), STORE_NEW);
	stale = path_join(e.root, "stale");
	fill(e.root, "stale", "x");
	free(TAKE(e.tmp)); /* as if killed: nothing is cleaned up */
	store_close(&e);
	assert_true(file_exists(stale));
	assert_int_equal(store_begin(*state, &id, NULL, &e, &ds), STORE_NEW);
	assert_false(file_exists(stale));
	store_close(&e);
	diags_done(&ds);
}

static void
damage_is_seen(void **state)
{
	struct store_entry e;
	struct diags ds;
	CLEANUP(freep) char *a = NULL, *why = NULL;

	diags_init(&ds);
	make(*state, &e);
	a = path_join(e.root, "a");
	assert_int_equal(store_verify(e.root, false, NULL, &ds), 1);

	/* Another inode with the same content is fine, and then recorded. */
	assert_int_equal(unlink(a), 0);
	fill(e.root, "a", "content of a");
	assert_int_equal(store_verify(e.root, false, NULL, &ds), 1);
	assert_int_equal(store_verify(e.root, true, NULL, &ds), 1);

	fill(e.root, "a", "content of b");
	assert_int_equal(store_verify(e.root, false, &why, &ds), 0);
	assert_non_null(strstr(why, "has different content"));
	free(TAKE(why));
	fill(e.root, "a", "longer content of a");
	assert_int_equal(store_verify(e.root, false, &why, &ds), 0);
	assert_non_null(strstr(why, "has another size"));
	free(TAKE(why));
	assert_int_equal(unlink(a), 0);
	assert_int_equal(store_verify(e.root, false, &why, &ds), 0);
	assert_non_null(strstr(why, "is missing"));
	store_close(&e);

	/* And it is made again in its place. */
	make(*state, &e);
	assert_int_equal(store_verify(e.root, true, NULL, &ds), 1);
	store_close(&e);
	t_no_errors(&ds);
	diags_done(&ds);
}

static bool
count(void *arg, unsigned ms)
{
	(void)ms;
	return ++*(int *)arg == 3;
}

static void
waits_for_the_maker(void **state)
{
	struct store_entry e, f;
	int pauses = 0;
	struct store_wait wait = { .pause = count, .arg = &pauses };
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(store_begin(*state, &id, &wait, &e, &ds), STORE_NEW);
	assert_int_equal(store_begin(*state, &id, &wait, &f, &ds),
			 STORE_CANCELLED);
	assert_int_equal(pauses, 3);
	store_close(&f);
	store_close(&e);
	assert_int_equal(store_begin(*state, &id, &wait, &f, &ds), STORE_NEW);
	store_close(&f);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* Many processes at once: exactly one makes it, the others find it. */
static void
races(void **state)
{
	enum { N = 8 };
	int made = 0;
	pid_t pid[N];

	for (int i = 0; i < N; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0) {
			struct store_entry e;
			struct diags ds;
			enum store_result r;
			int rc = 0;

			diags_init(&ds);
			r = store_begin(*state, &id, NULL, &e, &ds);
			if (r == STORE_NEW) {
				fill(e.root, "a", "content");
				rc = store_commit(&e, json_true(), &ds);
			}
			_exit(rc ? 3 : r == STORE_NEW ? 1 : 0);
		}
	}
	for (int i = 0; i < N; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) <= 1);
		made += WEXITSTATUS(status);
	}
	assert_int_equal(made, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(made_once),           T(given_up),
		T(leftovers),           T(damage_is_seen),
		T(waits_for_the_maker), T(races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
