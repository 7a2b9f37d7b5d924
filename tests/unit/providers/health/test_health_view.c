#include "tests/unit/t.h"

#include "providers/health/l1_fork.h"
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

/* With ' for ", and values set at pointers that are given. */
static json_t *
view_both(const char *pointer, json_t *value, const char *other, json_t *more)
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
	if (other)
		assert_int_equal(jx_set_at(seen, other, more), 0);
	view = health_view(seen);
	json_decref(seen);
	free(text);
	return view;
}

static json_t *
view_of(const char *pointer, json_t *value)
{
	return view_both(pointer, value, NULL, NULL);
}

/* Outputs up to block 80, the newest at `last`, one every `gap` seconds. */
static json_t *
outputs_at(int last, int gap)
{
	return json_pack("{s:s, s:i, s:i, s:i, s:s, s:i, s:i, s:[i,i,i,i]}",
			 "kind", "oracle", "count", 4, "index", 3, "block", 80,
			 "root", "0xab", "time", last, "next_block", 100,
			 "times", last, last - gap, last - 2 * gap,
			 last - 3 * gap);
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
	is_problem("/l1/answer/output", outputs_at(9300, 40), "outputs",
		   "680s overdue");
	is_problem("/l1/answer/accounts/0/balance", json_string("0"),
		   "op-batcher", "0xb has no ether");
	is_problem("/l1/answer/accounts/0/hours_left", json_integer(5),
		   "op-batcher", "lasts for 5h");
	is_problem("/engines/0/answer/genesis", json_string("0xbb"), "op-geth",
		   "block 0 is 0xbb, not 0xaa");
	is_problem("/da", json_pack("{s:s, s:s}", "name", "da", "error", "no"),
		   "da", "no");
}

