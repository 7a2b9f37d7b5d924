#include "tests/unit/t.h"

#include "providers/page/record.h"

#define NOW 2000000

static char path[256];

static int
record_setup(void **state)
{
	mem_init();
	*state = t_mkdir_ram();
	snprintf(path, sizeof(path), "%s/ring", (char *)*state);
	return 0;
}

static void
open_ring(struct ring *r)
{
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(ring_open(r, path, RECORD_VERSION, RECORD_BYTES,
				   RECORD_COUNT, "E1403", &ds),
			 0);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* A record that is known by its L1 head. */
static void
add(struct ring *ring, int64_t at, int64_t l1)
{
	uint8_t bytes[RECORD_BYTES];
	struct record r;
	CLEANUP(put_json)
	json_t *seen = json_pack("{s:I, s:{s:{s:{s:I, s:i}}}}", "at",
				 (json_int_t)at, "chain", "heads", "l1",
				 "number", (json_int_t)l1, "lag_s", 5);

	record_of(seen, &r);
	record_encode(&r, bytes);
	assert_int_equal(ring_add(ring, bytes), 0);
}

static void
is(const struct ring *r, int64_t since, int64_t now, const char *pointer,
   const char *want)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(1 << 20);
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(put_json) json_t *w = t_json(want);

	record_history(r, since, now, &text);
	j = json_loads(buf_str(&text), 0, NULL);
	if (json_equal(jx_at(j, pointer), w))
		return;
	print_error("# %s is not %s in %s\n", pointer, want, buf_str(&text));
	fail();
}

static void
all_of_a_look(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *seen = t_json(
		"{'at': 1000, 'chain': {"
		"'heads': {'l1': {'number': 500, 'lag_s': 3},"
		" 'unsafe': {'number': 90, 'lag_s': 1},"
		" 'safe': {'number': 80, 'lag_s': 21}},"
		"'batches': {'window_left_percent': 97,"
		" 'last': {'block': 499, 'age_s': 15}},"
		"'output': {'index': 4, 'age_s': 100},"
		"'balances': [{'address': "
		"'0x976EA74026E726554dB657fA54763abd0C3a0aa9',"
		" 'wei': '1500000000999999999'},"
		" {'address': 'none', 'wei': '1'},"
		" {'address': '0x14dC79964da2C08b23698B3D3cc7Ca32193d9955',"
		" 'wei': '7'}]},"
		"'processes': [{'ready': true, 'restarts': 2},"
		" {'ready': false, 'restarts': 1}],"
		"'findings': [{'code': 'E1'}, {'code': 'W2', 'note': true}]}");
	uint8_t bytes[RECORD_BYTES], again[RECORD_BYTES];
	struct record r, back;

	record_of(seen, &r);
	record_encode(&r, bytes);
	record_decode(bytes, &back);
	record_encode(&back, again);
	assert_memory_equal(bytes, again, sizeof(bytes));
	assert_int_equal(back.at, 1000);
	assert_int_equal(back.number[RECORD_L1], 500);
	assert_int_equal(back.lag_s[RECORD_SAFE], 21);
	assert_int_equal(back.number[RECORD_FINALIZED], -1);
	assert_int_equal(back.window, 97);
	assert_int_equal(back.batch_block, 499);
	assert_int_equal(back.batch_at, 985);
	assert_int_equal(back.output_index, 4);
	assert_int_equal(back.output_at, 900);
	assert_int_equal(back.ready, 1);
	assert_int_equal(back.processes, 2);
	assert_int_equal(back.restarts, 3);
	assert_int_equal(back.findings, 1);
	assert_int_equal(back.accounts[0].gwei, 1500000000);
	assert_int_equal(back.accounts[1].gwei, 0);
	assert_int_equal(back.accounts[1].address[0], 0x14);
	assert_int_equal(back.accounts[2].gwei, -1);
}

static void
series(void **state UNUSED)
{
	struct ring r;

	open_ring(&r);
	add(&r, NOW - 90000, 1); /* of the day before */
	add(&r, NOW - 60, 2);
	add(&r, NOW - 30, 3);
	add(&r, NOW, 4);
	is(&r, 0, NOW, "/l1", "[2, 3, 4]");
	is(&r, 0, NOW, "/l1_lag", "[5, 5, 5]");
	is(&r, 0, NOW, "/safe", "[null, null, null]");
	is(&r, 0, NOW, "/accounts", "{}");
	is(&r, NOW - 60, NOW, "/l1", "[3, 4]");
	is(&r, NOW, NOW, "/at", "[]");
	ring_close(&r);
}

/* What was recorded by a clock that went wrong is not shown, and neither hides
 * what came after nor is in the way of it. */
static void
clock_goes_back(void **state UNUSED)
{
	struct ring r;

	open_ring(&r);
	add(&r, NOW - 90, 1);
	add(&r, NOW + 5000, 2);
	add(&r, NOW + 5030, 3);
	add(&r, NOW - 60, 4);
	add(&r, NOW - 30, 5);
	is(&r, 0, NOW, "/l1", "[1, 4, 5]");
	/* Set back by less than what is shown: the newer record counts. */
	add(&r, NOW - 70, 6);
	is(&r, 0, NOW, "/l1", "[1, 6]");
	ring_close(&r);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, record_setup, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_a_look),
		TEST(series),
		TEST(clock_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
