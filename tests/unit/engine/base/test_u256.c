#include "tests/unit/t.h"

#include "engine/base/u256.h"

#define MAX_DEC                                                                \
	"115792089237316195423570985008687907853269984665640564039457584007"   \
	"913129639935"
#define MAX_HEX                                                                \
	"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static struct u256
num(const char *s)
{
	struct u256 v;

	assert_int_equal(u256_parse(s, &v), 0);
	return v;
}

static void
is(const struct u256 *v, const char *dec)
{
	char text[79];

	u256_dec(v, text);
	assert_string_equal(text, dec);
}

static void
texts(void **state)
{
	static const char *const bad[] = {
		"",
		"0x",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1x",
		"0xg",
		"0x0x1",
		"1.0",
		"115792089237316195423570985008687907853269984665640564039457"
		"584007913129639936",
		"9999999999999999999999999999999999999999999999999999999999"
		"99999999999999999999",
		"0x10000000000000000000000000000000000000000000000000000000000"
		"000000",
	};
	struct u256 v;
	char text[79];

	(void)state;
	v = num(MAX_DEC);
	is(&v, MAX_DEC);
	u256_hex(&v, text);
	assert_string_equal(text, MAX_HEX);
	v = num(MAX_HEX);
	is(&v, MAX_DEC);
	v = num("0x0a");
	is(&v, "10");
	v = num("000010");
	is(&v, "10");
	v = num("0");
	is(&v, "0");
	assert_true(u256_is_zero(&v));
	u256_hex(&v, text);
	assert_string_equal(text, "0x0");
	v = num("0x00");
	assert_true(u256_is_zero(&v));
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_int_equal(u256_parse(bad[i], &v), -1);
}

static void
bytes(void **state)
{
	static const uint8_t be[] = { 1, 2, 3 };
	struct u256 v = num(MAX_DEC), w;
	uint8_t out[32];
	uint64_t small;

	(void)state;
	u256_to_be(&v, out);
	u256_from_be(out, 32, &w);
	assert_int_equal(u256_cmp(&v, &w), 0);
	assert_false(u256_fits_u64(&v, &small));
	u256_from_be(be, sizeof(be), &v);
	is(&v, "66051");
	assert_true(u256_fits_u64(&v, &small));
	assert_int_equal(small, 66051);
	u256_to_be(&v, out);
	assert_memory_equal(out + 29, be, 3);
	u256_from_be(be, 0, &v);
	assert_true(u256_is_zero(&v));
}

static void
arithmetic(void **state)
{
	struct u256 max = num(MAX_DEC), one = u256_from(1), v, q, r;
	struct u256 big = num("0x100000000000000000000000000000000");

	(void)state;
	assert_true(u256_add(&max, &one, &v));
	assert_true(u256_is_zero(&v));
	assert_true(u256_sub(&v, &one, &v));
	assert_int_equal(u256_cmp(&v, &max), 0);
	assert_false(u256_sub(&max, &max, &v));
	assert_true(u256_is_zero(&v));
	assert_true(u256_mul(&big, &big, &v));
	assert_false(u256_mul(&max, &one, &v));
	assert_int_equal(u256_cmp(&v, &max), 0);
	assert_int_equal(u256_cmp(&one, &max), -1);
	assert_int_equal(u256_cmp(&max, &one), 1);
	v = num("1000000000000000000000000000007");
	u256_div(&v, &big, &q, &r);
	assert_true(u256_is_zero(&q));
	assert_int_equal(u256_cmp(&r, &v), 0);
	q = num("1000000000000000");
	u256_div(&v, &q, &q, &r);
	is(&q, "1000000000000000");
	is(&r, "7");
	u256_div(&max, &big, &q, NULL);
	is(&q, "340282366920938463463374607431768211455");
	u256_div(&max, &max, NULL, &r);
	assert_true(u256_is_zero(&r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(bytes),
		cmocka_unit_test(arithmetic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
