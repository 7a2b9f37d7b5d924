#include "tests/unit/t.h"

#include "providers/health/findings.h"
#include "providers/health/symptoms.h"

/* The findings of in, whose processes are these: a runtime's answer. */
static json_t *
findings_of(struct health_input in, const json_t *procs)
{
	CLEANUP(runtime_status_freep)
	struct runtime_status *st = runtime_status_decode(procs);

	in.procs = st;
	return health_findings(&in);
}

#define T "t=2024-08-21T02:27:27+0000 lvl=error msg=\"it\" err=\""

static json_t *
hits_of(enum process_role role, const char *log, int64_t since)
{
	json_t *hits = json_object();

	symptoms_scan("op-node", role, log, strlen(log), since, hits);
	return hits;
}

/* --- why the L2 was reorganised --- */

#define H(c)                                                                   \
	"0x" c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define RANDOM T "random field does not match. expected: 0x6c. got: 0xe8\"\n"
#define BACK                                                                   \
	"t=2024-08-21T02:27:26+0000 lvl=warn msg=\"L1 head signal indicates "  \
	"a possible L1 re-org\" old_l1_head=" H(                               \
		"aa") ":105 "                                                  \
		      "new_l1_head_parent=" H("bb") " new_l1_head=" H(         \
			      "cc") ":103\n"

static void
is_cause(const char *log, const char *hash_now, const char *code)
{
	json_t *hits = hits_of(ROLE_SEQUENCER, log, 0);
	json_t *st = json_pack("{s:[], s:{}}", "procs", "supervisor");
	const struct health_input in = { .hits = hits,
					 .hash_now = hash_now,
					 .disk_free = -1 };
	json_t *list = findings_of(in, st);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(json_array_get(list, 0), "code", ""), code);
	assert_true(strlen(jx_str(json_array_get(list, 0), "cure", "")) > 0);
	json_decref(list);
	json_decref(hits);
	json_decref(st);
}

static void
tells_reorgs_apart(void **state UNUSED)
{
	is_cause("t=2024-08-21T02:27:20+0000 lvl=info msg=\"Generating next "
		 "batch\" epoch=0xa:1 timestamp=5\n" RANDOM,
		 NULL, "E1104");
	is_cause("t=2024-08-21T02:27:20+0000 lvl=warn msg=x err=\"reset: "
		 "detected L1 reorg from 0xa:1 to 0xb:2 with conflicting "
		 "parent 0xc:1\"\n" RANDOM,
		 NULL, "E1105");
	is_cause(BACK RANDOM, H("dd"), "E1105");
	is_cause(BACK RANDOM, H("aa"), "E1106");
	is_cause(BACK RANDOM, NULL, "W1107");
	is_cause(RANDOM, NULL, "W1107");
	/* A head that was missed is no head that went back. */
	is_cause(
		"t=2024-08-21T02:27:26+0000 lvl=warn msg=\"L1 head signal "
		"indicates a possible L1 re-org\" old_l1_head=" H(
			"aa") ":105 new_l1_head_parent=" H("bb") " "
								 "new_l1_"
								 "head=" H(
									 "cc") ":108\n" RANDOM,
		H("dd"), "W1107");
}

