#include "tests/unit/t.h"

#include "engine/io/jx.h"
#include "engine/io/sumline.h"

/* These bytes are in files of every version. */
static void
bytes(void **state UNUSED)
{
	static const char want[] = "80d920cd {\"n\":0,\"op\":\"begin\"}\n";
	CLEANUP(put_json)
	json_t *in = json_pack("{s:s, s:i}", "op", "begin", "n", 0);
	CLEANUP(freep) char *line = sumline_make(in);
	CLEANUP(put_json) json_t *out = NULL;

	assert_string_equal(line, want);
	out = sumline_read(line, strlen(line) - 1);
	assert_true(json_equal(in, out));
}

static void
damage(void **state UNUSED)
{
	CLEANUP(put_json) json_t *in = json_pack("{s:s}", "op", "end");
	CLEANUP(freep) char *line = sumline_make(in);
	size_t n = strlen(line) - 1;

	for (size_t i = 0; i < n; i++) {
		assert_null(sumline_read(line, i));
		line[i] ^= 1;
		assert_null(sumline_read(line, n));
		line[i] ^= 1;
	}
	assert_null(sumline_read(line, n + 1));
	/* A right sum of what is no record. */
	assert_null(sumline_read("2d711642 x", 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
