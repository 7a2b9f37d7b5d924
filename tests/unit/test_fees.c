/* What a transaction that is not mined may come to cost. */
#include "tests/unit/t.h"

#include "providers/lib/sender_int.h"

#define GWEI 1000000000u

static const struct fees now = {
	.base = { { GWEI } },
	.priority = { { GWEI } },
	.cap = { { 3ull * GWEI } },
};

/* Bumps until it is refused; the last max_fee that was allowed. */
static uint64_t
bump_to_the_end(const struct send_policy *p, unsigned *times)
{
	struct ledger_version v = { .max_fee = now.cap,
				    .priority = now.priority };
	struct u256 max_fee, priority;
	uint64_t last = 0;

	for (*times = 0; *times < 1000; ++*times) {
		if (!fees_bump(p, &now, &v, &max_fee, &priority))
			break;
		/* A pool takes a replacement that pays a tenth more. */
		assert_true(max_fee.w[0] >= v.max_fee.w[0] / 10 * 11);
		assert_true(priority.w[0] >= v.priority.w[0] / 10 * 11);
		v.max_fee = max_fee;
		v.priority = priority;
		last = max_fee.w[0];
	}
	return last;
}

static void
a_bump_ends_at_the_specs_max_fee(void **state UNUSED)
{
	struct send_policy p = { .max_fee = { { 5ull * GWEI } } };
	unsigned times;

	assert_in_range(bump_to_the_end(&p, &times), 4ull * GWEI, 5ull * GWEI);
	assert_in_range(times, 2, 10);
}

static void
a_bump_ends_without_one_too(void **state UNUSED)
{
	struct send_policy p = { 0 };
	unsigned times;

	assert_in_range(bump_to_the_end(&p, &times), 9ull * GWEI, 12ull * GWEI);
	assert_in_range(times, 5, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bump_ends_at_the_specs_max_fee),
		cmocka_unit_test(a_bump_ends_without_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