/* Without a block of the L2 that does not match nothing is wrong. */
static void
notes_reorgs(void **state UNUSED)
{
	static const struct {
		const char *log, *hash, *code;
	} cases[] = {
		{ "t=2024-08-21T02:27:20+0000 lvl=warn msg=x err=\"reset: "
		  "detected L1 reorg from 0xa:1 to 0xb:2\"\n",
		  NULL, "E1105" },
		{ BACK, H("dd"), "E1105" },
		{ BACK, H("aa"), "E1106" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		json_t *hits = hits_of(ROLE_SEQUENCER, cases[i].log, 0);
		json_t *st = json_pack("{s:[], s:{}}", "procs", "supervisor");
		const struct health_input in = { .hits = hits,
						 .hash_now = cases[i].hash,
						 .disk_free = -1 };
		json_t *list = findings_of(in, st);
		const json_t *f = json_array_get(list, 0);

		assert_int_equal(json_array_size(list), 1);
		assert_string_equal(jx_str(f, "code", ""), cases[i].code);
		assert_true(jx_bool(f, "note", false));
		assert_true(strstr(cases[i].log, jx_str(jx_at(f, "/evidence/0"),
							"line", "?")) != NULL);
		json_decref(list);
		json_decref(hits);
		json_decref(st);
	}
}

/* op-node ended while it made blocks itself, and nothing answers any more. */
static void
a_window_that_ran_out(void **state UNUSED)
{
	const char *log =
		"t=2024-08-21T02:27:20+0000 lvl=info msg=\"Generating "
		"next batch\" epoch=0xa:1 timestamp=5\n";
	json_t *hits = json_object(), *procs = json_object(), *list;
	struct health_input in = { .hits = hits, .disk_free = -1 };

	symptoms_scan("op-node", ROLE_SEQUENCER, log, strlen(log), 0, hits);
	list = findings_of(in, procs);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(json_array_get(list, 0), "code", ""),
			    "E1104");
	json_decref(list);
	json_decref(hits);
	json_decref(procs);
}

/* --- what was seen --- */

static const char healthy[] =
	"{'now': 10000,"
	" 'l1': {'answer': {"
	"  'latest': {'number': 500, 'time': 9990, 'hash': '0x01'},"
	"  'accounts': [{'address': '0xb', 'balance': '900',"
	"                'hours_left': 100}],"
	"  'proposer': '0x00000000000000000000000000000000000000Cc',"
	"  'system': {'batcher': '0x000000000000000000000000"
	"00000000000000000000000000000000000000bb',"
	"             'signer': '0x00000000000000000000000000000000000000dd'},"
	"  'output': {'kind': 'oracle', 'block': 360, 'root': '0xAB',"
	"             'next_block': 480}}},"
	" 'computed': {'answer': {'output_root': '0xab'}},"
	" 'senders': [{'process': 'op-batcher', 'address': '0xb'}],"
	" 'keys_in_args': [],"
	" 'roles': {'l1': 'l1', 'sequencer': 'op-node', 'engine': 'op-geth',"
	"  'batcher': 'op-batcher', 'proposer': 'op-proposer',"
	"  'challenger': 'op-challenger', 'da': 'da-server'},"
	" 'nodes': [{'name': 'op-node', 'answer': {"
	"   'block_time': 2, 'seq_window': 3600, 'peers': 1,"
	"   'sequencing': true, 'sync': {"
	"    'head_l1': {'number': 500},"
	"    'unsafe_l2': {'number': 470, 'timestamp': 9998},"
	"    'safe_l2': {'number': 440, 'timestamp': 9938,"
	"                'l1origin': {'number': 496}}}}}],"
	" 'engines': [{'name': 'op-geth', 'answer': {'genesis': '0xAA'}}],"
	" 'expected': {'genesis': '0xaa',"
	"  'batcher': '0x00000000000000000000000000000000000000BB',"
	"  'proposer': '0x00000000000000000000000000000000000000cc',"
	"  'signer': '0x00000000000000000000000000000000000000dd'},"
	" 'da': {'name': 'da-server', 'answer': {'ms': 3}}}";

static const char up[] =
	"{'supervisor': {'pid': 1}, 'procs': ["
	" {'name': 'l1', 'pid': 1, 'desired': 'up', 'state': 'ready'},"
	" {'name': 'op-node', 'pid': 2, 'desired': 'up', 'state': 'ready'},"
	" {'name': 'op-geth', 'pid': 3, 'desired': 'up', 'state': 'ready'},"
	" {'name': 'da-server', 'pid': 4, 'desired': 'up', 'state': 'ready'}]}";

/* With the value at `pointer` of {seen, procs} set, the findings' codes. */
static json_t *
findings_with(const char *pointer, json_t *value, int64_t disk_free)
{
	json_t *all = json_pack("{s:o, s:o}", "seen", t_json(healthy), "procs",
				t_json(up));
	json_t *hits = json_object(), *list;
	struct health_input in = { .hits = hits, .disk_free = disk_free };

	if (pointer)
		assert_int_equal(jx_set_at(all, pointer, value), 0);
	in.seen = json_object_get(all, "seen");
	list = findings_of(in, json_object_get(all, "procs"));
	json_decref(all);
	json_decref(hits);
	return list;
}

