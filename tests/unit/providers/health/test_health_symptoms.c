/* What node programs write when something known is wrong, as it was seen. */
#include "tests/unit/t.h"

#include <time.h>

#include "providers/health/symptoms.h"

#define T "t=2024-08-21T02:27:27+0000 lvl=error msg=\"it\" err=\""

#define FAILED                                                                 \
	"t=2026-11-28T21:46:00+0000 lvl=crit msg=\"Application failed\" "      \
	"message=\"failed to setup: unable to create the rollup node config: "

/* What programs wrote, and the code that it has. */
static const struct excerpt {
	enum process_role role;
	const char *line, *code;
} excerpts[] = {
	{ ROLE_SEQUENCER,
	  T "temp: failed to fetch receipts of L1 block 0x2c83:6465262: failed "
	    "batch-retrieval: 429 Too Many Requests: {\"error\":{\"code\":"
	    "-32005,\"message\":\"batch item count exceeded\"}}\"",
	  "E1102" },
	{ ROLE_SEQUENCER,
	  T "failed to fetch receipts of L1 block 0xba:9: 2 errors occurred:"
	    "\\n\\t* batch too large\\n\"",
	  "E1102" },
	{ ROLE_BATCHER, T "429 Too Many Requests: slow down\"", "E1103" },
	{ ROLE_PROPOSER, T "-32005: too many requests\"", "E1103" },
	{ ROLE_SEQUENCER, T "incorrect L1 RPC chain id 1, expected 5\"",
	  "E1122" },
	{ ROLE_SEQUENCER, T "incorrect L2 RPC chain id 1, expected 5\"",
	  "E1122" },
	{ ROLE_SEQUENCER,
	  T "failed to verify block hash: computed 0xa but RPC said "
	    "0xb\"",
	  "E1123" },
	{ ROLE_SEQUENCER,
	  T "failed to fetch header by num 821: failed to verify block hash: "
	    "computed 0x2b but RPC said 0x06\"",
	  "E1123" },
	/* as its last words */
	{ ROLE_SEQUENCER,
	  T "failed to get L1 genesis blockhash: failed to fetch header by num "
	    "3: failed to verify block hash: computed 0xa but RPC said 0xb\"",
	  "E1123" },
	{ ROLE_SEQUENCER, T "transaction type not supported\"", "E1123" },
	{ ROLE_BATCHER, T "insufficient gas for floor data gas cost\"",
	  "E1123" },
	{ ROLE_BATCHER, T "insufficient funds for gas * price + value\"",
	  "E1116" },
	{ ROLE_PROPOSER,
	  T "execution reverted: L2OutputOracle: only the "
	    "proposer address can propose new outputs\"",
	  "E1119" },
	{ ROLE_BATCHER, T "replacement transaction underpriced\"", "E1140" },
	{ ROLE_PROPOSER, T "nonce too low\"", "E1140" },
	{ ROLE_SEQUENCER, T "incorrect L2 genesis block hash 0xa\"", "E1121" },
	{ ROLE_SEQUENCER, T "incorrect L1 genesis block hash 0xa\"", "E1121" },
	{ ROLE_ENGINE,
	  "Fatal: Failed to write genesis block: database contains "
	  "incompatible genesis (have a, new b)",
	  "E1121" },
	{ ROLE_ENGINE,
	  "Fatal: incompatible state scheme, stored: path, "
	  "provided: hash",
	  "E1134" },
	{ ROLE_ENGINE,
	  "Fatal: Failed to register the Ethereum service: rlp: input list has "
	  "too many elements for rawdb.freezerTableMeta",
	  "E1160" },
	{ ROLE_SEQUENCER,
	  FAILED "failed to read chain spec: open : no such file or "
		 "directory\"",
	  "E1161" },
	{ ROLE_SEQUENCER,
	  FAILED "L1 chain config does not have a blob schedule config\"",
	  "E1161" },
	{ ROLE_SEQUENCER, FAILED "probably missing Pectra blob schedule\"",
	  "E1161" },
	{ ROLE_SEQUENCER, T "401 Unauthorized: signature is invalid\"",
	  "E1138" },
	{ ROLE_SEQUENCER, T "signature is invalid\"", "E1138" },
	{ ROLE_SEQUENCER,
	  "application failed: failed to decode rollup config: "
	  "json: unknown field \"channel_timeout_granite\"",
	  "E1130" },
	{ ROLE_SEQUENCER, T "cfg.Rollup.ChainOpConfig is nil\"", "E1130" },
	{ ROLE_SEQUENCER,
	  T "failed to get altDA config: missing "
	    "DAChallengeWindow\"",
	  "E1131" },
	{ ROLE_SEQUENCER,
	  T "failed to get altDA config: missing DAResolveWindow\"", "E1131" },
	{ ROLE_SEQUENCER, T "failed to get altDA config: no altDA config\"",
	  "E1131" },
	{ ROLE_SEQUENCER,
	  T "data for comm 0x0101 not available: data missing past "
	    "window\"",
	  "E1133" },
	{ ROLE_SEQUENCER, T "data for comm 0x0101 not available: not found\"",
	  "E1133" },
	{ ROLE_BATCHER,
	  "t=2024-08-21T02:27:27+0000 lvl=error msg=\"Failed to post input to "
	  "Alt DA\" error=\"json: cannot unmarshal number into Go value of "
	  "type string\"",
	  "E1132" },
	{ ROLE_BATCHER,
	  "failed to init channel config: max frame size 255999 "
	  "exceeds altDA max input size 130672",
	  "E1129" },
	{ ROLE_BATCHER,
	  "t=2024-08-21T02:27:27+0000 lvl=error msg=\"Failed to "
	  "post input to Alt DA\" error=\"connection refused\"",
	  "E1110" },
	{ ROLE_PROPOSER,
	  T "L2OutputOracle: block hash does not match the hash "
	    "at the expected height\"",
	  "E1115" },
	{ ROLE_PROPOSER, T "execution reverted: AnchorRootNotFound()\"",
	  "E1135" },
	{ ROLE_PROPOSER, T "execution reverted, data: \\\"0x6a6bc3b2\\\"\"",
	  "E1135" },
	{ ROLE_PROPOSER, T "execution reverted: 0xd386ef3e\"", "E1143" },
	{ ROLE_PROPOSER, T "execution reverted: 0x031c6de4\"", "E1143" },
	{ ROLE_PROPOSER, T "execution reverted: 0x8620aa19\"", "E1143" },
	{ ROLE_CHALLENGER,
	  T "failed to validate prestate: cannon absolute "
	    "prestate does not match\"",
	  "E1136" },
	{ ROLE_CHALLENGER,
	  T "open op-program/bin/prestate.json: no such file "
	    "or directory\"",
	  "E1136" },
	{ ROLE_CHALLENGER,
	  T "failed to get safe head at L1 block 0xa:1: safe "
	    "head database not enabled\"",
	  "E1137" },
	{ ROLE_CHALLENGER,
	  "t=2024-08-21T02:27:27+0000 lvl=error msg=\"Failed "
	  "to resolve claims\" err=\"reverted\"",
	  "W1145" },
	{ ROLE_PROPOSER, "panic: close of closed channel", "E1139" },
	{ ROLE_BATCHER,
	  T "listen tcp 0.0.0.0:7300: bind: address already in "
	    "use\"",
	  "E1128" },
	{ ROLE_BATCHER, "channel timeout is less than the safety margin",
	  "E1141" },
	{ ROLE_BATCHER,
	  T "SetMaxDASize RPC method unavailable on endpoint, "
	    "shutting down\"",
	  "E1142" },
	{ ROLE_ENGINE, "Fatal: write /d: no space left on device", "E1127" },
	{ ROLE_PROPOSER,
	  "t=2024-08-21T02:27:27+0000 lvl=info msg=\"loop returning\"",
	  "E1139" },
	{ ROLE_SEQUENCER,
	  T "failed to get L2 genesis blockhash: expected L2 genesis hash to "
	    "match L2 block at genesis block number 0: 0x80 <> 0xab\"",
	  "E1121" },
	{ ROLE_SEQUENCER,
	  "t=2024-08-21T02:27:27+0000 lvl=warn msg=\"data not found for the "
	  "given commitment\" comm=01ff117383edd90b status=0 block=16",
	  "E1133" },
	{ ROLE_SEQUENCER,
	  T "random field does not match. expected: 0x6c. got: "
	    "0xe8\"",
	  "W1107" },
};

