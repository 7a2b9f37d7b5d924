#include "tests/unit/t.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "state/journal.h"
#include "state/state.h"

struct fixture {
	struct diags ds;
	struct state s;
	struct state_backend *b;
	char *dir, *path;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	mem_init();
	f->dir = t_mkdir_ram();
	f->path = path_join(f->dir, "journal");
	f->b = backend_open_local(f->dir);
	diags_init(&f->ds);
	state_init(&f->s);
	state_ensure_lineage(&f->s);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	diags_done(&f->ds);
	state_done(&f->s);
	backend_close(f->b);
	t_rmdir(f->dir);
	free(f->path);
	free(f);
	return 0;
}

static struct journal *
create(struct fixture *f)
{
	struct journal *j =
		journal_create(f->b, &f->s, "opl2 apply", "now", NULL, &f->ds);

	t_no_errors(&f->ds);
	assert_non_null(j);
	return j;
}

static void
done(struct fixture *f, struct journal *j, int i)
{
	char addr[32];
	struct state_entry e = { .addr = addr, .kind = "file" };

	snprintf(addr, sizeof(addr), "file.n%d", i);
	assert_int_equal(journal_done(j, &e, NULL, &f->ds), 0);
}

/* Four synced records after begin, in two batches. */
static void
two_batches(struct fixture *f)
{
	struct journal *j = create(f);

	for (int i = 0; i < 4; i++) {
		done(f, j, i);
		if (i % 2)
			assert_int_equal(journal_sync(j, &f->ds), 0);
	}
	journal_free(j);
}

/* The text of the journal without its reserved end. malloc'd. */
static char *
text_of(struct fixture *f, size_t *n)
{
	struct buf b = BUF_INIT(1u << 24);

	assert_int_equal(file_read(f->path, &b, &f->ds), 0);
	*n = strlen(buf_str(&b));
	return buf_take(&b);
}

/* Without a sync, which would make hundreds of these slow. */
static void
write_text(struct fixture *f, const char *p, size_t n)
{
	CLEANUP(close_fdp)
	int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, p, n), 0);
}

/* The number of records that can be read, -1 when reading is refused. */
static int
records(struct fixture *f, const char *code)
{
	struct journal_left left;
	struct diags ds;
	int n = -1;

	diags_init(&ds);
	journal_left_init(&left);
	if (journal_read(f->b, &left, &ds) == 0) {
		t_no_errors(&ds);
		n = (int)json_array_size(left.records);
	} else {
		t_error(&ds, code, "journal");
		assert_int_equal(diags_exit_code(&ds), 11);
	}
	journal_left_done(&left);
	diags_done(&ds);
	return n;
}

static size_t
lines(const char *p, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += p[i] == '\n';
	return count;
}

static void
cut_at_every_byte(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	size_t n;

	two_batches(f);
	text = text_of(f, &n);
	assert_int_equal(lines(text, n), 5);
	for (size_t i = 0; i <= n; i++) {
		size_t whole = lines(text, i);

		write_text(f, text, i);
		/* The begin record is there whole, or the disk lost it. */
		assert_int_equal(records(f, "E0508"), whole ? (int)whole : -1);
	}
}

static void
edit_of_any_byte(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	size_t n;

	two_batches(f);
	text = text_of(f, &n);
	for (size_t i = 0; i < n; i++) {
		char was = text[i];
		int got;

		text[i] = was == 'x' ? 'y' : 'x';
		write_text(f, text, n);
		got = records(f, "E0508");
		/* Without the last newline the last record is just torn. */
		assert_int_equal(got, i == n - 1 ? 4 : -1);
		text[i] = was;
	}
}

static void
missing_line(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	char *second, *third;
	size_t n;

	two_batches(f);
	text = text_of(f, &n);
	second = strchr(text, '\n') + 1;
	third = strchr(second, '\n') + 1;
	memmove(second, third, strlen(third) + 1);
	write_text(f, text, strlen(text));
	assert_int_equal(records(f, "E0508"), -1);
}

/* Zeros where a record should be: torn if nothing says it was on disk. */
static void
holes(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	char *line[6];
	size_t n;

	two_batches(f);
	text = text_of(f, &n);
	line[0] = text;
	for (int i = 1; i < 6; i++)
		line[i] = strchr(line[i - 1], '\n') + 1;
	/* Record 4 of the last batch: 5 was only in the same batch. */
	memset(line[3] + 3, 0, 10);
	write_text(f, text, n);
	assert_int_equal(records(f, "E0508"), 3);
	/* Record 2 was on disk, as the batch with 5 knows. */
	memset(line[1] + 3, 0, 10);
	write_text(f, text, n);
	assert_int_equal(records(f, "E0508"), -1);
}