static void
finds(const char *pointer, json_t *value, const char *code, const char *what)
{
	json_t *list = findings_with(pointer, value, -1);
	const json_t *f = json_array_get(list, 0);

	if (json_array_size(list) != 1)
		print_error("# %s: %zu findings\n", code,
			    json_array_size(list));
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(f, "code", ""), code);
	assert_string_equal(jx_str(f, "what", ""), what);
	assert_int_equal(json_array_size(jx_get(f, "evidence")), 1);
	assert_non_null(diag_code_find(code));
	json_decref(list);
}

static void
nothing_in_health(void **state UNUSED)
{
	json_t *list = findings_with(NULL, NULL, 1LL << 40);

	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

static json_t *
error_of(const char *name, const char *code, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "name", name, "code", code, "error",
			 text);
}

static void
endpoints(void **state UNUSED)
{
	finds("/seen/l1", error_of("l1", "E0801", "refused"), "E1108", "l1");
	finds("/seen/l1", error_of("l1", "E0803", "the server answered 429"),
	      "E1103", "l1");
	finds("/seen/l1", error_of("l1", "E0810", "daily quota (code -32005)"),
	      "E1103", "l1");
	finds("/seen/l1", error_of("l1", "E0810", "Rate limit exceeded"),
	      "E1103", "l1");
	finds("/seen/l1",
	      error_of("l1", "E0810",
		       "batch item count exceeded (code -32005)"),
	      "E1102", "l1");
	finds("/seen/l1", error_of("l1", "E0812", "chain 2"), "E1122", "l1");
	finds("/seen/l1", error_of("l1", "E0920", "no L1"), "E1125", "l1");
	finds("/seen/nodes/0", error_of("op-node", "E0801", "x"), "E1109",
	      "op-node");
	finds("/seen/engines/0", error_of("op-geth", "E0801", "x"), "E1109",
	      "op-geth");
	finds("/seen/da", error_of("da-server", "E0801", "x"), "E1110",
	      "da-server");
}

/* A game of somebody else, and what the node makes of its block. */
static json_t *
claim(const char *root, int status, int claims, int64_t block, bool known)
{
	json_t *c = json_pack("{s:{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:i}}",
			      "game", "game", "0x6a", "creator", "0xe1", "root",
			      root, "block", (json_int_t)block, "time",
			      (json_int_t)9000, "clock_s", (json_int_t)4720,
			      "status", status, "claims", claims);

	if (known)
		json_object_set_new(c, "answer",
				    json_pack("{s:s}", "output_root", "0xab"));
	else
		json_object_set_new(c, "error", json_string("not found"));
	return json_pack("[o]", c);
}

static void
said_of(json_t *value, const char *said, const char *cure)
{
	json_t *list = findings_with("/seen/claims", value, -1);
	const json_t *f = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(f, "code", ""), "E1163");
	assert_string_equal(jx_str(f, "what", ""), "0x6a");
	assert_non_null(strstr(
		jx_str(json_array_get(jx_get(f, "evidence"), 0), "said", ""),
		said));
	assert_non_null(strstr(jx_str(f, "cure", ""), cure));
	json_decref(list);
}

static void
games_of_others(void **state UNUSED)
{
	json_t *list =
		findings_with("/seen/claims", claim("0xAB", 0, 1, 9, true), -1);

	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	said_of(claim("0xbad", 0, 1, 360, true),
		"game 0x6a, made by 0xe1, claims 0xbad for block 360; the node "
		"computes 0xab; nobody has disputed it, and its clock runs for "
		"1h02m",
		"run an op-challenger");
	said_of(claim("0xbad", 0, 3, 360, true), "disputed, with 3 claims",
		"op-challenger");
	said_of(claim("0xbad", 2, 1, 360, true), "it was won", "blacklist");
	said_of(claim("0xbad", 0, 1, 999, false),
		"the node's newest block is 470", "op-challenger");
	/* the node has not derived it, or does not answer */
	list = findings_with("/seen/claims", claim("0xbad", 0, 1, 9, false),
			     -1);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
}