static json_t *
hits_of(enum process_role role, const char *log, int64_t since)
{
	json_t *hits = json_object();

	symptoms_scan("mine", role, log, strlen(log), since, hits);
	return hits;
}

static void
knows_what_programs_write(void **state UNUSED)
{
	bool seen[128] = { false };
	size_t i;

	for (i = 0; i < COUNTOF(excerpts); i++) {
		const struct excerpt *x = &excerpts[i];
		json_t *hits = hits_of(x->role, x->line, 0);

		if (!json_object_get(hits, x->code))
			print_error("# '%s' is not %s\n", x->line, x->code);
		assert_int_equal(json_object_size(hits), 1);
		assert_int_equal(jx_int(jx_get(hits, x->code), "count", 0), 1);
		assert_non_null(diag_code_find(x->code));
		json_decref(hits);
	}
	/* ... and each row of the table is one of them. */
	for (i = 0; i < COUNTOF(excerpts); i++)
		for (size_t k = 0; k < nsymptoms; k++)
			if (strstr(excerpts[i].line, symptoms[k].text) &&
			    (!symptoms[k].also ||
			     strstr(excerpts[i].line, symptoms[k].also)))
				seen[k] = true;
	assert_true(nsymptoms < COUNTOF(seen));
	for (size_t k = 0; k < nsymptoms; k++) {
		if (!seen[k])
			print_error("# no excerpt for '%s'\n",
				    symptoms[k].text);
		assert_true(seen[k]);
	}
}

