#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/io/ring.h"

#define COUNT 5
#define SIZE  16
#define SLOT  (8 + SIZE + 8)

static char path[256];

static void
ring_of(struct ring *r, uint32_t version, uint32_t count)
{
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(ring_open(r, path, version, SIZE, count, "E1403", &ds),
			 0);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
add(struct ring *r, int v)
{
	char record[SIZE] = { 0 };

	snprintf(record, sizeof(record), "record %d", v);
	assert_int_equal(ring_add(r, record), 0);
}

static void
has(const struct ring *r, uint64_t number, int v)
{
	char record[SIZE], want[SIZE];

	snprintf(want, sizeof(want), "record %d", v);
	assert_true(ring_read(r, number, record));
	assert_string_equal(record, want);
}

static int
ring_setup(void **state)
{
	mem_init();
	*state = t_mkdir_ram();
	snprintf(path, sizeof(path), "%s/ring", (char *)*state);
	return 0;
}

static void
wraps(void **state UNUSED)
{
	struct stat st, after;
	struct ring r;

	ring_of(&r, 1, COUNT);
	assert_true(r.writes);
	assert_int_equal(r.newest, 0);
	assert_int_equal(ring_oldest(&r), 1);
	assert_int_equal(stat(path, &st), 0);
	for (int i = 1; i <= 12; i++)
		add(&r, i);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(st.st_size, after.st_size);
	assert_int_equal(st.st_size, 24 + COUNT * SLOT);
	assert_int_equal(after.st_mode & 07777, 0600);
	ring_close(&r);

	ring_of(&r, 1, COUNT);
	assert_int_equal(r.newest, 12);
	assert_int_equal(ring_oldest(&r), 8);
	for (int i = 8; i <= 12; i++)
		has(&r, (uint64_t)i, i);
	assert_false(ring_read(&r, 7, (char[SIZE]){ 0 }));
	ring_close(&r);
}

/* Writes over a byte of the slot of a record. */
static void
tear(uint64_t number, int at)
{
	int fd = open(path, O_WRONLY);
	off_t slot = 24 + (off_t)((number - 1) % COUNT) * SLOT;

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "?", 1, slot + at), 1);
	close(fd);
}

static void
torn(void **state UNUSED)
{
	struct ring r;

	ring_of(&r, 1, COUNT);
	for (int i = 1; i <= 7; i++)
		add(&r, i);
	ring_close(&r);
	tear(7, 8 + 3);
	tear(5, 2);
	ring_of(&r, 1, COUNT);
	/* The newest was being written: the one before it counts. */
	assert_int_equal(r.newest, 6);
	assert_false(ring_read(&r, 5, (char[SIZE]){ 0 }));
	has(&r, 6, 6);
	add(&r, 70);
	has(&r, 7, 70);
	has(&r, 4, 4);
	ring_close(&r);
}

static void
one_writes(void **state UNUSED)
{
	struct ring a, b;

	ring_of(&a, 1, COUNT);
	ring_of(&b, 1, COUNT);
	assert_false(b.writes);
	add(&a, 1);
	add(&a, 2);
	ring_refresh(&b);
	assert_int_equal(b.newest, 2);
	has(&b, 2, 2);
	assert_false(ring_may_write(&b));
	ring_close(&a);
	assert_true(ring_may_write(&b));
	add(&b, 3);
	has(&b, 3, 3);
	ring_close(&b);
}

static void
other_format(void **state UNUSED)
{
	struct ring r;

	ring_of(&r, 1, COUNT);
	add(&r, 1);
	ring_close(&r);
	ring_of(&r, 2, COUNT);
	assert_int_equal(r.newest, 0);
	add(&r, 2);
	ring_close(&r);
	ring_of(&r, 2, COUNT + 1);
	assert_int_equal(r.newest, 0);
	ring_close(&r);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, ring_setup, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wraps),
		TEST(torn),
		TEST(one_writes),
		TEST(other_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