/* The proposer is not to be stopped for what another claims. */
static void
the_newest_output_is_of_another(void **state UNUSED)
{
	json_t *seen = t_json(healthy), *procs = t_json(up);
	json_t *hits = json_object(), *list;
	const struct health_input in = { .seen = seen,
					 .hits = hits,
					 .disk_free = -1 };

	jx_set_at(seen, "/l1/answer/output",
		  json_pack("{s:s, s:i, s:i, s:s}", "kind", "games", "index", 7,
			    "block", 360, "root", "0xbad"));
	jx_set_at(seen, "/l1/answer/games",
		  json_pack("[{s:i, s:s}]", "index", 7, "creator", "0xe1"));
	list = findings_of(in, procs);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	jx_set_at(seen, "/l1/answer/games/0/creator",
		  json_string("0x00000000000000000000000000000000000000CC"));
	list = findings_of(in, procs);
	assert_string_equal(jx_str(json_array_get(list, 0), "code", ""),
			    "E1114");
	json_decref(list);
	json_decref(hits);
	json_decref(procs);
	json_decref(seen);
}

static void
cure_has(const char *text, json_t *value)
{
	json_t *list = findings_with("/seen/da", value, -1);

	assert_non_null(
		strstr(jx_str(json_array_get(list, 0), "cure", ""), text));
	json_decref(list);
}

/* To start what runs would do nothing. */
static void
a_silent_da_server(void **state UNUSED)
{
	cure_has("opl2 logs da-server",
		 error_of("da-server", "E0801", "timed out"));
	cure_has("start the DA server", error_of("other", "E0801", "refused"));
}

/* The server behind an adapter is the one that is named. */
static void
a_server_of_others(void **state UNUSED)
{
	json_t *seen = t_json(healthy), *procs = t_json(up), *list;
	json_t *hits = json_object();
	const struct health_input in = { .seen = seen,
					 .hits = hits,
					 .disk_free = -1 };

	json_object_set_new(
		seen, "da",
		error_of("meeda-adapter", "E0803", "it answered 503"));
	json_object_set_new(
		seen, "services",
		json_pack("[{s:s, s:s, s:s}]", "name", "meeda", "type", "meeda",
			  "error",
			  "the Meeda server at 'http://m' does not answer: "
			  "connection refused"));
	list = findings_of(in, procs);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(json_array_get(list, 0), "what", ""),
			    "meeda");
	assert_non_null(strstr(jx_str(json_array_get(list, 0), "cure", ""),
			       "start the Meeda server"));
	json_decref(list);
	json_decref(hits);
	json_decref(procs);
	json_decref(seen);
}

/* A log grows where nobody pauses what writes it, and only there. */
static void
a_batcher_without_pause(void **state UNUSED)
{
	json_t *seen = t_json(healthy), *procs = t_json(up), *list;
	json_t *hits = json_object();
	json_t *batcher =
		json_pack("{s:s, s:i, s:s, s:s}", "name", "op-batcher", "pid",
			  9, "desired", "up", "state", "ready");
	const struct health_input in = { .seen = seen,
					 .hits = hits,
					 .disk_free = -1 };

	json_array_append_new(json_object_get(procs, "procs"), batcher);
	json_object_set_new(seen, "da", error_of("da-server", "E0801", "x"));
	list = findings_of(in, procs);
	assert_int_equal(
		json_array_size(jx_get(json_array_get(list, 0), "evidence")),
		2);
	json_decref(list);
	json_object_set_new(batcher, "pause", json_object());
	list = findings_of(in, procs);
	assert_int_equal(
		json_array_size(jx_get(json_array_get(list, 0), "evidence")),
		1);
	json_decref(list);
	assert_null(strstr(diag_code_find("E1110")->explain, "log"));
	json_decref(hits);
	json_decref(procs);
	json_decref(seen);
}

static size_t
logged_ago(int64_t seconds)
{
	json_t *seen = t_json(healthy), *procs = t_json(up), *list;
	json_t *hits = json_pack(
		"{s:{s:s, s:s, s:I}}", "E1110", "process", "op-batcher", "cure",
		"x", "time", (json_int_t)(jx_int(seen, "now", 0) - seconds));
	const struct health_input in = { .seen = seen,
					 .hits = hits,
					 .disk_free = -1 };
	size_t n;

	list = findings_of(in, procs);
	n = json_array_size(list);
	json_decref(list);
	json_decref(hits);
	json_decref(procs);
	json_decref(seen);
	return n;
}

