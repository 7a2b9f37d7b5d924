/* The table of forks: what a header shows, and what follows from it. */
#include "tests/unit/t.h"

#include <limits.h>

#include "engine/base/compiler.h"
#include "engine/io/jx.h"
#include "providers/facts/forks.h"

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

/* What eth_config says on Osaka, and what may come after it. */
#define OSAKA_HAS                                                              \
	"'systemContracts':{'BEACON_ROOTS_ADDRESS':'0x1'"                      \
	"},'precompiles':{'ECREC':'0x1','P256VERIFY':'0x2'}"
#define AMSTERDAM_HAS                                                          \
	"'systemContracts':{'BEACON_ROOTS_ADDRESS':'0x1',"                     \
	"'BUILDER_DEPOSIT_CONTRACT_ADDRESS':'0x2'},"                           \
	"'precompiles':{'ECREC':'0x1','P256VERIFY':'0x2'}"
#define NEWER_HAS                                                              \
	"'systemContracts':{'BEACON_ROOTS_ADDRESS':'0x1'},"                    \
	"'precompiles':{'ECREC':'0x1','P256VERIFY':'0x2','FALCON':'0x3'}"
#define AT(time, has) "{'activationTime':" time "," has "}"
#define CURRENT       "'current':" AT("5", OSAKA_HAS)

static const struct {
	const char *config, *now, *next;
	int64_t time;
} nexts[] = {
	{ "{" CURRENT ",'next':null,'last':null}", "osaka", NULL, 0 },
	{ "{" CURRENT ",'next':" AT("90", AMSTERDAM_HAS) "}", "osaka",
	  "amsterdam", 90 },
	/* Blob parameters only, with or without another fork after it. */
	{ "{" CURRENT
	  ",'next':" AT("90", OSAKA_HAS) ",'last':" AT("90", OSAKA_HAS) "}",
	  "osaka", NULL, 0 },
	{ "{" CURRENT
	  ",'next':" AT("90", OSAKA_HAS) ",'last':" AT("99", AMSTERDAM_HAS) "}",
	  "osaka", "amsterdam", 99 },
	{ "{" CURRENT ",'next':" AT("90", NEWER_HAS) "}", "osaka", FORK_NEWER,
	  90 },
	/* The newest block has it, the configuration not yet. */
	{ "{" CURRENT ",'next':" AT("90", AMSTERDAM_HAS) "}", "amsterdam", NULL,
	  0 },
	/* A server that says less than it should. */
	{ "{'current':null,'next':" AT("90", NEWER_HAS) "}", "osaka", NULL, 0 },
	{ "{" CURRENT ",'next':{" AMSTERDAM_HAS "}}", "osaka", NULL, 0 },
	{ "{}", "osaka", NULL, 0 },
};

static void
test_next(void **state UNUSED)
{
	int64_t time;

	for (size_t i = 0; i < COUNTOF(nexts); i++) {
		CLEANUP(put_json) json_t *config = t_json(nexts[i].config);
		const char *next = forks_next(config, nexts[i].now, &time);

		assert_string_equal(next ? next : "",
				    nexts[i].next ? nexts[i].next : "");
		if (next)
			assert_int_equal(time, nexts[i].time);
	}
	assert_null(forks_next(NULL, "osaka", &time));
}

static void
test_clz(void **state UNUSED)
{
	assert_string_equal(forks_with_clz("prague"), "osaka");
	assert_string_equal(forks_with_clz("cancun"), "cancun");
	assert_string_equal(forks_with_clz("amsterdam"), "amsterdam");
	assert_string_equal(forks_with_clz(FORK_NEWER), FORK_NEWER);
}

/* What endpoint offers as newest_fork are the forks of the table. */
static void
test_schema(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *schema =
		jx_load_file("schemas/kinds/endpoint.json", 1 << 20, NULL);
	const json_t *list = jx_at(schema, "/properties/newest_fork/enum");
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(forks_l1_rank(json_string_value(
					 json_array_get(list, i))),
				 i);
	assert_int_equal(forks_l1_rank(forks_l1_newest()), n - 1);
}

static void
test_programs(void **state UNUSED)
{
	assert_string_equal(forks_l1_followed("v1.9.4-meeda"), "cancun");
	assert_string_equal(forks_l1_followed("v1.13.7"), "osaka");
	assert_string_equal(forks_l1_followed("v1.19.6"), "amsterdam");
	assert_string_equal(forks_l2_followed("v1.19.6"), "karst");
	assert_string_equal(forks_l2_followed("op-stack/v1.9.4"), "granite");
	assert_string_equal(forks_l1_programs("cancun"), "v1.19.6");
	assert_string_equal(forks_l1_programs("amsterdam"), "v1.19.6");
	assert_null(forks_l1_programs(FORK_NEWER));
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
		cmocka_unit_test(test_headers), cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_clz),     cmocka_unit_test(test_next),
		cmocka_unit_test(test_schema),  cmocka_unit_test(test_programs),
		cmocka_unit_test(test_gas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
