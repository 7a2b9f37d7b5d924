/* A change of what is there, from which there is no way back. */
#include "tests/unit/world.h"
#include "engine/apply/apply.h"

static const struct kind kind_data = { .name = "datadir",
				       .schema_version = 1,
				       .flags = KIND_DATA };
static const struct kind kind_process = { .name = "process",
					  .schema_version = 1,
					  .flags = KIND_ONCE };
const struct kind *const kind_table[] = { &kind_data, &kind_process };
const unsigned kind_count = 2;

/* A process has the number that its arguments say. */
static json_t *
make_attrs(const char *addr UNUSED, const json_t *config)
{
	const json_t *n = jx_at(config, "/args/n");

	return n ? json_pack("{s:O}", "pid", (json_t *)(uintptr_t)n)
		 : json_object();
}

#define DATA  "  datadir: { d: { key: \"0123456789abcdef\", format: "
#define EIGHT DATA "8 } }\n"
#define NINE  DATA "9 } }\n"

static const struct change *
the_change(struct world *w)
{
	const struct change *c = plan_find(w->plan, "datadir.d");

	assert_non_null(c);
	return c;
}

static void
accept(struct world *w, const char *chain)
{
	w->opts.accept_irreversible = chain;
}

static void
is_refused(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", EIGHT), 0);
	assert_int_equal(plan(w, "", NINE), -1);
	t_error(&w->ds, "E0624",
		"'datadir.d' could not be reverted after the change of "
		"'format'");
	assert_non_null(strstr(w->ds.first->hint, "opl2 backup -data"));
	assert_non_null(strstr(w->ds.first->hint, "-accept-irreversible=test"));
	assert_int_equal(diags_exit_code(&w->ds), 10);
	assert_true(w->plan->refused);
	assert_int_equal(the_change(w)->action, ACT_UPDATE);
	assert_int_equal(the_change(w)->class, CLASS_ONE_WAY);
	assert_true(the_change(w)->irreversible);
	assert_false(the_change(w)->consented);
}

static void
the_flag_alone_is_enough(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", EIGHT), 0);
	accept(w, "another");
	assert_int_equal(plan(w, "", NINE), -1);
	t_error(&w->ds, "E0610", "names 'another'");
	accept(w, "test");
	assert_int_equal(apply(w, "", NINE), 0);
	t_no_errors(&w->ds);
	assert_ops(w, "read datadir.d\nupdate datadir.d\n");
	accept(w, NULL);
	assert_int_equal(plan(w, "", NINE), 0);
	assert_false(plan_has_changes(w->plan));
}

static void
what_is_made_anew_needs_none(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", NINE), 0);
	t_no_errors(&w->ds);
	assert_false(the_change(w)->irreversible);
	assert_int_equal(apply(w, "", EIGHT), -1);
	t_error(&w->ds, "E0624", "could not be reverted");
}

/* A saved plan has the consent, or the refusal. */
static void
a_saved_plan_keeps_it(void **st)
{
	struct world *w = *st;
	CLEANUP(freep) char *path = path_join(w->dir, "plan");
	struct plan *p = NULL;

	assert_int_equal(apply(w, "", EIGHT), 0);
	assert_int_equal(plan(w, "", NINE), -1);
	assert_int_equal(plan_save(w->plan, path, &w->ds), 0);
	assert_int_equal(plan_load(w->run, path, &p, &w->ds), -1);

	accept(w, "test");
	assert_int_equal(plan(w, "", NINE), 0);
	assert_int_equal(plan_save(w->plan, path, &w->ds), 0);
	assert_int_equal(plan_load(w->run, path, &p, &w->ds), 0);
	plan_free(w->plan);
	w->plan = p;
	assert_int_equal(the_change(w)->class, CLASS_ONE_WAY);
	assert_true(the_change(w)->irreversible && the_change(w)->consented);
	assert_int_equal(run_apply(w->run, p, &w->res, &w->ds), 0);
	assert_ops(w, "read datadir.d\nupdate datadir.d\n");
}

#define PROCESS(n)                                                             \
	"  process: { p: { command: [x], args: { n: " #n " } } }\n" DATA       \
	"\"${process.p.pid}\" } }\n"
#define GONE "{\"process.p\":{\"read\":[\"gone\"]}}"

/* Only apply learns the value: what was not accepted is not done. */
static void
stops_when_it_turns_out(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", PROCESS(8)), 0);
	assert_int_equal(plan(w, GONE, PROCESS(9)), 0);
	assert_int_equal(the_change(w)->class, CLASS_IN_PLACE);
	assert_int_equal(run_apply(w->run, w->plan, &w->res, &w->ds), -1);
	t_error(&w->ds, "E0606", "more severe change");
	assert_int_equal(plan(w, "", PROCESS(9)), -1);
	t_error(&w->ds, "E0624", "could not be reverted");
}

static void
goes_on_when_it_was_accepted(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", PROCESS(8)), 0);
	accept(w, "test");
	assert_int_equal(apply(w, GONE, PROCESS(9)), 0);
	assert_ops(w, "read process.p\nread datadir.d\ncreate process.p\n"
		      "update datadir.d\n");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(is_refused),
		T(the_flag_alone_is_enough),
		T(what_is_made_anew_needs_none),
		T(a_saved_plan_keeps_it),
		T(stops_when_it_turns_out),
		T(goes_on_when_it_was_accepted),
	};

	if (argc > 0 && strstr(argv[0], "opl2-worker"))
		worker();
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
