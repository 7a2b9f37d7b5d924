#include "tests/unit/t.h"

#include "providers/clients/evm/contracts_check.h"

/* What a contract answers against what a deploy config says. */

#define ZEROS   "000000000000000000000000"
#define BATCHER "b5e8e707cca1f37ef4bdfa52b513e391c722cfc7"

static bool
is(json_t *want, const char *word)
{
	json_t *w = json_string(word);
	bool same = contract_word_is(want, w);

	json_decref(want);
	json_decref(w);
	return same;
}

static void
addresses_in_any_case(void **state UNUSED)
{
	assert_true(
		is(json_string("0xb5E8E707cCa1F37ef4bdFa52B513E391c722cFc7"),
		   "0x" ZEROS BATCHER));
	assert_false(
		is(json_string("0xb5E8E707cCa1F37ef4bdFa52B513E391c722cFc8"),
		   "0x" ZEROS BATCHER));
}

static void
numbers_and_hex_numbers(void **state UNUSED)
{
	static const char gas[] = "0x" ZEROS ZEROS "0000000001c9c380";

	assert_true(is(json_string("0x1c9c380"), gas));
	assert_true(is(json_integer(30000000), gas));
	assert_false(is(json_integer(30000001), gas));
	assert_false(is(json_integer(-1), gas));
}

static void
yes_and_no(void **state UNUSED)
{
	static const char yes[] = "0x" ZEROS ZEROS "0000000000000001";
	static const char no[] = "0x" ZEROS ZEROS "0000000000000000";

	assert_true(is(json_true(), yes));
	assert_true(is(json_false(), no));
	assert_false(is(json_true(), no));
	assert_false(is(json_false(), yes));
}

static void
what_is_no_word_is_never_right(void **state UNUSED)
{
	assert_false(is(json_integer(0), "0x"));
	assert_false(is(json_integer(0), ""));
	assert_false(is(json_null(), "0x" ZEROS ZEROS "0000000000000000"));
	assert_false(is(json_string("0x" BATCHER), "0x" ZEROS BATCHER "00"));
	assert_false(contract_word_is(json_true(), NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_in_any_case),
		cmocka_unit_test(numbers_and_hex_numbers),
		cmocka_unit_test(yes_and_no),
		cmocka_unit_test(what_is_no_word_is_never_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