/* The server answers: what the batcher wrote before is no finding any more,
 * unless it goes on. */
static void
what_is_over(void **state UNUSED)
{
	assert_int_equal(logged_ago(5), 1);
	assert_int_equal(logged_ago(120), 0);
}

static void
heads_and_outputs(void **state UNUSED)
{
	finds("/seen/l1/answer/latest/time", json_integer(9000), "E1111", "l1");
	finds("/seen/nodes/0/answer/sync/unsafe_l2/timestamp",
	      json_integer(9000), "E1112", "op-node");
	finds("/seen/nodes/0/answer/sync/head_l1/number", json_integer(3300),
	      "E1113", "op-batcher");
	finds("/seen/nodes/0/answer/sync/head_l1/number", json_integer(9999),
	      "E1104", "op-node");
	finds("/seen/computed/answer/output_root", json_string("0xcd"), "E1114",
	      "outputs");
	finds("/seen/l1/answer/output/next_block", json_integer(100), "E1115",
	      "op-proposer");
	finds("/seen/engines/0/answer/genesis", json_string("0xbb"), "E1121",
	      "op-geth");
}

static size_t
set_back_after(int64_t up_s)
{
	json_t *seen = t_json(healthy), *list;
	json_t *node = json_object_get(seen, "nodes");

	node = json_deep_copy(json_array_get(node, 0));
	json_object_set_new(node, "up_s", json_integer(up_s));
	assert_int_equal(jx_set_at(node, "/answer/sync/safe_l2/l1origin/number",
				   json_integer(0)),
			 0);
	assert_int_equal(jx_set_at(node, "/answer/sync/head_l1/number",
				   json_integer(9999)),
			 0);
	json_decref(seen);
	list = findings_with("/seen/nodes/0", node, -1);
	up_s = (int64_t)json_array_size(list);
	json_decref(list);
	return (size_t)up_s;
}

/* op-node derives anew after a start: its safe head will be back. */
static void
a_safe_head_that_was_set_back(void **state UNUSED)
{
	assert_int_equal(set_back_after(20), 0);
	assert_int_equal(set_back_after(400), 1);
}

/* The chain at a fork of the L1, with programs of v1.13.7, and what a log
 * says. */
static json_t *
findings_at(const char *l1, bool stopped, const char *log)
{
	CLEANUP(put_json) json_t *seen = t_json(healthy);
	CLEANUP(put_json) json_t *procs = t_json(up), *of_l1 = t_json(l1);
	CLEANUP(put_json) json_t *hits = hits_of(ROLE_SEQUENCER, log, 0);
	const struct health_input in = { .seen = seen,
					 .hits = hits,
					 .disk_free = -1 };

	json_object_update(
		json_object_get(json_object_get(seen, "l1"), "answer"), of_l1);
	json_object_set_new(seen, "programs", json_string("v1.13.7"));
	if (stopped)
		jx_set_at(json_array_get(json_object_get(seen, "nodes"), 0),
			  "/beyond/answer/fork", json_string("amsterdam"));
	return findings_of(in, procs);
}

static void
is_only(json_t *list, const char *code, const char *what, size_t nevidence)
{
	const json_t *f = json_array_get(list, 0);

	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(f, "code", ""), code);
	assert_string_equal(jx_str(f, "what", ""), what);
	assert_int_equal(json_array_size(jx_get(f, "evidence")), nevidence);
	json_decref(list);
}

