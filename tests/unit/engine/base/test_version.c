#include "tests/unit/t.h"

#include "engine/base/version.h"

static void
orders(void **state)
{
	/* Ascending; every pair is compared. */
	static const char *const v[] = { "0.9",
					 "1.0.0-alpha",
					 "1.0.0-alpha.1",
					 "1.0.0-alpha.2",
					 "1.0.0-alpha.10",
					 "1.0.0-beta",
					 "1.0.0",
					 "1.2",
					 "1.10.3",
					 "2" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(v); i++)
		for (size_t j = 0; j < COUNTOF(v); j++) {
			int c = version_compare(v[i], v[j]);

			assert_int_equal(i < j ? -1 : i > j, (c > 0) - (c < 0));
		}
	assert_int_equal(version_compare("v1.7", "1.7.0+build.5"), 0);
}

static void
malformed_versions(void **state)
{
	static const char *const bad[] = { "",       "x",      "1.",
					   ".1",     "1..2",   "1.2.3.4.5",
					   "1.2.3-", "1.2.3+", "99999999999",
					   "1.2 " };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_int_equal(version_check(bad[i]), -1);
	assert_int_equal(version_check("v1.20.2-rc.1+linux"), 0);
}

static void
ranges(void **state)
{
	static const struct {
		const char *range, *version;
		bool holds;
	} rows[] = {
		{ ">=1.22.7 <2", "1.22.7", true },
		{ ">=1.22.7 <2", "1.26.8", true },
		{ ">=1.22.7 <2", "1.22.6", false },
		{ ">=1.22.7 <2", "2.0.0", false },
		{ ">= 1.22.7, < 2", "1.23", true },
		{ "1.7", "1.7.9", true },
		{ "1.7", "1.8.0", false },
		{ "=1.7", "1.7.9", false },
		{ "1.7.1", "1.7.1", true },
		{ "20 || 22", "22.4.1", true },
		{ "20 || 22", "21.0.0", false },
		{ "*", "0.0.1", true },
		{ ">1.2", "1.2", false },
		{ "<=1.2", "1.2", true },
		{ ">=1", "nonsense", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_int_equal(range_holds(rows[i].range, rows[i].version),
				 rows[i].holds);
}

static void
malformed_ranges(void **state)
{
	static const char *const bad[] = { "",      ">=",     "1.2 ||",
					   "=>1.2", "^1.2.3", ">=1.2<2",
					   "1 | 2", "latest", "1.x" };

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		const char *why = NULL;

		assert_int_equal(range_check(bad[i], &why), -1);
		assert_non_null(why);
		assert_false(range_holds(bad[i], "1.2.3"));
	}
}

static void
in_text(void **state)
{
	static const struct {
		const char *text, *version;
	} rows[] = {
		{ "go version go1.26.8 linux/amd64", "1.26.8" },
		{ "jq-1.6", "1.6" },
		{ "git version 2.39.5", "2.39.5" },
		{ "GNU bash, version 5.2.15(1)-release (x86_64)", "5.2.15" },
		{ "v20.20.2", "20.20.2" },
		{ "forge Version: 1.7.1-stable\nCommit SHA: 4c", "1.7.1" },
		{ "Version: 0.8.15+commit.e14f2714.Linux.g++", "0.8.15" },
		{ "just 1.36.0", "1.36.0" },
		{ "2.32.1\n", "2.32.1" },
		{ "GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu\n", "4.3" },
		{ "forge 0.2.0 (fdc0d4e 2024-09-30T00:21:40.2Z)", "0.2.0" },
		{ "yq (https://github.com/mikefarah/yq/) version v4.40.5",
		  "4.40.5" },
		{ "build 7 of 2024", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		char *v = version_in_text(rows[i].text);

		if (!rows[i].version)
			assert_null(v);
		else
			assert_string_equal(v, rows[i].version);
		free(v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),  cmocka_unit_test(malformed_versions),
		cmocka_unit_test(ranges),  cmocka_unit_test(malformed_ranges),
		cmocka_unit_test(in_text),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
