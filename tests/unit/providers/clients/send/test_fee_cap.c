/* What a node's cap on the fee of a transaction leaves. */
#include "tests/unit/t.h"

#include "engine/base/units.h"
#include "providers/clients/send/fee_cap.h"

static void
of_words_of_nodes(void **state UNUSED)
{
	static const struct {
		const char *text, *cap;
	} cases[] = {
		{ "tx fee (1.21 ether) exceeds the configured cap (1.00 ether)",
		  "0.995eth" },
		{ "tx fee (3.00 ether) exceeds the configured cap (0.50 ether)",
		  "0.495eth" },
		{ "rejected: Tx fee (0.02 ether) exceeds the configured cap "
		  "(0.00 ether)",
		  "0.005eth" },
		{ "tx fee (2000000000000000000 wei) exceeds the configured cap "
		  "(1000000000000000000 wei)",
		  "1eth" },
		{ "tx fee exceeds the configured cap", NULL },
		{ "tx fee (1 ether) exceeds the configured cap ( ether)",
		  NULL },
		{ "tx fee (1 ether) exceeds the configured cap (1..0 ether)",
		  NULL },
		{ "tx fee (1 ether) exceeds the configured cap (1.00 gwei)",
		  NULL },
		{ "exceeds block gas limit", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		struct u256 cap = u256_from(7);
		char text[96];
		bool said = fee_cap_said(cases[i].text, &cap);

		wei_format(&cap, text, sizeof(text));
		assert_int_equal(said, cases[i].cap != NULL);
		assert_string_equal(text, said ? cases[i].cap : "7wei");
	}
}

static void
as_much_as_fits(void **state UNUSED)
{
	struct u256 cap = u256_from(1000), least = u256_from(9), fee;

	assert_true(fee_cap_fit(&cap, 100, &least, &fee));
	assert_int_equal(fee.w[0], 10);
	assert_true(fee_cap_fit(&cap, 111, &least, &fee));
	assert_int_equal(fee.w[0], 9);
	assert_false(fee_cap_fit(&cap, 112, &least, &fee));
	assert_false(fee_cap_fit(&cap, 0, &least, &fee));
}

/* The largest transaction of op-contracts/v7.0.0 on Amsterdam, with a margin
 * of 30 per cent, could be sent below about 12 gwei. */
static void
base_fee_of_the_default(void **state UNUSED)
{
	struct u256 tip = u256_from(100000000), base, none;
	struct u256 huge = u256_from(UINT64_MAX);

	base = fee_cap_base(71783268, &tip);
	assert_in_range(base.w[0], 12200000000, 12400000000);
	none = fee_cap_base(71783268, &huge);
	assert_true(u256_is_zero(&none));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_words_of_nodes),
		cmocka_unit_test(as_much_as_fits),
		cmocka_unit_test(base_fee_of_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
