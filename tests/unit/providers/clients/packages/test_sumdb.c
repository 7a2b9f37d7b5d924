#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/packages/sumdb.h"

/* Made with openssl: a key named sums.test, and a tree head signed by it, of
 * 42 records such as LINES, of which that is number 7. */
#define KEY "sums.test+1f49bcfa+AXzsYSB9sxpn/n0EHaAbiiDEJSV7Vy+RTLuYg1RzL0bX"
#define HEAD                                                                   \
	"go.sum database tree\n42\n"                                           \
	"e2XmePEKKUHbvMPvEvzoxWD+hjL+HoapL2+LDl6J/Eg=\n\n"
#define SIG                                                                    \
	"\xe2\x80\x94 sums.test "                                              \
	"H0m8+uFinB6iSTHZ4dhBJHJ5A5Z20GJ0AwaGCdwJJrjF/MToAc7i5CzcfwhoJAuk0B"   \
	"QmHo9Csw05/T+ec9E0UEGreAQ=\n"
#define OTHER "\xe2\x80\x94 other.test AAAAAA==\n"
#define LINES "7\nx.test/m v1.0.7 h1:aaa=\nx.test/m v1.0.7/go.mod h1:bbb=\n\n"

static int
read_tile(void *arg, unsigned level, uint64_t n, unsigned width,
	  uint8_t (*out)[32])
{
	assert_int_equal(level, 0);
	assert_int_equal(n, 0);
	assert_int_equal(width, 42);
	(void)arg;
	for (unsigned i = 0; i < width; i++) {
		char text[128] = { 0 };

		snprintf(text + 1, sizeof(text) - 1,
			 "x.test/m v1.0.%u h1:aaa=\n"
			 "x.test/m v1.0.%u/go.mod h1:bbb=\n",
			 i, i);
		sha256(text, 1 + strlen(text + 1), out[i]);
	}
	return 0;
}

static const char *
look(struct arena *a, const char *key, const char *text, const char *version,
     struct diags *ds)
{
	diags_init(ds);
	return sumdb_lookup(a, key, text, "x.test/m", version, read_tile, NULL,
			    ds);
}

static void
signed_answers(void **state)
{
	static const char *const texts[] = { LINES HEAD SIG,
					     LINES HEAD OTHER SIG };
	struct arena a;
	struct diags ds;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNTOF(texts); i++) {
		const char *h1 = look(&a, KEY, texts[i], "v1.0.7", &ds);

		t_no_errors(&ds);
		assert_string_equal(h1, "h1:aaa=");
		diags_done(&ds);
		assert_string_equal(look(&a, KEY " https://mirror.test",
					 texts[i], "v1.0.7/go.mod", &ds),
				    "h1:bbb=");
		diags_done(&ds);
	}
	assert_string_equal(sumdb_name(&a, KEY " https://mirror.test"),
			    "sums.test");
	arena_done(&a);
}

static void
others(void **state)
{
	static const struct {
		const char *key, *text, *version, *says;
	} rows[] = {
		{ KEY, LINES HEAD, "v1.0.7", "does not have its signature" },
		{ KEY, LINES HEAD OTHER, "v1.0.7",
		  "does not have its signature" },
		{ KEY, "", "v1.0.7", "does not have its signature" },
		{ KEY, "<html>\n\n<body>", "v1.0.7",
		  "does not have its signature" },
		/* One byte of the signed text is another. */
		{ KEY,
		  LINES "go.sum database tree\n43\n"
			"e2XmePEKKUHbvMPvEvzoxWD+hjL+HoapL2+LDl6J/Eg=\n\n" SIG,
		  "v1.0.7", "does not have its signature" },
		/* The key that is built in is bound to its database's name. */
		{ "sums.test", LINES HEAD SIG, "v1.0.7",
		  "does not have its signature" },
		{ "sums.test+1f49bcfa", LINES HEAD SIG, "v1.0.7",
		  "no usable key" },
		{ "sums.test+1f49bcfa+AAAA", LINES HEAD SIG, "v1.0.7",
		  "no usable key" },
		{ KEY, LINES HEAD SIG, "v1.0.8", "has no hash" },
		/* Signed, but not what the signed tree has there. */
		{ KEY, "7\nx.test/m v1.0.7 h1:ccc=\n\n" HEAD SIG, "v1.0.7",
		  "does not prove" },
		{ KEY, "8" LINES HEAD SIG, "v1.0.7", "does not prove" },
		{ KEY, "x" LINES HEAD SIG, "v1.0.7", "does not prove" },
		{ KEY, LINES HEAD SIG, "v1.0", "has no hash" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct arena a;
		struct diags ds;

		arena_init(&a);
		assert_null(look(&a, rows[i].key, rows[i].text, rows[i].version,
				 &ds));
		t_error(&ds, "E0711", rows[i].says);
		diags_done(&ds);
		arena_done(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_answers),
		cmocka_unit_test(others),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