static void
of_its_role_only(void **state UNUSED)
{
	json_t *hits = hits_of(ROLE_L1, T "nonce too low\"", 0);

	assert_int_equal(json_object_size(hits), 0);
	json_decref(hits);
	hits = hits_of(ROLE_NONE, T "nonce too low\"", 0);
	assert_int_equal(json_object_size(hits), 0);
	json_decref(hits);
}

/* The cure names the process, whatever that is called. */
static void
names_the_process(void **state UNUSED)
{
	json_t *hits =
		hits_of(ROLE_PROPOSER, "panic: close of closed channel", 0);

	assert_non_null(strstr(jx_str(jx_get(hits, "E1139"), "cure", ""),
			       "'opl2 restart mine'"));
	json_decref(hits);
}

static void
keeps_the_newest_and_counts(void **state UNUSED)
{
	const char *log =
		"t=2024-08-21T02:00:00+0000 msg=a err=\"nonce too low\"\n"
		"t=2024-08-21T03:00:00+0000 msg=b err=\"nonce too low\"\n"
		"goroutine without a time: nonce too low\n"
		"t=2024-08-21T03:00:10+0000 msg=fine\n";
	json_t *hits = hits_of(ROLE_BATCHER, log, 1724208000 + 600);
	const json_t *hit = jx_get(hits, "E1140");

	/* 02:00 is too old; the line without a time is of 03:00. */
	assert_int_equal(jx_int(hit, "count", 0), 2);
	assert_int_equal(jx_int(hit, "time", 0), 1724209200);
	assert_string_equal(jx_str(hit, "line", ""),
			    "goroutine without a time: nonce too low");
	json_decref(hits);
}

#define TOO_NEW                                                                \
	"Fatal: Failed to register the Ethereum service: rlp: input list has " \
	"too many elements for rawdb.freezerTableMeta\n"
#define POOR T "insufficient funds for gas * price + value\"\n"
#define GOING                                                                  \
	"t=2024-08-21T02:27:28+0000 lvl=info msg=\"Transaction confirmed\"\n"

/* What a program has got over, by its own word, is no finding any more. */
static void
is_over_when_it_goes_on(void **state UNUSED)
{
	json_t *hits = hits_of(ROLE_BATCHER, POOR GOING, 0);

	assert_int_equal(json_object_size(hits), 0);
	json_decref(hits);
	hits = hits_of(ROLE_BATCHER, GOING POOR, 0);
	assert_non_null(json_object_get(hits, "E1116"));
	/* Another one's ether is not its own. */
	symptoms_scan("other", ROLE_PROPOSER, GOING, strlen(GOING), 0, hits);
	assert_non_null(json_object_get(hits, "E1116"));
	json_decref(hits);
	/* geth opens its database before it serves anything. */
	hits = hits_of(ROLE_ENGINE,
		       TOO_NEW "INFO [08-21|02:27:28.5] HTTP server "
			       "started endpoint=127.0.0.1:1\n",
		       0);
	assert_int_equal(json_object_size(hits), 0);
	json_decref(hits);
	hits = hits_of(ROLE_SEQUENCER,
		       FAILED "probably missing Pectra blob schedule\"\n" T
			      "Rollup node started\"\n",
		       0);
	assert_int_equal(json_object_size(hits), 0);
	json_decref(hits);
	/* Two programs with one key get on by turns. */
	hits = hits_of(ROLE_BATCHER, T "nonce too low\"\n" GOING, 0);
	assert_non_null(json_object_get(hits, "E1140"));
	json_decref(hits);
}

static void
reads_times(void **state UNUSED)
{
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(
		log_line_time("t=2024-08-21T02:27:27+0000 x", 1724300000),
		1724207247);
	assert_int_equal(
		log_line_time("INFO [08-21|02:27:27.500] x", 1724300000),
		1724207247);
	assert_int_equal(log_line_time("WARN [08-2", 1724300000), 0);
	assert_int_equal(log_line_time("t=2024-08-21T", 1724300000), 0);
	assert_int_equal(log_line_time("Fatal: no", 1724300000), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_programs_write),
		cmocka_unit_test(of_its_role_only),
		cmocka_unit_test(names_the_process),
		cmocka_unit_test(keeps_the_newest_and_counts),
		cmocka_unit_test(is_over_when_it_goes_on),
		cmocka_unit_test(reads_times),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
