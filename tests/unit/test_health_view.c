#include "tests/unit/t.h"

#include "providers/health/view.h"

/* A chain in health, seen at 10000: L1 blocks of 12 s, L2 blocks of 2 s. */
static const char healthy[] =
	"{'now': 10000,"
	" 'l1': {'answer': {"
	"  'latest': {'number': 500, 'time': 9990, 'hash': '0x01'},"
	"  'finalized': {'number': 430, 'time': 9150, 'hash': '0x02'},"
	"  'accounts': ["
	"   {'address': '0xb', 'balance': '900', 'hours_left': 100,"
	"    'burn_per_day': '216'},"
	"   {'address': '0xp', 'balance': '7'}],"
	"  'sent': {'block': 498, 'time': 9966}, 'looked_back': 120,"
	"  'output': {'kind': 'oracle', 'count': 3, 'index': 2,"
	"   'block': 360, 'root': '0xAB', 'time': 9900, 'next_block': 480}}},"
	" 'computed': {'answer': {'output_root': '0xab'}},"
	" 'proposals': {'kind': 'oracle', 'interval_s': 0},"
	" 'senders': ["
	"  {'process': 'op-batcher', 'role': 'batcher', 'address': '0xb'},"
	"  {'process': 'op-proposer', 'role': 'proposer', 'address': '0xp'}],"
	" 'nodes': [{'name': 'op-node', 'answer': {"
	"   'block_time': 2, 'seq_window': 3600, 'peers': 4, 'sync': {"
	"    'head_l1': {'number': 500},"
	"    'unsafe_l2': {'number': 470, 'timestamp': 9998},"
	"    'safe_l2': {'number': 440, 'timestamp': 9938,"
	"                'l1origin': {'number': 496}},"
	"    'finalized_l2': {'number': 0, 'timestamp': 0}}}},"
	"  {'name': 'replica-1/op-node', 'answer': {'sync': {"
	"    'unsafe_l2': {'number': 431, 'timestamp': 9920},"
	"    'safe_l2': {'number': 431, 'timestamp': 9920}}}}],"
	" 'engines': [{'name': 'op-geth', 'answer': {'genesis': '0xAA',"
	"   'peers': 0}}],"
	" 'expected': {'genesis': '0xaa'},"
	" 'da': {'name': 'da-server', 'answer': {'status': 404, 'ms': 3}}}";

/* With ' for ", and the value at `pointer` set, if one is given. */
static json_t *
view_of(const char *pointer, json_t *value)
{
	char *text = xstrdup(healthy), *c;
	json_t *seen, *view;

	for (c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	seen = jx_parse(text, strlen(text), "test", NULL);
	assert_non_null(seen);
	if (pointer)
		assert_int_equal(jx_set_at(seen, pointer, value), 0);
	view = health_view(seen);
	json_decref(seen);
	free(text);
	return view;
}

static int64_t
at(const json_t *view, const char *pointer)
{
	const json_t *v = jx_at(view, pointer);

	assert_non_null(v);
	return json_integer_value(v);
}

static void
shows_a_healthy_chain(void **state UNUSED)
{
	json_t *v = view_of(NULL, NULL);

	assert_int_equal(json_array_size(jx_get(v, "problems")), 0);
	assert_int_equal(json_array_size(jx_get(v, "stopped")), 0);
	assert_int_equal(at(v, "/heads/l1/lag_s"), 10);
	assert_int_equal(at(v, "/heads/l1_finalized/number"), 430);
	assert_int_equal(at(v, "/heads/unsafe/lag_s"), 2);
	assert_int_equal(at(v, "/heads/safe/number"), 440);
	assert_null(jx_at(v, "/heads/finalized")); /* not known yet */
	assert_int_equal(at(v, "/batches/waiting"), 30);
	assert_int_equal(at(v, "/batches/last/age_s"), 34);
	/* 496 + 3600 - 500 blocks of 3600 */
	assert_int_equal(at(v, "/batches/window_left_percent"), 99);
	assert_true(json_is_true(jx_at(v, "/output/matches")));
	assert_int_equal(at(v, "/output/age_s"), 100);
	assert_int_equal(at(v, "/output/due_s"), 80); /* 40 blocks */
	assert_int_equal(at(v, "/balances/0/hours_left"), 100);
	assert_string_equal(json_string_value(jx_at(v, "/balances/1/role")),
			    "proposer");
	assert_null(jx_at(v, "/balances/1/hours_left"));
	assert_int_equal(at(v, "/da/ms"), 3);
	assert_int_equal(at(v, "/peers/op-node"), 4);
	assert_int_equal(at(v, "/replicas/0/behind"), 9);
	json_decref(v);
}

static void
counts_down_to_a_fork(void **state UNUSED)
{
	json_t *v = view_of(NULL, NULL);

	assert_null(jx_get(v, "forks"));
	json_decref(v);
	v = view_of("/l2_forks", t_json("{}"));
	assert_null(jx_get(v, "forks"));
	json_decref(v);
	v = view_of("/l2_forks", t_json("{'jovian':10060,'holocene':9000,"
					"'karst':20000,'isthmus':10000}"));
	assert_string_equal(json_string_value(jx_at(v, "/forks/active")),
			    "isthmus");
	assert_string_equal(json_string_value(jx_at(v, "/forks/next/name")),
			    "jovian");
	assert_int_equal(at(v, "/forks/next/time"), 10060);
	assert_int_equal(at(v, "/forks/next/in_s"), 60);
	assert_int_equal(json_array_size(jx_get(v, "problems")), 0);
	json_decref(v);
	v = view_of("/l2_forks", t_json("{'holocene':10001}"));
	assert_null(jx_at(v, "/forks/active"));
	json_decref(v);
	v = view_of("/l2_forks", t_json("{'holocene':10000}"));
	assert_null(jx_at(v, "/forks/next"));
	json_decref(v);
}

/* One thing is otherwise, and that is the one problem. */
static void
is_problem(const char *pointer, json_t *value, const char *what,
	   const char *text)
{
	json_t *v = view_of(pointer, value);
	const json_t *list = jx_get(v, "problems");
	const json_t *one = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(one, "what", ""), what);
	if (!strstr(jx_str(one, "text", ""), text))
		print_error("# '%s' lacks '%s'\n", jx_str(one, "text", ""),
			    text);
	assert_non_null(strstr(jx_str(one, "text", ""), text));
	json_decref(v);
}