static void
not_a_journal(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(records(f, ""), 0);
	write_text(f, "", 0);
	assert_int_equal(records(f, "E0508"), -1);
	write_text(f, "\0\0\0\0", 4);
	assert_int_equal(records(f, "E0508"), -1);
	write_text(f, "hello\n", 6);
	assert_int_equal(records(f, "E0508"), -1);
}

static void
newer_format(void **state)
{
	static const char rec[] = "{\"n\":0,\"op\":\"begin\",\"s\":0,"
				  "\"version\":2}";
	struct fixture *f = *state;
	CLEANUP(freep) char *line = NULL;
	char sum[65];

	sha256_hex(rec, strlen(rec), sum);
	line = xasprintf("%.8s %s\n", sum, rec);
	write_text(f, line, strlen(line));
	assert_int_equal(records(f, "E0512"), -1);
}

static void
several_intents_of_one_address(void **state)
{
	struct fixture *f = *state;
	CLEANUP(put_json) json_t *one = json_integer(1);
	CLEANUP(put_json) json_t *two = json_integer(2);
	struct journal_left left;
	struct journal *j = create(f);

	assert_int_equal(journal_intent(j, "file.a", "create", one, &f->ds), 0);
	assert_int_equal(journal_intent(j, "file.b", "delete", one, &f->ds), 0);
	assert_int_equal(journal_intent(j, "file.a", "create", two, &f->ds), 0);
	assert_int_equal(journal_forget(j, "file.b", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	journal_left_init(&left);
	assert_int_equal(journal_read(f->b, &left, &f->ds), 0);
	assert_int_equal(left.nintents, 2);
	assert_int_equal(json_integer_value(left.intents[0].token), 1);
	assert_int_equal(json_integer_value(left.intents[1].token), 2);
	journal_left_done(&left);

	assert_int_equal(journal_none(j, "file.a", &f->ds), 0);
	assert_int_equal(journal_end(j, &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	journal_free(j);
	journal_left_init(&left);
	assert_int_equal(journal_read(f->b, &left, &f->ds), 0);
	assert_int_equal(left.nintents, 0);
	assert_true(left.ended);
	journal_left_done(&left);
}

/* One of the two addresses has the object, wherever the journal is cut; what
 * was announced under the old one is open under the new one. */
static void
moved_at_every_byte(void **state)
{
	struct fixture *f = *state;
	const struct state_entry was = { .addr = "file.old", .kind = "file" };
	const struct state_entry is = { .addr = "file.new", .kind = "file" };
	CLEANUP(freep) char *text = NULL;
	struct journal *j = create(f);
	size_t n, begun;

	assert_int_equal(journal_intent(j, "file.old", "create", NULL, &f->ds),
			 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	text = text_of(f, &begun);
	free(TAKE(text));
	assert_int_equal(journal_moved(j, &is, "file.old", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	journal_free(j);
	text = text_of(f, &n);
	for (size_t i = begun; i <= n; i++) {
		struct journal_left left;
		struct state s;
		bool old;

		state_init(&s);
		state_put(&s, &was);
		write_text(f, text, i);
		journal_left_init(&left);
		assert_int_equal(journal_read(f->b, &left, &f->ds), 0);
		assert_int_equal(journal_replay(&left, &s, &f->ds), 0);
		old = state_get(&s, "file.old") != NULL;
		assert_int_equal(old, lines(text, i) == 2);
		assert_int_equal(state_get(&s, "file.new") != NULL, !old);
		assert_int_equal(left.nintents, 1);
		assert_string_equal(left.intents[0].addr,
				    old ? "file.old" : "file.new");
		journal_left_done(&left);
		state_done(&s);
	}
}

/*
 * The disk fills up: no intent is accepted any more, but what was begun can
 * still be recorded; after a failed write nothing is accepted.
 */
static void
full_disk(struct fixture *f)
{
	struct journal *j = create(f);
	int n = 0;

	t_limit_file_size(600u << 10);
	while (n < 100000 &&
	       journal_intent(j, "file.a", "create", NULL, &f->ds) == 0)
		n++;
	assert_true(n > 1000 && n < 100000);
	t_error(&f->ds, "E0510", "not enough disk space");
	assert_non_null(f->ds.first->hint);
	/* Records worth the slack still fit. */
	for (int i = 0; i < 1000; i++)
		done(f, j, i);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	assert_int_equal(records(f, ""), n + 1001);
	/* At last even that is used up. */
	n = 0;
	while (n < 100000 && journal_gone(j, "file.a", &f->ds) == 0 &&
	       (n % 1000 || journal_sync(j, &f->ds) == 0))
		n++;
	assert_true(n > 0 && n < 100000);
	assert_string_equal(f->ds.last->code, "E0511");
	assert_int_equal(journal_sync(j, &f->ds), -1);
	assert_int_equal(journal_gone(j, "file.a", &f->ds), -1);
	assert_int_equal(journal_intent(j, "file.a", "create", NULL, &f->ds),
			 -1);
	assert_non_null(strstr(f->ds.last->summary, "after a failed write"));
	assert_true(records(f, "") > 2000);
	journal_free(j);
}

/* The limit is for good, so this test runs in a process of its own. */
static void
space_is_reserved(void **state)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		full_disk(*state);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#ifdef OPL2_FAULTS
/* Dies at the named point while it writes; returns what can be read then. */
static int
crash_at(struct fixture *f, const char *point)
{
	int status;
	pid_t pid;

	unlink(f->path);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct journal *j = create(f);

		setenv("OPL2_FAULT", point, 1);
		done(f, j, 0);
		done(f, j, 1);
		journal_sync(j, &f->ds);
		done(f, j, 2);
		journal_sync(j, &f->ds);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return records(f, "");
}

static void
crash_points(void **state)
{
	assert_int_equal(crash_at(*state, "journal.before_append"), 1);
	assert_int_equal(crash_at(*state, "journal.before_write"), 1);
	assert_int_equal(crash_at(*state, "journal.after_write"), 3);
	assert_int_equal(crash_at(*state, "journal.after_fsync"), 3);
	assert_int_equal(crash_at(*state, "journal.before_append:3"), 3);
	assert_int_equal(crash_at(*state, "journal.after_fsync:2"), 4);
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A run ends without reading its journal when the writer says that nothing is
 * open: a reader must find the same, whatever was written. */
static void
settled_as_read(void **state)
{
	static const char *const addrs[] = { "file.a", "file.b", "file.c" };
	struct fixture *f = *state;
	unsigned seed = 4711, open = 0;

	for (int round = 0; round < 200; round++) {
		struct journal *j = create(f);
		struct journal_left left;

		for (int i = 0; i < 12; i++) {
			const char *addr = addrs[rand_r(&seed) % 3];
			const char *from = addrs[rand_r(&seed) % 3];
			const struct state_entry e = { .addr = addr,
						       .kind = "file" };
			pid_t pgid = 10 + rand_r(&seed) % 2;
			int rc = 0;

			switch (rand_r(&seed) % 9) {
			case 0:
				rc = journal_intent(j, addr, "create", NULL,
						    &f->ds);
				break;
			case 1:
				rc = journal_done(j, &e, NULL, &f->ds);
				break;
			case 2:
				if (strcmp(addr, from) != 0)
					rc = journal_moved(j, &e, from, &f->ds);
				break;
			case 3:
				rc = journal_gone(j, addr, &f->ds);
				break;
			case 4:
				rc = journal_forget(j, addr, &f->ds);
				break;
			case 5:
				rc = journal_none(j, addr, &f->ds);
				break;
			case 6:
				rc = journal_pgroup(j, pgid, "boot", 77,
						    &f->ds);
				break;
			default:
				rc = journal_pgroup_end(j, pgid, &f->ds);
			}
			assert_int_equal(rc, 0);
		}
		assert_false(journal_settled(j));
		assert_int_equal(journal_sync(j, &f->ds), 0);
		journal_left_init(&left);
		assert_int_equal(journal_read(f->b, &left, &f->ds), 0);
		assert_int_equal(journal_settled(j),
				 left.nintents + left.npgroups == 0);
		open += left.nintents + left.npgroups > 0;
		journal_left_done(&left);
		journal_free(j);
	}
	assert_in_range(open, 20, 180);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cut_at_every_byte),
		TEST(edit_of_any_byte),
		TEST(missing_line),
		TEST(holes),
		TEST(not_a_journal),
		TEST(newer_format),
		TEST(several_intents_of_one_address),
		TEST(moved_at_every_byte),
		TEST(settled_as_read),
		TEST(space_is_reserved),
#ifdef OPL2_FAULTS
		TEST(crash_points),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
