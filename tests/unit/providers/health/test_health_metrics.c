#include "tests/unit/t.h"

#include "providers/health/metrics.h"
#include "providers/health/view.h"

static const char *const users[] = {
	"examples/monitoring/opl2.rules.yml",
	"examples/monitoring/grafana/chain.json",
	"examples/monitoring/grafana/money.json",
	"examples/monitoring/grafana/processes.json",
};

/* A chain with one of everything, seen at 10000. */
static const char seen_text[] =
	"{'now': 10000,"
	" 'l1': {'answer': {"
	"  'latest': {'number': 500, 'time': 9990},"
	"  'finalized': {'number': 430, 'time': 9150},"
	"  'accounts': [{'address': '0xb', 'balance': '1500000000000000000',"
	"   'hours_left': 100, 'burn_per_day': '360000000000000000'},"
	"   {'address': '0xp', 'balance': '7', 'hours_left': 9000000000000,"
	"    'burn_per_day': '1'}],"
	"  'fork': 'osaka', 'next_fork': 'amsterdam',"
	"  'next_fork_time': 2000000,"
	"  'sent': {'block': 498, 'time': 9966}, 'looked_back': 120,"
	"  'output': {'kind': 'oracle', 'count': 3, 'index': 2,"
	"   'block': 360, 'root': '0xAB', 'time': 9900, 'next_block': 430}}},"
	" 'computed': {'answer': {'output_root': '0xab'}},"
	" 'proposals': {'kind': 'oracle', 'interval_s': 0},"
	" 'programs': 'v1.13.7',"
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
	" 'conductors': [{'name': 'op-conductor', 'node': 'op-node', 'answer': "
	"{"
	"   'leads': true, 'healthy': true, 'paused': false, 'servers': ["
	"    {'id': 's1', 'addr': 'a:1', 'suffrage': 0}]}}],"
	" 'engines': [{'name': 'op-geth', 'error': 'no \\'answer\\''},"
	"  {'name': 'replica-1/op-geth', 'stopped': true}],"
	" 'l2_forks': {'holocene': 9000, 'isthmus': 20000},"
	" 'expected': {'genesis': '0xaa', 'l2_chain_id': 42069},"
	" 'da': {'name': 'da-server', 'answer': {'status': 404, 'ms': 3}}}";

static const char status_text[] =
	"{'supervisor': {'pid': 1, 'rss_bytes': 4096},"
	" 'procs': [{'name': 'op-node', 'state': 'ready', 'desired': 'up',"
	"  'ready': true, 'pid': 7, 'hold': false, 'stale': true,"
	"  'restarts': 2, 'since': 9000, 'rss_bytes': 8192, 'cpu_ms': 61500,"
	"  'log_free_bytes': 5000000000, 'volume_bytes': 80000,"
	"  'volume_free_bytes': 40000, 'last_exit': {"
	"   'text': 'said \\'no\\\\\\n', 'at': 8999},"
	"  'failover': {'group': 'l1', 'at': 2, 'of': 3, 'turns': 4}},"
	"  {'name': 'op-batcher', 'state': 'backoff', 'desired': 'up',"
	"  'ready': false, 'hold': false, 'stale': false, 'restarts': 1,"
	"  'pause': {'asked': false, 'outage': 'gone', 'on': false}}]}";