static void
forks_of_the_l1(void **state UNUSED)
{
	const char *mismatch = T "failed to fetch header by num 821: failed to "
				 "verify block hash: computed 0x2b but RPC "
				 "said 0x06\"\n";
	const char *soon = "{'fork':'osaka','next_fork':'amsterdam',"
			   "'next_fork_time':1219599}";
	const char *later = "{'fork':'osaka','next_fork':'amsterdam',"
			    "'next_fork_time':1219600}";
	const char *past = "{'fork':'amsterdam'}";
	json_t *list = findings_at(later, false, "");

	assert_true(jx_bool(json_array_get(list, 0), "note", false));
	is_only(list, "W1164", "l1", 1);
	list = findings_at(soon, false, "");
	assert_false(jx_bool(json_array_get(list, 0), "note", false));
	assert_non_null(strstr(jx_str(json_array_get(list, 0), "cure", ""),
			       "programs: v1.19.6"));
	is_only(list, "W1164", "l1", 1);
	/* What the look says and what the log says is one thing. */
	is_only(findings_at(past, true, ""), "E1162", "op-node", 1);
	is_only(findings_at(past, true, mismatch), "E1162", "op-node", 2);
	is_only(findings_at(past, false, ""), "E1123", "l1", 1);
	is_only(findings_at("{}", false, mismatch), "E1123", "op-node", 1);
	is_only(findings_at("{'fork':'newer'}", true, ""), "E1162", "op-node",
		1);
}

/* What is found of a role, of a process that is called otherwise. */
static void
is_about(const char *pointer, json_t *value, const char *role, const char *code)
{
	json_t *all = json_pack("{s:o, s:o}", "seen", t_json(healthy), "procs",
				t_json(up));
	json_t *hits = json_object(), *list;
	struct health_input in = { .hits = hits, .disk_free = -1 };
	const json_t *f;

	json_object_set_new(
		json_object_get(json_object_get(all, "seen"), "roles"), role,
		json_string("fred"));
	assert_int_equal(jx_set_at(all, pointer, value), 0);
	in.seen = json_object_get(all, "seen");
	list = findings_of(in, json_object_get(all, "procs"));
	f = json_array_get(list, 0);
	assert_string_equal(jx_str(f, "code", ""), code);
	assert_string_equal(jx_str(f, "what", ""), "fred");
	json_decref(list);
	json_decref(all);
	json_decref(hits);
}

static void
roles_and_not_names(void **state UNUSED)
{
	is_about("/seen/nodes/0/answer/sync/unsafe_l2/timestamp",
		 json_integer(9000), "sequencer", "E1112");
	is_about("/seen/nodes/0/answer/sync/head_l1/number", json_integer(3300),
		 "batcher", "E1113");
	is_about("/seen/l1/answer/output/next_block", json_integer(100),
		 "proposer", "E1115");
	is_about("/seen/expected/batcher",
		 json_string("0x00000000000000000000000000000000000000b1"),
		 "batcher", "E1118");
	is_about("/seen/expected/proposer",
		 json_string("0x00000000000000000000000000000000000000c1"),
		 "proposer", "E1119");
}

static void
money_and_keys(void **state UNUSED)
{
	finds("/seen/l1/answer/accounts/0/balance", json_string("0"), "E1116",
	      "op-batcher");
	finds("/seen/l1/answer/accounts/0/hours_left", json_integer(2), "W1117",
	      "op-batcher");
	finds("/seen/expected/batcher",
	      json_string("0x00000000000000000000000000000000000000b1"),
	      "E1118", "op-batcher");
	finds("/seen/expected/proposer",
	      json_string("0x00000000000000000000000000000000000000c1"),
	      "E1119", "op-proposer");
	finds("/seen/expected/signer",
	      json_string("0x00000000000000000000000000000000000000d1"),
	      "W1120", "op-node");
	finds("/seen/keys_in_args", json_pack("[s]", "op-batcher"), "W1146",
	      "op-batcher");
}