static void
names_problems(void **state UNUSED)
{
	is_problem("/l1", json_pack("{s:s}", "error", "refused"), "l1",
		   "refused");
	is_problem("/l1/answer/latest/time", json_integer(9000), "l1",
		   "1000s old");
	is_problem("/nodes/0",
		   json_pack("{s:s, s:s}", "name", "op-node", "error", "gone"),
		   "op-node", "gone");
	is_problem("/nodes/0/answer/sync/unsafe_l2/timestamp",
		   json_integer(9900), "op-node", "100s old");
	is_problem("/nodes/0/answer/sync/head_l1/number", json_integer(3300),
		   "batches", "22%");
	is_problem("/nodes/0/answer/sync/head_l1/number", json_integer(99999),
		   "batches", "0%");
	is_problem("/computed/answer/output_root", json_string("0xcd"),
		   "outputs", "block 360 is 0xAB, but the node computes 0xcd");
	is_problem("/l1/answer/output/next_block", json_integer(100), "outputs",
		   "680s overdue");
	is_problem("/l1/answer/accounts/0/balance", json_string("0"),
		   "op-batcher", "0xb owns nothing");
	is_problem("/l1/answer/accounts/0/hours_left", json_integer(5),
		   "op-batcher", "lasts for 5h");
	is_problem("/engines/0/answer/genesis", json_string("0xbb"), "op-geth",
		   "block 0 is 0xbb, not 0xaa");
	is_problem("/da", json_pack("{s:s, s:s}", "name", "da", "error", "no"),
		   "da", "no");
}

static void
stopped_is_no_problem(void **state UNUSED)
{
	json_t *v = view_of("/nodes/0", json_pack("{s:s, s:b}", "name",
						  "op-node", "stopped", 1));

	assert_int_equal(json_array_size(jx_get(v, "problems")), 0);
	assert_string_equal(json_string_value(jx_at(v, "/stopped/0")),
			    "op-node");
	assert_null(jx_at(v, "/heads/unsafe"));
	json_decref(v);
}

/* With games the next one is due by the clock. */
static void
games_are_due_by_time(void **state UNUSED)
{
	json_t *v = view_of("/proposals/interval_s", json_integer(300));

	/* an oracle's goes by blocks nevertheless */
	assert_int_equal(at(v, "/output/due_s"), 80);
	json_decref(v);
	v = view_of("/l1/answer/output",
		    json_pack("{s:s, s:i, s:i, s:s, s:i}", "kind", "games",
			      "count", 1, "block", 9, "root", "0xab", "time",
			      9900));
	assert_null(jx_at(v, "/output/due_s")); /* nobody says how often */
	json_decref(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_a_healthy_chain),
		cmocka_unit_test(counts_down_to_a_fork),
		cmocka_unit_test(names_problems),
		cmocka_unit_test(stopped_is_no_problem),
		cmocka_unit_test(games_are_due_by_time),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
