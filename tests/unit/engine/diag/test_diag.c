#include "tests/unit/t.h"

#include <errno.h>

#include "engine/diag/exit.h"
#include "engine/io/diag_json.h"

static int
setup(void **state)
{
	static struct diags ds;

	diags_init(&ds);
	*state = &ds;
	return 0;
}

static int
teardown(void **state)
{
	diags_done(*state);
	return 0;
}

static void
append_and_decorate(void **state)
{
	struct diags *ds = *state;

	diag_hint(ds, "on nothing");
	diag_pos(ds, "x", 1, 1, 1);
	assert_null(ds->first);
	diag_warn(ds, "W0001", "careful with %s", "this");
	assert_int_equal(diag_err(ds, "E0501", "broken '%d'", 7), -1);
	diag_hint(ds, "fix %s", "it");
	diag_path(ds, "/a/%d", 1);
	diag_addr(ds, "file.a");
	diag_detail(ds, "line 1\nline 2");
	diag_pos(ds, "f.yaml", 3, 4, 9);
	assert_int_equal(ds->nerrors, 1);
	assert_int_equal(ds->nwarnings, 1);
	assert_string_equal(ds->last->summary, "broken '7'");
	assert_string_equal(ds->last->hint, "fix it");
	assert_string_equal(ds->last->path, "/a/1");
	assert_string_equal(ds->last->addr, "file.a");
	assert_null(ds->first->hint);
	errno = ENOENT;
	assert_int_equal(diag_errno(ds, "E0501", "cannot"), -1);
	assert_string_equal(ds->last->summary,
			    "cannot: No such file or directory");
}

static void
at(struct diags *ds, const char *file, unsigned line, unsigned col,
   const char *text)
{
	diag_err(ds, "E0101", "%s", text);
	if (file)
		diag_pos(ds, file, line, col, 0);
}

static void
sort_is_stable_and_drops_repeats(void **state)
{
	static const char *const want[] = {
		"a1", "a2", "a3", "b1", "n1", "n2"
	};
	struct diags *ds = *state;
	size_t i = 0;

	at(ds, NULL, 0, 0, "n1");
	at(ds, "b", 1, 1, "b1");
	at(ds, "a", 2, 5, "a2");
	at(ds, "a", 2, 5, "a3");
	at(ds, "a", 2, 5, "a2");
	at(ds, NULL, 0, 0, "n2");
	at(ds, "a", 1, 9, "a1");
	at(ds, NULL, 0, 0, "n1");
	diags_sort(ds);
	for (const struct diag *d = ds->first; d; d = d->next, i++) {
		assert_true(i < COUNTOF(want));
		assert_string_equal(d->summary, want[i]);
	}
	assert_int_equal(i, COUNTOF(want));
	assert_int_equal(ds->nerrors, COUNTOF(want));
	assert_string_equal(ds->last->summary, "n2");
}

static void
over_the_wire(void **state)
{
	struct diags *ds = *state, copy, both;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(put_json) json_t *again = NULL;
	CLEANUP(put_json) json_t *bad = json_pack("{s:s}", "sev", "error");

	diag_err(ds, "E0501", "text");
	diag_hint(ds, "hint");
	diag_addr(ds, "file.a");
	diag_detail(ds, "bytes \xff");
	diag_pos(ds, "f", 1, 2, 3);
	j = diag_to_json(ds->first);
	assert_string_equal(jx_str(j, "detail", ""), "(not UTF-8)");
	diags_init(&copy);
	assert_int_equal(diag_from_json(&copy, j), 0);
	again = diag_to_json(copy.first);
	assert_true(json_equal(j, again));
	assert_int_equal(diag_from_json(&copy, bad), -1);
	assert_int_equal(copy.nerrors, 1);
	diags_init(&both);
	diags_append(&both, &copy);
	diags_append(&both, ds);
	diags_done(&copy);
	assert_int_equal(both.nerrors, 2);
	assert_string_equal(both.first->addr, "file.a");
	assert_int_equal(both.last->pos.col, 2);
	diags_done(&both);
}

static void
exit_codes(void **state)
{
	struct diags *ds = *state;

	assert_int_equal(diags_exit_code(ds), EXIT_OK);
	diag_warn(ds, "W0001", "w");
	assert_int_equal(diags_exit_code(ds), EXIT_OK);
	diag_err(ds, "E0507", "locked");
	diag_err(ds, "E0501", "later");
	assert_int_equal(diags_exit_code(ds), EXIT_LOCKED);
	diags_done(ds);
	diags_init(ds);
	diag_err(ds, "E9999", "nobody knows");
	assert_int_equal(diags_exit_code(ds), EXIT_INTERNAL);
}

/* Every code once, in order, with a text for `opl2 explain`. */
static void
table(void **state)
{
	size_t n;
	const struct diag_code *t = diag_code_table(&n);

	(void)state;
	assert_true(n > 10);
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(diag_code_find(t[i].code), &t[i]);
		assert_int_equal(strlen(t[i].code), 5);
		assert_true(t[i].exit_code >= 0 && t[i].exit_code <= 14);
		assert_true(strlen(t[i].title) > 5);
		assert_true(strlen(t[i].explain) > 20);
	}
	assert_null(diag_code_find("E9999"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(append_and_decorate),
		TEST(sort_is_stable_and_drops_repeats),
		TEST(over_the_wire),
		TEST(exit_codes),
		TEST(table),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
