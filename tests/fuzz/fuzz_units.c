/* Quantities, numbers, addresses and versions as people write them. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/hash.h"
#include "engine/base/units.h"
#include "engine/base/version.h"

static void
wei(const char *s)
{
	struct u256 v, back;
	const char *why = NULL;
	char text[128];

	if (wei_parse(s, &v, &why) < 0) {
		FUZZ_CHECK(why);
		return;
	}
	wei_format(&v, text, sizeof(text));
	FUZZ_CHECK(wei_parse(text, &back, &why) == 0 && !u256_cmp(&v, &back));
}

static void
duration(const char *s)
{
	uint64_t ms, back;
	const char *why = NULL;
	char text[128];

	if (duration_parse(s, &ms, &why) < 0) {
		FUZZ_CHECK(why);
		return;
	}
	duration_format(ms, text, sizeof(text));
	FUZZ_CHECK(duration_parse(text, &back, &why) == 0 && ms == back);
}

static void
big(const char *s)
{
	struct u256 v, back, q, r, d = u256_from(1000000007);
	char dec[79], hex[67];
	uint8_t be[32];

	if (u256_parse(s, &v) < 0)
		return;
	u256_dec(&v, dec);
	u256_hex(&v, hex);
	FUZZ_CHECK(u256_parse(dec, &back) == 0 && !u256_cmp(&v, &back));
	FUZZ_CHECK(u256_parse(hex, &back) == 0 && !u256_cmp(&v, &back));
	u256_to_be(&v, be);
	u256_from_be(be, 32, &back);
	FUZZ_CHECK(!u256_cmp(&v, &back));
	u256_div(&v, &d, &q, &r);
	FUZZ_CHECK(u256_cmp(&r, &d) < 0 && !u256_mul(&q, &d, &back));
	FUZZ_CHECK(!u256_add(&back, &r, &back) && !u256_cmp(&v, &back));
}

static void
address(const char *s)
{
	uint8_t addr[20], back[20];
	char text[43];

	if (address_parse(s, addr) < 0)
		return;
	eip55(addr, text);
	FUZZ_CHECK(address_parse(text, back) == 0 && !memcmp(addr, back, 20));
}

static void
versions(const char *s)
{
	CLEANUP(freep) char *found = version_in_text(s);
	const char *why = NULL;

	if (found)
		FUZZ_CHECK(version_check(found) == 0 &&
			   version_compare(found, found) == 0);
	if (version_check(s) == 0)
		FUZZ_CHECK(version_compare(s, "1.2.3") ==
			   -version_compare("1.2.3", s));
	if (range_check(s, &why) < 0)
		FUZZ_CHECK(why && !range_holds(s, "1.2.3"));
	else
		range_holds(s, "1.7.0-rc.1");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *s = fuzz_text(data, size);
	const char *why;
	uint64_t u;
	int64_t i;

	wei(s);
	duration(s);
	big(s);
	address(s);
	versions(s);
	bytes_parse(s, &u, &why);
	if (parse_u64(s, 1000, &u) == 0)
		FUZZ_CHECK(u <= 1000);
	if (parse_i64(s, -5, 5, &i) == 0)
		FUZZ_CHECK(i >= -5 && i <= 5);
	parse_i64(s, INT64_MIN, INT64_MAX, &i);
	return 0;
}
