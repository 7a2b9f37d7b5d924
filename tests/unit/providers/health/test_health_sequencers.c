#include "tests/unit/t.h"

#include "providers/health/sequencers.h"
#include "providers/health/view.h"

/* Three sequencers, the second of which leads, seen at 1000. */
static const char well[] =
	"{'now': 1000, 'nodes': ["
	"  {'name': 'op-node-2', 'answer': {'peers': 2, 'sync': {"
	"   'unsafe_l2': {'number': 9, 'timestamp': 999}}}},"
	"  {'name': 'op-node', 'answer': {'peers': 2, 'sync': {"
	"   'unsafe_l2': {'number': 9, 'timestamp': 999}}}},"
	"  {'name': 'op-node-3', 'answer': {'peers': 2, 'sync': {"
	"   'unsafe_l2': {'number': 9, 'timestamp': 999}}}}],"
	" 'conductors': ["
	"  {'name': 'op-conductor', 'node': 'op-node', 'answer': {"
	"   'leads': false, 'healthy': true, 'paused': false}},"
	"  {'name': 'op-conductor-2', 'node': 'op-node-2', 'answer': {"
	"   'leads': true, 'healthy': true, 'paused': false, 'servers': ["
	"    {'id': 's1', 'addr': 'a:1', 'suffrage': 0},"
	"    {'id': 's3', 'addr': 'a:3', 'suffrage': 0},"
	"    {'id': 's2', 'addr': 'a:2', 'suffrage': 0}]}},"
	"  {'name': 'op-conductor-3', 'node': 'op-node-3', 'answer': {"
	"   'leads': false, 'healthy': true, 'paused': false}}]}";

static json_t *
seen_with(const char *at, json_t *value)
{
	char *text = xstrdup(well), *c;
	json_t *seen;

	for (c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	seen = jx_parse(text, strlen(text), "test", NULL);
	assert_non_null(seen);
	if (at)
		assert_int_equal(jx_set_at(seen, at, value), 0);
	free(text);
	return seen;
}

/* The only problem, when `at` is changed. */
static void
has_problem(const char *at, json_t *value, const char *code, const char *what,
	    const char *text)
{
	json_t *seen = seen_with(at, value), *s = health_sequencers(seen);
	const json_t *list = jx_get(s, "problems");
	const json_t *one = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(one, "code", ""), code);
	assert_string_equal(jx_str(one, "what", ""), what);
	if (!strstr(jx_str(one, "text", ""), text))
		print_error("# '%s' lacks '%s'\n", jx_str(one, "text", ""),
			    text);
	assert_non_null(strstr(jx_str(one, "text", ""), text));
	json_decref(s);
	json_decref(seen);
}

static void
says_who_leads(void **state UNUSED)
{
	json_t *seen = seen_with(NULL, NULL), *s = health_sequencers(seen);
	json_t *view;

	assert_int_equal(json_array_size(jx_get(s, "problems")), 0);
	assert_string_equal(jx_str(s, "leader", ""), "op-conductor-2");
	assert_string_equal(jx_str(s, "makes", ""), "op-node-2");
	assert_int_equal(jx_int(s, "voters", 0), 3);
	assert_int_equal(json_array_size(jx_get(s, "members")), 3);
	view = health_view(seen);
	assert_string_equal(jx_str(jx_get(view, "sequencers"), "makes", ""),
			    "op-node-2");
	json_decref(view);
	json_decref(s);
	json_decref(seen);
}

static void
a_chain_with_one(void **state UNUSED)
{
	json_t *seen = json_pack("{s:[]}", "nodes");

	assert_null(health_sequencers(seen));
	json_decref(seen);
}

static void
names_what_is_wrong(void **state UNUSED)
{
	has_problem("/conductors/1/answer/leads", json_false(), "E1425",
		    "sequencers", "no conductor leads, 3 of 3 answer");
	has_problem("/conductors/0/answer/leads", json_true(), "E1426",
		    "sequencers", "2 conductors say that they lead");
	has_problem("/conductors/2/answer/paused", json_true(), "W1428",
		    "op-conductor-3", "it is paused");
	has_problem("/conductors/1/answer/servers/1/suffrage", json_integer(1),
		    "W1429", "sequencers",
		    "the cluster has 2 members, the chain has 3 conductors");
	has_problem("/conductors/2",
		    json_pack("{s:s, s:s}", "name", "op-conductor-3", "error",
			      "refused"),
		    "W1427", "sequencers", "2 of 3 conductors answer");
}

/* Of the third, with its conductor's word that it is unhealthy. */
static void
unhealthy_because(const char *at, json_t *value, const char *why)
{
	json_t *seen = seen_with(at, value), *s;
	const json_t *one;

	assert_int_equal(
		jx_set_at(seen, "/conductors/2/answer/healthy", json_false()),
		0);
	s = health_sequencers(seen);
	one = json_array_get(jx_get(s, "problems"), 0);
	assert_string_equal(jx_str(one, "code", ""), "W1427");
	assert_string_equal(jx_str(one, "what", ""), "op-conductor-3");
	assert_non_null(strstr(jx_str(one, "text", ""), why));
	json_decref(s);
	json_decref(seen);
}

static void
says_why(void **state UNUSED)
{
	unhealthy_because(NULL, NULL, "its log says why");
	unhealthy_because("/nodes/2/answer/sync/unsafe_l2/timestamp",
			  json_integer(900),
			  "the newest block of op-node-3 is 100s old");
	unhealthy_because("/nodes/2/answer/peers", json_integer(0),
			  "op-node-3 has no peers");
	unhealthy_because(
		"/nodes/2",
		json_pack("{s:s, s:s}", "name", "op-node-3", "error", "gone"),
		"op-node-3 does not answer");
	unhealthy_because(
		"/nodes/2",
		json_pack("{s:s, s:b}", "name", "op-node-3", "stopped", 1),
		"op-node-3 is stopped");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_who_leads),
		cmocka_unit_test(a_chain_with_one),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(says_why),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
