/* When a chain that something is waited for counts as standing still. */
#include "tests/unit/t.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_after_a_while),
		cmocka_unit_test(each_block_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
