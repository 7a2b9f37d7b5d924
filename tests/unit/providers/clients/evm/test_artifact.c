#include "tests/unit/t.h"

#include "engine/io/file.h"
#include "providers/clients/evm/artifact.h"

/* The file of a deployment by the official script. */

#define SC                                                                     \
	"\"SystemConfigProxy\": "                                              \
	"\"0x0000000000000000000000000000000000000001\""
#define OP                                                                     \
	"\"OptimismPortalProxy\": "                                            \
	"\"0x52908400098527886e0f7030069857d2e4169ee7\""

struct world {
	char dir[64], path[96];
	struct diags ds;
	json_t *out;
};

static void
load(struct world *w, const char *text, int rc)
{
	assert_int_equal(
		file_replace(w->path, text, strlen(text), 0600, &w->ds), 0);
	assert_int_equal(artifact_load(w->path, &w->out, &w->ds), rc);
}

/* The newest diagnostic is E1043, there. */
static void
at(struct world *w, unsigned line, unsigned col, const char *says)
{
	const struct diag *d = w->ds.last;

	assert_non_null(d);
	assert_string_equal(d->code, "E1043");
	assert_string_equal(d->pos.file, w->path);
	assert_int_equal(d->pos.line, line);
	assert_int_equal(d->pos.col, col);
	assert_non_null(strstr(d->summary, says));
	assert_null(w->out);
}

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	snprintf(w->dir, sizeof(w->dir), "/tmp/opl2-artifact.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/a.json", w->dir);
	diags_init(&w->ds);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	json_decref(w->out);
	assert_int_equal(file_remove_tree(w->dir, &w->ds), 0);
	diags_done(&w->ds);
	free(w);
	return 0;
}

static void
addresses_become_eip55(void **state)
{
	struct world *w = *state;

	load(w, "{" SC "," OP "}", 0);
	assert_int_equal(json_object_size(w->out), 2);
	assert_string_equal(jx_str(w->out, "OptimismPortalProxy", ""),
			    "0x52908400098527886E0F7030069857D2E4169EE7");
}

static void
what_is_no_flat_map_has_a_place(void **state)
{
	struct world *w = *state;

	load(w, "{\n\t" SC ",\n  \"x\": 1, " OP "}", -1);
	at(w, 3, 3, "'x' is not an address");
	load(w, "{" SC ",\n " OP ", \"y\": \"0x12\"}", -1);
	at(w, 2, 71, "'y' is not an address");
	load(w, "[" SC "]", -1);
	at(w, 1, 21, "not valid JSON");
	load(w, "[1]", -1);
	at(w, 1, 1, "not an object");
	load(w, "", -1);
	at(w, 1, 1, "not valid JSON");
	load(w, "{" SC ", " SC "}", -1);
	at(w, 1, 87, "duplicate");
}

/* A name counts where it is a key of the outermost object, nowhere else. */
static void
names_are_found_where_they_are_keys(void **state)
{
	struct world *w = *state;

	load(w,
	     "{\"a\\\"\": {\"z\": [\"z\"]},\n \"b\": \"z\",\n \"z\": "
	     "\"0x52908400098527886E0F7030069857D2E4169Ee7\"}",
	     -1);
	for (const struct diag *d = w->ds.first; d; d = d->next)
		if (strstr(d->summary, "of 'z' is wrong")) {
			assert_int_equal(d->pos.line, 3);
			assert_int_equal(d->pos.col, 2);
			assert_int_equal(d->pos.end_col, 5);
			return;
		}
	fail_msg("no word of z");
}

static void
two_contracts_are_needed(void **state)
{
	struct world *w = *state;

	load(w, "{" SC "}", -1);
	at(w, 1, 1, "OptimismPortalProxy");
	load(w, "{}", -1);
	assert_int_equal(w->ds.nerrors, 3);
}

static void
a_missing_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(artifact_load(w->path, &w->out, &w->ds), -1);
	assert_int_equal(w->ds.nerrors, 1);
	/* Nothing to point at, and nothing said of it. */
	artifact_point(w->path, "x", &w->ds);
	assert_int_equal(w->ds.nerrors, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(addresses_become_eip55),
		T(what_is_no_flat_map_has_a_place),
		T(names_are_found_where_they_are_keys),
		T(two_contracts_are_needed),
		T(a_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
