#include "tests/unit/t.h"

#include "providers/clients/oci/headers.h"

static const struct {
	const char *text;
	bool basic, bearer;
	const char *realm, *service, *scope;
} challenges[] = {
	{ NULL, false, false, NULL, NULL, NULL },
	{ "", false, false, NULL, NULL, NULL },
	{ "Basic realm=\"Registry\"", true, false, NULL, NULL, NULL },
	{ "Bearer realm=\"https://a.example/token\",service=\"r.example\","
	  "scope=\"repository:a/b:pull,push\"",
	  false, true, "https://a.example/token", "r.example",
	  "repository:a/b:pull,push" },
	{ "bearer  Realm = \"https://a/t\" , SERVICE=r", false, true,
	  "https://a/t", "r", NULL },
	/* Two headers, or one with both; the other one's realm is not ours. */
	{ "Basic realm=\"x, y\", Bearer realm=\"https://a/t\"", true, true,
	  "https://a/t", NULL, NULL },
	{ "Bearer realm=\"https://a/t\", Basic realm=\"x\"", true, true,
	  "https://a/t", NULL, NULL },
	{ "Bearer realm=\"a\\\"b\\\\c\"", false, true, "a\"b\\c", NULL, NULL },
	{ "Bearer realm=\"never closed", false, true, "never closed", NULL,
	  NULL },
	{ "Negotiate abc==, Basic realm=x", true, false, NULL, NULL, NULL },
	{ "\"\"=,,==\"", false, false, NULL, NULL, NULL },
};

static void
assert_same(const char *a, const char *b)
{
	if (b && !a)
		fail_msg("'%s' is missing", b);
	if (b)
		assert_string_equal(a, b);
	else
		assert_null(a);
}

static void
test_challenge(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(challenges); i++) {
		CLEANUP(arena_done) struct arena a;
		struct oci_challenge c;

		arena_init(&a);
		oci_challenge_parse(&a, challenges[i].text, &c);
		assert_int_equal(c.basic, challenges[i].basic);
		assert_int_equal(c.bearer, challenges[i].bearer);
		assert_same(c.realm, challenges[i].realm);
		assert_same(c.service, challenges[i].service);
		assert_same(c.scope, challenges[i].scope);
	}
}

#define ASKED "https://r.example:5000/v2/a/blobs/uploads/?mount=x"

static const struct {
	const char *text, *url;
} locations[] = {
	{ NULL, NULL },
	{ "", NULL },
	{ "/v2/a/blobs/uploads/1?_state=x",
	  "https://r.example:5000/v2/a/blobs/uploads/1?_state=x" },
	{ "1?_state=x",
	  "https://r.example:5000/v2/a/blobs/uploads/1?_state=x" },
	{ "https://r.example:5000/u/1", "https://r.example:5000/u/1" },
	/* Behind a proxy that speaks TLS for it. */
	{ "http://r.example:5000/u/1", "https://r.example:5000/u/1" },
	{ "HTTP://R.example:5000/u/1", "https://r.example:5000/u/1" },
	{ "http://r.example/u/1", "http://r.example/u/1" },
	{ "https://store.example/u?sig=1", "https://store.example/u?sig=1" },
	{ "//store.example/u", "https://store.example/u" },
	{ "ftp://r.example/u", NULL },
	{ "file:///etc/passwd", NULL },
};

static void
test_location(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(locations); i++) {
		CLEANUP(freep)
		char *url = oci_location(ASKED, locations[i].text);

		assert_same(url, locations[i].url);
	}
	CLEANUP(freep) char *bare = oci_location("http://r.example", "a");

	assert_string_equal(bare, "http://r.example/a");
}

static void
test_server(void **state UNUSED)
{
	assert_true(oci_same_server("https://r:1", "https://r:1/v2/"));
	assert_true(oci_same_server("https://r:1", "HTTPS://R:1?x"));
	assert_false(oci_same_server("https://r:1", "http://r:1/"));
	assert_false(oci_same_server("https://r:1", "https://r:12/"));
	assert_false(oci_same_server("https://r:1", "https://r/"));
	assert_false(oci_same_server("https://r", "https://r.evil/"));
	assert_false(oci_same_server("https://r", "https://r@evil/"));
}

static void
test_range(void **state UNUSED)
{
	assert_int_equal(oci_range_end("0-99"), 100);
	assert_int_equal(oci_range_end("bytes=0-99"), 100);
	assert_int_equal(oci_range_end("0-0"), 0);
	assert_int_equal(oci_range_end("5-99"), 0);
	assert_int_equal(oci_range_end("0-"), 0);
	assert_int_equal(oci_range_end("0-x"), 0);
	assert_int_equal(oci_range_end("0-18446744073709551615"), 0);
	assert_int_equal(oci_range_end(NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_location),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_range),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