/* ' stands for ", except after a backslash. */
static json_t *
parsed(const char *from)
{
	char *text = xstrdup(from), *c;
	json_t *j;

	for (c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	j = jx_parse(text, strlen(text), "test", NULL);
	assert_non_null(j);
	free(text);
	return j;
}

static char *
metrics_of(const char *status, const char *seen)
{
	json_t *answer = parsed(status), *s = seen ? parsed(seen) : NULL;
	json_t *view = s ? health_view(s) : NULL;
	struct runtime_status *st = runtime_status_decode(answer);
	struct health_metrics in = { .version = "1.2",
				     .status = st,
				     .seen = s,
				     .view = view,
				     .now = 10000 };
	struct buf b = BUF_INIT(1 << 20);

	health_metrics(&in, &b);
	runtime_status_free(st);
	json_decref(answer);
	json_decref(s);
	json_decref(view);
	return buf_take(&b);
}

static void
has_line(const char *text, const char *line)
{
	CLEANUP(freep) char *whole = xasprintf("\n%s\n", line);

	if (!strstr(text, whole))
		print_error("# no line '%s' in\n%s", line, text);
	assert_non_null(strstr(text, whole));
}

static void
says_what_is_seen(void **state UNUSED)
{
	static const char *const lines[] = {
		"# TYPE opl2_process_restarts_total counter",
		"opl2_build_info{version=\"1.2\"} 1",
		"opl2_chain_info{l2_chain_id=\"42069\",genesis=\"0xaa\"} 1",
		"opl2_look_timestamp_seconds 10000",
		"opl2_healthy 0",
		"opl2_problems 1",
		"opl2_supervisor_up 1",
		"opl2_process_up{process=\"op-node\"} 1",
		"opl2_process_up{process=\"op-batcher\"} 0",
		"opl2_process_desired_up{process=\"op-batcher\"} 1",
		"opl2_process_state{process=\"op-batcher\",state=\"backoff\"} "
		"1",
		"opl2_process_state{process=\"op-batcher\",state=\"ready\"} 0",
		"opl2_process_cpu_seconds_total{process=\"op-node\"} 61.500",
		"opl2_process_stale{process=\"op-node\"} 1",
		"opl2_process_start_time_seconds{process=\"op-node\"} 9000",
		"opl2_process_last_exit_info{process=\"op-node\","
		"how=\"said \\\"no\\\\\\n\"} 1",
		"opl2_process_pause_wanted{process=\"op-batcher\","
		"by=\"outage\"} 1",
		"opl2_process_paused{process=\"op-batcher\"} 0",
		"opl2_process_server_index{process=\"op-node\"} 2",
		"opl2_process_failovers_total{process=\"op-node\"} 4",
		"opl2_endpoint_up{endpoint=\"l1\"} 1",
		"opl2_endpoint_up{endpoint=\"op-geth\"} 0",
		"opl2_da_response_seconds 0.003",
		"opl2_peers{process=\"op-node\"} 4",
		"opl2_sequencer_leads{process=\"op-conductor\"} 1",
		"opl2_sequencer_healthy{process=\"op-conductor\"} 1",
		"opl2_sequencer_voters 1",
		"opl2_head_block_number{head=\"safe\"} 440",
		"opl2_head_timestamp_seconds{head=\"safe\"} 9938",
		"opl2_head_lag_seconds{head=\"safe\"} 62",
		"opl2_l1_fork_follow 1",
		"opl2_l1_next_fork_time_seconds{fork=\"amsterdam\","
		"followed=\"0\"} 2000000",
		"opl2_replica_behind_blocks{process=\"replica-1/op-node\"} 9",
		"opl2_l2_fork_time_seconds{fork=\"isthmus\"} 20000",
		"opl2_batch_last_age_seconds 34",
		"opl2_batch_waiting_blocks 30",
		"opl2_sequencing_window_left_ratio 0.990",
		"opl2_output_info{kind=\"oracle\"} 1",
		"opl2_output_matches 1",
		"opl2_output_due_seconds 0",
		"opl2_output_overdue_seconds 20",
		"opl2_account_balance_ether{process=\"op-batcher\","
		"role=\"batcher\",address=\"0xb\"} 1.5",
		"opl2_account_lasts_seconds{process=\"op-batcher\","
		"role=\"batcher\",address=\"0xb\"} 360000",
		/* no more than a century */
		"opl2_account_lasts_seconds{process=\"op-proposer\","
		"role=\"proposer\",address=\"0xp\"} 3153600000",
	};
	CLEANUP(freep) char *text = metrics_of(status_text, seen_text);

	for (size_t i = 0; i < COUNTOF(lines); i++)
		has_line(text, lines[i]);
	/* what is stopped, not there, or not known */
	assert_null(strstr(text, "replica-1/op-geth"));
	assert_null(strstr(text, "head=\"finalized\""));
	assert_null(strstr(text, "opl2_process_paused{process=\"op-node\""));
}

/* Each family is whole: its help, its type, its samples, once. */
static void
families_are_whole(void **state UNUSED)
{
	CLEANUP(freep) char *text = metrics_of(status_text, seen_text);
	char *save = NULL, *line, *name = NULL;
	size_t families = 0;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# HELP ", 7)) {
			if (!strncmp(line, "# TYPE ", 7))
				line += 7;
			assert_memory_equal(line, name, strlen(name));
			assert_non_null(strchr(" {", line[strlen(name)]));
			continue;
		}
		free(name);
		name = xstrndup(line + 7, strcspn(line + 7, " "));
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_12"),
				 strlen(name));
		families++;
	}
	free(name);
	assert_true(families > 40);
}

static void
without_a_chain_there_are_processes(void **state UNUSED)
{
	CLEANUP(freep)
	char *text = metrics_of("{'procs': [], 'supervisor': null}", NULL);

	has_line(text, "opl2_supervisor_up 0");
	has_line(text, "opl2_look_timestamp_seconds 10000");
	assert_null(strstr(text, "opl2_head"));
	assert_null(strstr(text, "opl2_problems"));
}

static size_t
known_names(const char *file, const char *text)
{
	struct buf b = BUF_INIT(1 << 20);
	struct diags ds;
	const char *p;
	size_t names = 0;

	diags_init(&ds);
	assert_int_equal(file_read(file, &b, &ds), 0);
	for (p = buf_str(&b); (p = strstr(p, "opl2_")); p++) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_12");
		CLEANUP(freep)
		char *type = xasprintf("# TYPE %.*s ", (int)n, p);

		if (!strstr(text, type))
			print_error("# %s: %s is exported by nobody\n", file,
				    type + 7);
		assert_non_null(strstr(text, type));
		names++;
	}
	buf_done(&b);
	diags_done(&ds);
	return names;
}

/* What alerts and dashboards go by is what is exported: an alert on a metric of
 * another name would never fire. */
static void
their_users_know_the_names(void **state UNUSED)
{
	CLEANUP(freep) char *text = metrics_of(status_text, seen_text);

	for (size_t i = 0; i < COUNTOF(users); i++)
		assert_true(known_names(users[i], text) >= 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_seen),
		cmocka_unit_test(families_are_whole),
		cmocka_unit_test(without_a_chain_there_are_processes),
		cmocka_unit_test(their_users_know_the_names),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
