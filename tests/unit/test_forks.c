/* The table of forks: what a header shows, and what follows from it. */
#include "tests/unit/t.h"

#include <limits.h>

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "providers/forks.h"

#define LONDON "'number':'0x1','hash':'0x2','miner':'0x3','baseFeePerGas':'0x7'"
#define CANCUN                                                                 \
	LONDON ",'withdrawalsRoot':'0x1','withdrawals':[],"                    \
	       "'blobGasUsed':'0x0','excessBlobGas':'0x0',"                    \
	       "'parentBeaconBlockRoot':'0x1'"
#define AMSTERDAM                                                              \
	CANCUN ",'requestsHash':'0x1','blockAccessListHash':'0x1',"            \
	       "'slotNumber':'0x0'"

static const struct {
	const char *block, *fork, *field;
} headers[] = {
	{ "{" LONDON "}", "london", NULL },
	{ "{" LONDON ",'requestsHash':null}", "london", NULL },
	{ "{" LONDON ",'withdrawalsRoot':'0x1'}", "shanghai", NULL },
	{ "{" CANCUN "}", "cancun", NULL },
	{ "{" CANCUN ",'requestsHash':'0x1'}", "prague", NULL },
	{ "{" AMSTERDAM "}", "amsterdam", NULL },
	/* Either of the two proves it. */
	{ "{" CANCUN ",'requestsHash':'0x1','slotNumber':'0x0'}", "amsterdam",
	  NULL },
	{ "{" AMSTERDAM ",'frameRoot':'0x1'}", FORK_NEWER, "frameRoot" },
	{ "{" LONDON ",'frameRoot':'0x1'}", FORK_NEWER, "frameRoot" },
};

static void
test_headers(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(headers); i++) {
		json_t *block = t_json(headers[i].block);
		const char *field = NULL;

		assert_string_equal(forks_of_header(block, &field),
				    headers[i].fork);
		if (headers[i].field)
			assert_string_equal(field, headers[i].field);
		else
			assert_null(field);
		json_decref(block);
	}
}

static void
test_ranks(void **state UNUSED)
{
	assert_int_equal(forks_l1_rank("london"), 0);
	assert_true(forks_l1_rank("osaka") < forks_l1_rank("amsterdam"));
	assert_int_equal(forks_l1_rank(FORK_NEWER), INT_MAX);
	assert_int_equal(forks_l1_rank("frontier"), -1);
	assert_int_equal(forks_l1_rank(NULL), -1);
	assert_true(forks_l2_rank("isthmus") < forks_l2_rank("jovian"));
	assert_string_equal(forks_l1_newest(), "amsterdam");
	assert_null(forks_l1(FORK_NEWER));
	assert_non_null(forks_l1("prague"));
}

static void
test_programs(void **state UNUSED)
{
	assert_string_equal(forks_l1_followed("v1.9.4-meeda"), "cancun");
	assert_string_equal(forks_l1_followed("v1.13.7"), "osaka");
	assert_string_equal(forks_l1_followed("v1.19.6"), "amsterdam");
	assert_string_equal(forks_l2_followed("v1.19.6"), "karst");
	assert_string_equal(forks_l2_followed("op-stack/v1.9.4"), "granite");
	assert_null(forks_l1_followed("v2.0.0"));
	assert_null(forks_l1_followed(NULL));
}

static void
test_gas(void **state UNUSED)
{
	assert_int_equal(forks_gas_cap("osaka"), 1 << 24);
	assert_int_equal(forks_gas_cap("amsterdam"), 0);
	assert_int_equal(forks_gas_percent("osaka", "osaka", true), 100);
	assert_int_equal(forks_gas_percent("amsterdam", "osaka", true), 100);
	assert_int_equal(forks_gas_percent("cancun", "amsterdam", false), 496);
	assert_int_equal(forks_gas_percent("osaka", FORK_NEWER, true), 580);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_gas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
