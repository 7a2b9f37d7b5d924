/* What a transaction that is not mined may come to cost. */
#include "tests/unit/t.h"

#include "providers/clients/send/sender_int.h"

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

static uint64_t
price(const struct send_policy *p, uint64_t base, bool waits)
{
	struct u256 b = u256_from(base), tip = u256_from(GWEI);
	struct fees f;

	fees_for(p, &b, &tip, &f);
	assert_int_equal(f.too_dear, waits);
	return f.price.w[0];
}

static void
a_price_has_a_quarter_on_top(void **state UNUSED)
{
	const struct send_policy p = { 0 };

	assert_int_equal(price(&p, 30ull * GWEI, false), 38750000000);
}

/* What is waited for is not paid for. */
static void
a_price_goes_by_the_limits(void **state UNUSED)
{
	const struct send_policy base = { .max_base_fee = { { 6ull * GWEI } } };
	const struct send_policy all = { .max_fee = { { 9ull * GWEI } } };

	assert_int_equal(price(&base, 4ull * GWEI, false), 6250000000);
	assert_int_equal(price(&base, 5ull * GWEI, false), 7250000000);
	assert_int_equal(price(&base, 6ull * GWEI, false), 7250000000);
	assert_int_equal(price(&base, 8ull * GWEI, true), 7250000000);
	assert_int_equal(price(&base, 800ull * GWEI, true), 7250000000);
	assert_int_equal(price(&all, 4ull * GWEI, false), 6250000000);
	assert_int_equal(price(&all, 80ull * GWEI, true), 9000000000);
}

static void
nothing_is_bumped_while_it_is_waited(void **state UNUSED)
{
	const struct send_policy p = { .max_base_fee = { { 6ull * GWEI } } };
	const struct ledger_version v = { .max_fee = { { GWEI } },
					  .priority = { { GWEI } } };
	struct u256 base = u256_from(8ull * GWEI), max_fee, priority;
	struct fees f;

	fees_for(&p, &base, &now.priority, &f);
	assert_false(fees_bump(&p, &f, &v, &max_fee, &priority));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bump_ends_at_the_specs_max_fee),
		cmocka_unit_test(a_bump_ends_without_one_too),
		cmocka_unit_test(a_price_has_a_quarter_on_top),
		cmocka_unit_test(a_price_goes_by_the_limits),
		cmocka_unit_test(nothing_is_bumped_while_it_is_waited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
