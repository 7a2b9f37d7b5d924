#include "tests/unit/t.h"

#include <zlib.h>

#include "providers/clients/cluster/pack.h"

#define SIZE 100000u

/* Digits that do not pack to nothing. */
static char *
digits(void)
{
	char *text = xmalloc(SIZE);
	uint32_t x = 1;

	for (size_t i = 0; i < SIZE; i++) {
		x = x * 1664525u + 1013904223u;
		text[i] = (char)('0' + (x >> 24) % 10);
	}
	return text;
}

static void
test_same(void **state UNUSED)
{
	CLEANUP(freep) char *text = digits();
	CLEANUP(freep) char *back = xmalloc(SIZE + 1);
	CLEANUP(buf_done) struct buf a = BUF_INIT(SIZE);
	CLEANUP(buf_done) struct buf b = BUF_INIT(SIZE);
	z_stream z = { .next_out = (Bytef *)back, .avail_out = SIZE + 1 };

	assert_int_equal(pack_gzip(text, SIZE, &a), 0);
	assert_int_equal(pack_gzip(text, SIZE, &b), 0);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(buf_str(&a), buf_str(&b), a.n);
	assert_true(a.n < SIZE);
	/* RFC 1952: no flags, so no name; no time. */
	assert_memory_equal(buf_str(&a), "\x1f\x8b\x08\0\0\0\0\0", 8);

	z.next_in = (Bytef *)a.p;
	z.avail_in = (uInt)a.n;
	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, SIZE);
	assert_memory_equal(back, text, SIZE);
	inflateEnd(&z);
}

static void
test_empty(void **state UNUSED)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(SIZE);

	assert_int_equal(pack_gzip("", 0, &b), 0);
	assert_true(b.n > 0);
}

static void
test_small(void **state UNUSED)
{
	CLEANUP(freep) char *text = digits();
	static const size_t sizes[] = { 1, 10, 1000, 20000 };

	for (size_t i = 0; i < COUNTOF(sizes); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(sizes[i]);

		assert_int_equal(pack_gzip(text, SIZE, &b), -1);
		assert_true(b.n <= sizes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_small),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