/* It catches up: nothing is wrong. Safe is 440, outputs every 20 blocks. */
static void
a_proposer_that_is_behind(void **state UNUSED)
{
	json_t *v = view_of("/l1/answer/output", outputs_at(9996, 4));

	assert_int_equal(json_array_size(jx_get(v, "problems")), 0);
	assert_int_equal(at(v, "/output/overdue_s"), 680);
	assert_int_equal(at(v, "/output/behind"), 360); /* 18 outputs */
	assert_int_equal(at(v, "/output/caught_up_s"), 18 * 4 * 40 / 36);
	assert_null(jx_at(v, "/output/times"));
	json_decref(v);
	/* at a pace at which it never does */
	v = view_of("/l1/answer/output", outputs_at(9996, 40));
	assert_int_equal(at(v, "/output/behind"), 360);
	assert_null(jx_at(v, "/output/caught_up_s"));
	json_decref(v);
	/* whose node says nothing of how long a block takes */
	v = view_both("/l1/answer/output", outputs_at(9996, 4),
		      "/nodes/0/answer/block_time", json_integer(0));
	assert_int_equal(at(v, "/output/behind"), 360);
	assert_null(jx_at(v, "/output/caught_up_s"));
	json_decref(v);
	v = view_of(NULL, NULL);
	assert_null(jx_at(v, "/output/behind"));
	json_decref(v);
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

/* op-node derives anew after a start, and has not got far yet. */
static void
a_safe_head_that_was_set_back(void **state UNUSED)
{
	json_t *node = t_json("{'name': 'op-node', 'up_s': 20, 'answer': {"
			      " 'block_time': 2, 'seq_window': 3600, 'sync': {"
			      "  'head_l1': {'number': 9999},"
			      "  'unsafe_l2': {'number': 470,"
			      "                'timestamp': 9998},"
			      "  'safe_l2': {'number': 3, 'timestamp': 9000,"
			      "              'l1origin': {'number': 1}}}}}");
	json_t *v;

	v = view_of("/nodes/0", json_deep_copy(node));
	assert_int_equal(json_array_size(jx_get(v, "problems")), 0);
	assert_int_equal(at(v, "/heads/safe/number"), 3);
	assert_null(jx_at(v, "/batches/window_left_percent"));
	json_decref(v);
	json_object_set_new(node, "up_s", json_integer(400));
	is_problem("/nodes/0", node, "batches", "0% of the sequencing window");
}

/* A block that is there is not waited for by the clock. */
static void
an_output_waits_for_a_safe_block(void **state UNUSED)
{
	json_t *v = view_of(NULL, NULL);

	assert_null(jx_at(v, "/output/waits_for_safe"));
	json_decref(v);
	v = view_of("/nodes/0/answer/sync/unsafe_l2/number", json_integer(480));
	assert_true(json_is_true(jx_at(v, "/output/waits_for_safe")));
	json_decref(v);
}

/* A server that is away is told once, not again as the batcher's. */
static void
a_server_is_told_once(void **state UNUSED)
{
	json_t *seen = json_pack("{s:s, s:s}", "name", "DA server", "error",
				 "connection refused");
	json_t *v = view_of("/da", json_incref(seen));

	assert_int_equal(json_array_size(jx_get(v, "problems")), 1);
	json_decref(v);
	v = view_of("/services",
		    json_pack("[{s:s, s:s, s:s}]", "name", "meeda", "type",
			      "meeda", "error", "connection refused"));
	assert_int_equal(json_array_size(jx_get(v, "problems")), 1);
	json_decref(v);
	v = view_both("/da", seen, "/services",
		      json_pack("[{s:s, s:s, s:s}]", "name", "meeda", "type",
				"meeda", "error", "connection refused"));
	assert_int_equal(json_array_size(jx_get(v, "problems")), 1);
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

/* --- forks of the L1 --- */

#define DAY 86400

/* The chain with an L1 that says this, programs of that release, and a node
 * with what is in `node`, if that is given. */
static json_t *
view_at(const char *l1, const char *programs, const char *node)
{
	json_t *seen = t_json(healthy), *of_l1 = t_json(l1), *view;
	json_t *of_node = node ? t_json(node) : json_object();

	json_object_update(
		json_object_get(json_object_get(seen, "l1"), "answer"), of_l1);
	json_object_set_new(seen, "programs", json_string(programs));
	json_object_update(json_array_get(json_object_get(seen, "nodes"), 0),
			   of_node);
	view = health_view(seen);
	json_decref(of_node);
	json_decref(of_l1);
	json_decref(seen);
	return view;
}

static size_t
problems_at(const char *l1, const char *programs, const char *node)
{
	CLEANUP(put_json) json_t *v = view_at(l1, programs, node);

	return json_array_size(jx_get(v, "problems"));
}

static void
knows_the_next_fork(void **state UNUSED)
{
	const char *soon = "{'fork':'osaka','next_fork':'amsterdam',"
			   "'next_fork_time':1219599}"; /* 14 days less 1 s */
	const char *later = "{'fork':'osaka','next_fork':'amsterdam',"
			    "'next_fork_time':1219600}";
	CLEANUP(put_json) json_t *v = view_at(soon, "v1.13.7", NULL);
	const char *text = jx_str(jx_at(v, "/problems/0"), "text", "");

	assert_string_equal(jx_str(jx_at(v, "/l1_fork"), "now", ""), "osaka");
	assert_string_equal(jx_str(jx_at(v, "/l1_fork"), "use", ""), "v1.19.6");
	assert_int_equal(at(v, "/l1_fork/next/in_s"), 14 * DAY - 1);
	assert_true(json_is_false(jx_at(v, "/l1_fork/next/followed")));
	assert_true(json_is_true(jx_at(v, "/l1_fork/followed")));
	assert_int_equal(json_array_size(jx_get(v, "problems")), 1);
	assert_non_null(strstr(text, "amsterdam at 1970-01-15 02:46 UTC"));
	assert_non_null(strstr(text, "programs v1.13.7 support it only up to"));
	/* Far away, or followed, or nobody knows: no problem. */
	assert_int_equal(problems_at(later, "v1.13.7", NULL), 0);
	assert_int_equal(problems_at(soon, "v1.19.6", NULL), 0);
	assert_int_equal(problems_at(soon, "mine", NULL), 0);
}

static void
knows_who_stopped_at_a_fork(void **state UNUSED)
{
	const char *l1 = "{'fork':'amsterdam'}";
	const char *node = "{'answer':{'sync':{'current_l1':{'number':480},"
			   "'unsafe_l2':{'number':470,'timestamp':9998}}},"
			   "'beyond':{'answer':{'fork':'amsterdam'}}}";
	CLEANUP(put_json) json_t *v = view_at(l1, "v1.13.7", node);

	assert_int_equal(at(v, "/l1_fork/stopped/0/block"), 480);
	assert_int_equal(json_array_size(jx_get(v, "problems")), 2);
	assert_string_equal(jx_str(jx_at(v, "/problems/1"), "text", ""),
			    "it stopped following the L1 at block 480, the "
			    "last before amsterdam");
	/* Not there yet: the L1 is, and that is enough. */
	assert_int_equal(problems_at(l1, "v1.13.7", NULL), 1);
	/* Programs that know it have other reasons to be behind. */
	assert_int_equal(problems_at(l1, "v1.19.6", node), 0);
}

static void
looks_beyond_where_it_may_stand(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *seen = t_json("{'programs':'v1.13.7','l1':{'answer':{"
			      "'fork':'amsterdam'}}}");
	CLEANUP(put_json)
	json_t *node = t_json("{'answer':{'sync':{'head_l1':{'number':9},"
			      "'current_l1':{'number':7}}}}");

	assert_int_equal(health_l1_beyond(seen, node), 8);
	assert_int_equal(health_l1_beyond(seen, NULL), 0);
	jx_set_at(node, "/answer/sync/current_l1/number", json_integer(9));
	assert_int_equal(health_l1_beyond(seen, node), 0);
	jx_set_at(node, "/answer/sync/current_l1/number", json_integer(7));
	jx_set_at(seen, "/l1/answer/fork", json_string("osaka"));
	assert_int_equal(health_l1_beyond(seen, node), 0);
	jx_set_at(seen, "/l1/answer/fork", json_string("newer"));
	assert_int_equal(health_l1_beyond(seen, node), 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_a_healthy_chain),
		cmocka_unit_test(counts_down_to_a_fork),
		cmocka_unit_test(names_problems),
		cmocka_unit_test(a_proposer_that_is_behind),
		cmocka_unit_test(stopped_is_no_problem),
		cmocka_unit_test(a_safe_head_that_was_set_back),
		cmocka_unit_test(games_are_due_by_time),
		cmocka_unit_test(an_output_waits_for_a_safe_block),
		cmocka_unit_test(a_server_is_told_once),
		cmocka_unit_test(knows_the_next_fork),
		cmocka_unit_test(knows_who_stopped_at_a_fork),
		cmocka_unit_test(looks_beyond_where_it_may_stand),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
