/* The genesis of a local L1: its forks, and what later programs read of it. */
#include "tests/unit/t.h"

#include "engine/base/compiler.h"
#include "providers/kinds/l1_genesis/l1_render.h"

static json_t *
render(const char *config)
{
	json_t *c = t_json(config), *doc = l1_genesis_render(c, 1704067200);

	json_decref(c);
	return doc;
}

static int64_t
fork_time(const json_t *doc, const char *key)
{
	return jx_int(jx_get(doc, "config"), key, -1);
}

#define DEPLOYER "/alloc/4e59b44847b379578588920ca78fbf26c0b4956c/code"
#define BUILDERS "/alloc/0000bff46984e3725691fa540a8c7589300d8282/code"

/* What was made without a fork stays as it is: its digest names datadirs. */
static void
test_unnamed(void **state UNUSED)
{
	json_t *doc = render("{'chain_id':3151}");

	assert_int_equal(fork_time(doc, "cancunTime"), 0);
	assert_int_equal(fork_time(doc, "pragueTime"), -1);
	assert_true(json_is_true(
		jx_at(doc, "/config/terminalTotalDifficultyPassed")));
	assert_null(jx_at(doc, "/config/blobSchedule"));
	assert_int_equal(json_object_size(jx_get(doc, "alloc")), 1);
	assert_non_null(jx_at(doc, DEPLOYER));
	json_decref(doc);
}

static void
test_amsterdam(void **state UNUSED)
{
	json_t *doc = render("{'chain_id':3151,'fork':'amsterdam'}");

	assert_int_equal(fork_time(doc, "osakaTime"), 0);
	assert_int_equal(fork_time(doc, "amsterdamTime"), 0);
	/* op-node refuses keys that it does not know. */
	assert_null(jx_at(doc, "/config/terminalTotalDifficultyPassed"));
	assert_int_equal(jx_int(jx_at(doc, "/config/blobSchedule/amsterdam"),
				"target", 0),
			 6);
	assert_int_equal(
		jx_int(jx_at(doc, "/config/blobSchedule/cancun"), "target", 0),
		3);
	assert_true(strlen(json_string_value(jx_at(doc, BUILDERS))) > 1000);
	assert_int_equal(json_object_size(jx_get(doc, "alloc")), 7);
	json_decref(doc);
}

static void
test_scheduled(void **state UNUSED)
{
	json_t *doc = render("{'chain_id':3151,'fork':'amsterdam',"
			     "'fork_at':1900000000}");

	assert_int_equal(fork_time(doc, "osakaTime"), 0);
	assert_int_equal(fork_time(doc, "amsterdamTime"), 1900000000);
	assert_non_null(jx_at(doc, BUILDERS));
	json_decref(doc);
}

static void
test_older(void **state UNUSED)
{
	json_t *doc = render("{'chain_id':3151,'fork':'cancun'}");

	assert_int_equal(fork_time(doc, "pragueTime"), -1);
	assert_null(jx_at(doc, "/config/blobSchedule/prague"));
	assert_null(jx_at(doc, BUILDERS));
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unnamed),
		cmocka_unit_test(test_amsterdam),
		cmocka_unit_test(test_scheduled),
		cmocka_unit_test(test_older),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
