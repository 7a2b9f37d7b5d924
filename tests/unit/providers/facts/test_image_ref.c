#include "tests/unit/t.h"

#include "providers/facts/image_ref.h"

#define HEX "6bc5d9743479ec8ca602e440a685be2a533f7dcb51c3dc44792f937de5044489"

static const struct {
	const char *text, *host, *path, *tag, *digest;
} good[] = {
	{ "ghcr.io/me/chain", "ghcr.io", "me/chain", NULL, NULL },
	{ "127.0.0.1:5000/x", "127.0.0.1:5000", "x", NULL, NULL },
	{ "localhost/a/b:v1", "localhost", "a/b", "v1", NULL },
	{ "[::1]:5000/a", "[::1]:5000", "a", NULL, NULL },
	{ "busybox", "docker.io", "library/busybox", NULL, NULL },
	{ "ethereum/client-go:v1.17.1", "docker.io", "ethereum/client-go",
	  "v1.17.1", NULL },
	{ "r.example/a__b/c-d.e@sha256:" HEX, "r.example", "a__b/c-d.e", NULL,
	  "sha256:" HEX },
	{ "r.example:444/a:t@sha256:" HEX, "r.example:444", "a", "t",
	  "sha256:" HEX },
	{ "a:5000", "docker.io", "library/a", "5000", NULL },
};

static const char *const bad[] = {
	"",
	"/a",
	"r.example/",
	"r.example/A",
	"r.example/a//b",
	"r.example/a/",
	"r.example/-a",
	"r.example/a-",
	"r.example/a..b",
	"r.example/a___b",
	"r.example/a._b",
	"r.example/a b",
	"r.example/a?b",
	"r.example:/a",
	"r.example:123456/a",
	"r.example:x/a",
	"user@r.example/a",
	"https://r.example/a",
	"r.example/a:",
	"r.example/a:-t",
	"r.example/a@sha256:12",
	"r.example/a@sha512:" HEX,
	"r.example/a@sha256:" HEX "0",
	"[::1/a",
};

static void
assert_same(const char *a, const char *b)
{
	if (b)
		assert_string_equal(a, b);
	else
		assert_null(a);
}

static void
test_good(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(good); i++) {
		CLEANUP(arena_done) struct arena a;
		CLEANUP(diags_done) struct diags ds;
		struct image_ref ref;

		arena_init(&a);
		diags_init(&ds);
		assert_int_equal(image_ref_parse(&a, good[i].text, &ref, &ds),
				 0);
		assert_same(ref.host, good[i].host);
		assert_same(ref.path, good[i].path);
		assert_same(ref.tag, good[i].tag);
		assert_same(ref.digest, good[i].digest);
		/* A repository has neither. */
		assert_int_equal(
			image_repository_parse(&a, good[i].text, &ref, &ds),
			good[i].tag || good[i].digest ? -1 : 0);
	}
}

static void
test_bad(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(arena_done) struct arena a;
		CLEANUP(diags_done) struct diags ds;
		struct image_ref ref;

		arena_init(&a);
		diags_init(&ds);
		if (image_ref_parse(&a, bad[i], &ref, &ds) == 0)
			fail_msg("'%s' was taken", bad[i]);
		t_error(&ds, "E1320", bad[i]);
		assert_non_null(ds.first->hint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