static void
processes(void **state UNUSED)
{
	json_t *list;

	finds("/procs/procs/1/state", json_string("failed"), "E1124",
	      "op-node");
	finds("/procs/procs/1/state", json_string("backoff"), "E1124",
	      "op-node");
	finds("/procs/procs/1/state", json_string("blocked"), "E1125",
	      "op-node");
	finds("/procs/procs/1/code", json_string("E0905"), "E1128", "op-node");
	finds("/procs/supervisor", json_null(), "E1126", "supervisor");
	finds("/procs/procs/1/log_free_bytes", json_integer(1000), "E1127",
	      "disk");
	finds("/procs/procs/1",
	      json_pack("{s:s, s:s, s:I, s:I}", "name", "op-node", "state",
			"ready", "volume_bytes", (json_int_t)10 << 30,
			"volume_free_bytes", (json_int_t)1 << 29),
	      "E1187", "op-node");
	finds("/procs/procs/1/pause",
	      json_pack("{s:b, s:b, s:i}", "asked", 1, "on", 1, "since", 9000),
	      "W1152", "op-node");
	finds("/procs/procs/1/failover",
	      json_pack("{s:s, s:i, s:i, s:s}", "group", "l1", "at", 2, "of", 2,
			"why", "'429' came"),
	      "W1155", "l1");
	list = findings_with("/procs/procs/1/failover",
			     json_pack("{s:s, s:i}", "group", "l1", "at", 1),
			     -1);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	list = findings_with("/procs/procs/1/pause",
			     json_pack("{s:b}", "asked", 1), -1);
	assert_true(jx_bool(json_array_get(list, 0), "note", false));
	json_decref(list);
	list = findings_with(NULL, NULL, 1 << 20);
	assert_string_equal(jx_str(json_array_get(list, 0), "code", ""),
			    "E1127");
	json_decref(list);
}

static void
pods(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "Unschedulable", "E1180" },
		{ "ErrImagePull", "E1181" },
		{ "ImagePullBackOff", "E1181" },
		{ "Terminating", "E1182" },
		{ "NodeLost", "E1182" },
		{ "Evicted", "E1183" },
		{ "OOMKilled", "E1184" },
		{ "CrashLoopBackOff", "E1185" },
		{ "CreateContainerError", "E1186" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++)
		finds("/procs/procs/2/pod",
		      json_pack("{s:s, s:s, s:s}", "name", "op-geth-0",
				"reason", cases[i][0], "message", "m"),
		      cases[i][1], "op-geth");
	finds("/procs/procs/2/drift", json_string("kubectl set spec.x"),
	      "W1308", "op-geth");
}

static void
sequencers_on_one_node(void **state UNUSED)
{
	static const char apart[] =
		"{'supervisor':{'pid':1},'procs':["
		"{'name':'c-1','state':'ready','note':{'role':'conductor'},"
		"'pod':{'name':'g-1-0','node':'n1'}},"
		"{'name':'n-1','state':'ready','note':{'role':'sequencer'},"
		"'pod':{'name':'g-1-0','node':'n1'}},"
		"{'name':'c-2','state':'ready','note':{'role':'conductor'},"
		"'pod':{'name':'g-2-0','node':'n2'}},"
		"{'name':'c-3','state':'ready','note':{'role':'conductor'},"
		"'pod':{'name':'g-3-0'}}]}";
	CLEANUP(put_json) json_t *procs = t_json(apart);
	struct health_input in = { .disk_free = -1 };
	json_t *list = findings_of(in, procs);

	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	json_object_set_new(
		json_object_get(
			json_array_get(json_object_get(procs, "procs"), 3),
			"pod"),
		"node", json_string("n2"));
	list = findings_of(in, procs);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(jx_str(json_array_get(list, 0), "code", ""),
			    "W1188");
	assert_string_equal(jx_str(json_array_get(list, 0), "what", ""), "n2");
	assert_non_null(strstr(jx_str(jx_at(list, "/0/evidence/0"), "said", ""),
			       "c-2 and c-3"));
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_reorgs_apart),
		cmocka_unit_test(notes_reorgs),
		cmocka_unit_test(a_window_that_ran_out),
		cmocka_unit_test(nothing_in_health),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(a_silent_da_server),
		cmocka_unit_test(a_server_of_others),
		cmocka_unit_test(a_batcher_without_pause),
		cmocka_unit_test(games_of_others),
		cmocka_unit_test(the_newest_output_is_of_another),
		cmocka_unit_test(what_is_over),
		cmocka_unit_test(heads_and_outputs),
		cmocka_unit_test(a_safe_head_that_was_set_back),
		cmocka_unit_test(forks_of_the_l1),
		cmocka_unit_test(roles_and_not_names),
		cmocka_unit_test(money_and_keys),
		cmocka_unit_test(processes),
		cmocka_unit_test(pods),
		cmocka_unit_test(sequencers_on_one_node),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
