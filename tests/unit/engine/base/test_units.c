#include "tests/unit/t.h"

#include "engine/base/units.h"

static void
wei(void **state)
{
	static const char *const same[] = { "0.5eth", "3gwei",          "7wei",
					    "1eth",   "1.000000001eth", "0" };
	static const char *const bad[] = {
		"",
		"1",
		"eth",
		"1 eth",
		"1ether",
		"0.5wei",
		"-1eth",
		".5eth",
		"1.eth",
		"1eth2",
		"0.0000000000000000001eth",
		"1eth1eth",
		"1000000000000000000000000000000000000000000000000000000000000"
		"eth",
	};
	struct u256 v;
	const char *why = NULL;
	char text[80];

	(void)state;
	for (size_t i = 0; i < COUNTOF(same); i++) {
		assert_int_equal(wei_parse(same[i], &v, &why), 0);
		wei_format(&v, text, sizeof(text));
		assert_string_equal(text, same[i]);
	}
	assert_int_equal(wei_parse("0.50gwei", &v, &why), 0);
	u256_dec(&v, text);
	assert_string_equal(text, "500000000");
	ether_format(&v, text, sizeof(text));
	assert_string_equal(text, "0.0000000005eth");
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		why = NULL;
		assert_int_equal(wei_parse(bad[i], &v, &why), -1);
		assert_non_null(why);
	}
}

static void
for_people(void **state UNUSED)
{
	static const struct {
		const char *exact, *down, *up;
	} eth[] = {
		{ "1.234567eth", "1.2345eth", "1.2346eth" },
		{ "0.5eth", "0.5eth", "0.5eth" },
		{ "0.00775eth", "0.00775eth", "0.00775eth" },
		{ "0.000039012eth", "0.000039eth", "0.0000391eth" },
		{ "7wei", "0.000000000000000007eth",
		  "0.000000000000000007eth" },
		{ "0", "0eth", "0eth" },
		{ "123456.999999999eth", "123456.9999eth", "123457eth" },
	},
	  gwei[] = {
		  { "6gwei", "6gwei", "6gwei" },
		  { "6000000001wei", "6gwei", "6.001gwei" },
		  { "0.00912345gwei", "0.00912gwei", "0.00913gwei" },
		  { "7wei", "0.000000007gwei", "0.000000007gwei" },
		  { "0.5eth", "500000000gwei", "500000000gwei" },
	  };
	struct u256 v;
	const char *why;
	char text[96];

	for (size_t i = 0; i < COUNTOF(eth); i++) {
		assert_int_equal(wei_parse(eth[i].exact, &v, &why), 0);
		ether_round(&v, false, text, sizeof(text));
		assert_string_equal(text, eth[i].down);
		ether_round(&v, true, text, sizeof(text));
		assert_string_equal(text, eth[i].up);
	}
	for (size_t i = 0; i < COUNTOF(gwei); i++) {
		assert_int_equal(wei_parse(gwei[i].exact, &v, &why), 0);
		gwei_round(&v, false, text, sizeof(text));
		assert_string_equal(text, gwei[i].down);
		gwei_round(&v, true, text, sizeof(text));
		assert_string_equal(text, gwei[i].up);
	}
}

static void
durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
		const char *canonical;
	} good[] = {
		{ "12s", 12000, "12s" },
		{ "1h30m", 5400000, "1h30m" },
		{ "250ms", 250, "250ms" },
		{ "1.5h", 5400000, "1h30m" },
		{ "90s", 90000, "1m30s" },
		{ "0s", 0, "0s" },
		{ "1500ms", 1500, "1.5s" },
		{ "1h0m0s", 3600000, "1h" },
		{ "61m0.25s", 3660250, "1h1m0.25s" },
	};
	static const char *const bad[] = {
		"",      "5",  "0",     "s",   "-1s",
		"1us",   "1d", "0.5ms", "1s2", "99999999999999999999h",
		"1m 1s",
	};
	const char *why = NULL;
	char text[80];
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &ms, &why), 0);
		assert_int_equal(ms, good[i].ms);
		duration_format(ms, text, sizeof(text));
		assert_string_equal(text, good[i].canonical);
	}
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		why = NULL;
		assert_int_equal(duration_parse(bad[i], &ms, &why), -1);
		assert_non_null(why);
	}
	duration_format(UINT64_MAX, text, sizeof(text));
	assert_int_equal(duration_parse(text, &ms, &why), 0);
	assert_true(ms == UINT64_MAX);
}

static void
sizes(void **state)
{
	static const char *const bad[] = { "1",    "KiB",
					   "1kib", "0.5B",
					   "1K",   "99999999TiB1",
					   "1e3B", "99999999999TiB" };
	const char *why = NULL;
	uint64_t n;

	(void)state;
	assert_int_equal(bytes_parse("256KiB", &n, &why), 0);
	assert_int_equal(n, 262144);
	assert_int_equal(bytes_parse("10MB", &n, &why), 0);
	assert_int_equal(n, 10000000);
	assert_int_equal(bytes_parse("512B", &n, &why), 0);
	assert_int_equal(n, 512);
	assert_int_equal(bytes_parse("1.5GiB", &n, &why), 0);
	assert_int_equal(n, 1610612736);
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		why = NULL;
		assert_int_equal(bytes_parse(bad[i], &n, &why), -1);
		assert_non_null(why);
	}
}

static void
integers(void **state)
{
	uint64_t u;
	int64_t i;

	(void)state;
	assert_int_equal(parse_u64("18446744073709551615", UINT64_MAX, &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(parse_u64("18446744073709551616", UINT64_MAX, &u), -1);
	assert_int_equal(parse_u64("101", 100, &u), -1);
	assert_int_equal(parse_u64("", 100, &u), -1);
	assert_int_equal(parse_u64("+1", 100, &u), -1);
	assert_int_equal(parse_u64("1 ", 100, &u), -1);
	assert_int_equal(
		parse_i64("-9223372036854775808", INT64_MIN, INT64_MAX, &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(
		parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &i), -1);
	assert_int_equal(
		parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &i), 0);
	assert_int_equal(parse_i64("-1", 0, 10, &i), -1);
	assert_int_equal(parse_i64("-", -1, 10, &i), -1);
	assert_int_equal(parse_i64("--1", -1, 10, &i), -1);
}

static void
listening(void **state UNUSED)
{
	CLEANUP(freep) char *host = NULL;
	uint16_t port = 7;

	assert_int_equal(listen_parse("127.0.0.1", &host, &port), -1);
	assert_int_equal(listen_parse("127.0.0.1:65536", &host, &port), -1);
	assert_null(host);
	assert_int_equal(listen_parse("127.0.0.1:80", &host, &port), 0);
	assert_string_equal(host, "127.0.0.1");
	assert_int_equal(port, 80);
	assert_true(listen_is_loopback("127.0.0.1"));
	assert_true(listen_is_loopback("127.255.0.9"));
	assert_false(listen_is_loopback("0.0.0.0"));
	assert_false(listen_is_loopback("128.0.0.1"));
	assert_false(listen_is_loopback("127.0.0.1.example"));
	assert_false(listen_is_loopback("localhost"));
	assert_false(listen_is_loopback(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wei),       cmocka_unit_test(for_people),
		cmocka_unit_test(durations), cmocka_unit_test(sizes),
		cmocka_unit_test(integers),  cmocka_unit_test(listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
