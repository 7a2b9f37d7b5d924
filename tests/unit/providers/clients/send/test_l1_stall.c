/* When a chain that something is waited for counts as standing still. */
#include "tests/unit/t.h"

#include "engine/base/clock.h"
#include "providers/clients/http/http.h"
#include "providers/clients/send/l1_stall.h"

static void
only_after_a_while(void **state UNUSED)
{
	struct l1_stall s = { 0 };
	const uint64_t began = 1000;

	assert_false(l1_stall_seen(&s, 7, began));
	assert_false(l1_stall_seen(&s, 7, began + STANDSTILL_MS - 1));
	assert_true(l1_stall_seen(&s, 7, began + STANDSTILL_MS));
}

static void
each_block_begins_anew(void **state UNUSED)
{
	struct l1_stall s = { 0 };

	assert_false(l1_stall_seen(&s, 7, 1));
	assert_false(l1_stall_seen(&s, 8, STANDSTILL_MS));
	assert_false(l1_stall_seen(&s, 8, STANDSTILL_MS + 1));
	/* One that went back is another one too. */
	assert_false(l1_stall_seen(&s, 6, 3 * (uint64_t)STANDSTILL_MS));
	assert_true(l1_stall_seen(&s, 6, 4 * (uint64_t)STANDSTILL_MS));
}

/* A node that does not answer makes no block known: who waits is told. */
static void
silence_is_no_block(void **state UNUSED)
{
	const struct rpc_options o = { .urls = { "http://127.0.0.1:1" },
				       .tries = 1 };
	struct l1_stall s = { .at = 7, .since_ms = mono_ms() };
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct effect_ctx ctx = { 0 };
	struct diags ds;

	diags_init(&ds);
	http_init(&ds);
	rpc = rpc_new(&o);
	ctx.ds = &ds;
	assert_int_equal(l1_stall_poll(&s, &ctx, rpc, "L2"), OC_OK);
	t_no_errors(&ds);
	s.since_ms -= STANDSTILL_MS;
	assert_int_equal(l1_stall_poll(&s, &ctx, rpc, "L2"), OC_FAIL);
	t_error(&ds, "E0884",
		"the L2 has made no block for 5 minutes: its "
		"newest is 7");
	assert_non_null(strstr(ds.last->hint, "rerunning"));
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_after_a_while),
		cmocka_unit_test(each_block_begins_anew),
		cmocka_unit_test(silence_is_no_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
