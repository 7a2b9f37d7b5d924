#include "tests/unit/t.h"

#include "providers/runtime/process_def.h"

/* The definition of a process with these steps of `prepare`. */
static json_t *
def_with(const char *prepare)
{
	json_t *list = json_loads(prepare, 0, NULL);

	assert_non_null(list);
	return json_pack("{s:[s], s:o}", "command", "/bin/true", "prepare",
			 list);
}

#define STEP                                                                   \
	"{\"unless\":\"/d/x/MADE\",\"command\":[\"/bin/geth\",\"init\"],"      \
	"\"unpack\":{\"/f/genesis.json.gz\":\"/d/x/genesis.json\"},"           \
	"\"clean\":[\"geth\"]}"

static void
prepare_goes_there_and_back(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *j = def_with("[" STEP ",{\"unless\":\"/d/y\","
			     "\"command\":[\"/bin/true\"]}]");
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(process_def_putp) struct process_def *d = NULL, *plain = NULL;
	CLEANUP(put_json) json_t *back = NULL;
	CLEANUP(put_json)
	json_t *without = json_pack("{s:[s]}", "command", "/bin/true");
	const struct process_prepare *s;

	diags_init(&ds);
	d = process_def_decode("x", j, &ds);
	assert_non_null(d);
	assert_int_equal(d->nprepare, 2);
	s = &d->prepare[0];
	assert_string_equal(s->unless, "/d/x/MADE");
	assert_int_equal(s->command.n, 2);
	assert_string_equal(s->clean.v[0], "geth");
	assert_int_equal(json_object_size(s->unpack), 1);
	back = process_def_encode(d);
	assert_true(json_equal(json_object_get(back, "prepare"),
			       json_object_get(j, "prepare")));
	/* What runs is not stale over it, and those without keep their
	 * digest. */
	plain = process_def_decode("x", without, &ds);
	assert_true(process_def_same_start(d, plain));
	json_decref(back);
	back = process_def_encode(plain);
	assert_null(json_object_get(back, "prepare"));
}

static const struct {
	const char *prepare, *why;
} bad[] = {
	{ "[{\"command\":[\"/bin/true\"]}]", "item 0: unless" },
	{ "[{\"unless\":\"d\",\"command\":[\"/bin/true\"]}]", "unless" },
	{ "[{\"unless\":\"/d/\",\"command\":[\"/bin/true\"]}]", "unless" },
	{ "[{\"unless\":\"/d/..\",\"command\":[\"/bin/true\"]}]", "unless" },
	{ "[{\"unless\":\"/d/x\"}]", "command" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"geth\"]}]", "absolute" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\",1]}]", "item 1" },
	{ "[" STEP ",{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"clean\":[\"..\"]}]",
	  "item 1: clean" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"clean\":[\"/etc\"]}]",
	  "clean" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"clean\":[\"a/../..\"]}]",
	  "clean" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],\"clean\":[\"\"]}]",
	  "clean" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"unpack\":{\"a.gz\":\"/a\"}}]",
	  "unpack" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"unpack\":[\"/a.gz\"]}]",
	  "unpack" },
	{ "[{\"unless\":\"/d/x\",\"command\":[\"/geth\"],"
	  "\"unpack\":{\"/a.gz\":1}}]",
	  "unpack" },
};

static void
steps_that_cannot_be_done_are_refused(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(put_json) json_t *j = def_with(bad[i].prepare);
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		assert_null(process_def_decode("x", j, &ds));
		assert_string_equal(ds.first->code, "E0901");
		if (!strstr(ds.first->summary, bad[i].why))
			fail_msg("%s: %s", bad[i].prepare, ds.first->summary);
	}
}

#define NODE(n) "{'http':{'url':'http://node-" n "/'}}"
#define TCP     "{'tcp':{'port':1}}"

/* Each that has one after it which may hold in its place says so. */
static void
any_of_several_probes_goes_there_and_back(void **state UNUSED)
{
	static const bool or_next[] = { false, true,  true, false,
					true,  false, false };
	CLEANUP(put_json)
	json_t *j = json_pack(
		"{s:[s], s:o}", "command", "/bin/true", "start_when",
		t_json("[" TCP ",{'any':[" NODE("1") "," NODE(
			"2") "," TCP "]},{'any':[" NODE("1") "," TCP
							     "]},{'any':[" TCP
							     "]}]"));
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(process_def_putp) struct process_def *d = NULL;
	CLEANUP(put_json) json_t *back = NULL, *again = NULL;

	diags_init(&ds);
	d = process_def_decode("x", j, &ds);
	assert_non_null(d);
	assert_int_equal(d->start_when.n, COUNTOF(or_next));
	for (size_t i = 0; i < COUNTOF(or_next); i++)
		assert_int_equal(d->start_when.v[i].or_next, or_next[i]);
	/* Of one there is no choice. */
	again = json_deep_copy(json_object_get(j, "start_when"));
	json_array_set_new(again, 3, t_json(TCP));
	back = process_def_encode(d);
	for (size_t i = 0; i < json_array_size(again); i++) {
		const json_t *any = jx_get(
			json_array_get(json_object_get(back, "start_when"), i),
			"any");

		assert_int_equal(json_array_size(any),
				 json_array_size(jx_get(
					 json_array_get(again, i), "any")));
	}
}

static void
each_of_several_probes_is_checked(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *j = json_pack("{s:[s], s:o}", "command", "/bin/true", "ready",
			      t_json("[{'any':[" TCP ",{'tcp':{}}]}]"));
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	assert_null(process_def_decode("x", j, &ds));
	assert_string_equal(ds.first->code, "E0901");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepare_goes_there_and_back),
		cmocka_unit_test(steps_that_cannot_be_done_are_refused),
		cmocka_unit_test(any_of_several_probes_goes_there_and_back),
		cmocka_unit_test(each_of_several_probes_is_checked),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
