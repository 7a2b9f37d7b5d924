#include "tests/unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/limits.h"
#include "engine/io/fault.h"
#include "engine/io/frame.h"

static void
read_and_replace(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "f");
	CLEANUP(buf_done) struct buf b = BUF_INIT(8);
	char sum[65];
	struct stat st;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_read_opt(path, &b, &ds), 1);
	assert_false(file_exists(path));
	t_no_errors(&ds);
	assert_int_equal(file_replace(path, "one", 3, 0640, &ds), 0);
	assert_int_equal(file_replace(path, "abc", 3, 0600, &ds), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(file_read(path, &b, &ds), 0);
	assert_string_equal(buf_str(&b), "abc");
	assert_int_equal(file_sha256(path, sum, &ds), 0);
	assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
	t_no_errors(&ds);
	buf_reset(&b);
	assert_int_equal(file_replace(path, "123456789", 9, 0600, &ds), 0);
	assert_int_equal(file_read(path, &b, &ds), -1);
	t_error(&ds, "E0501", "larger than 8 bytes");
	diags_done(&ds);
}

static void
create_keeps_what_is_there(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "new");
	CLEANUP(freep) char *dangling = path_join(*state, "dangling");
	CLEANUP(buf_done) struct buf b = BUF_INIT(8);
	struct diags ds;
	struct stat st;

	diags_init(&ds);
	assert_int_equal(file_create(path, "one", 3, 0600, &ds), 0);
	assert_int_equal(file_create(path, "two", 3, 0600, &ds), 1);
	assert_int_equal(file_read(path, &b, &ds), 0);
	assert_string_equal(buf_str(&b), "one");
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(file_create(dangling, "two", 3, 0600, &ds), 1);
	assert_int_equal(lstat(dangling, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
failures(void **state)
{
	CLEANUP(freep) char *none = path_join(*state, "no/such");
	CLEANUP(buf_done) struct buf b = BUF_INIT(8);
	char sum[65];
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_read(none, &b, &ds), -1);
	t_error(&ds, "E0501", "No such file");
	assert_int_equal(file_replace(none, "x", 1, 0600, &ds), -1);
	assert_int_equal(file_sha256(none, sum, &ds), -1);
	assert_int_equal(file_fsync_dir(none, &ds), -1);
	assert_int_equal(file_read(*state, &b, &ds), -1);
	assert_int_equal(file_replace(*state, "x", 1, 0600, &ds), -1);
	assert_int_equal(ds.nerrors, 6);
	assert_int_equal(file_remove_tree(none, &ds), 0);
	diags_done(&ds);
}

static void
folders(void **state)
{
	CLEANUP(freep) char *deep = path_join(*state, "a/b/c/");
	CLEANUP(freep) char *outside = path_join(*state, "keep");
	CLEANUP(freep) char *link = path_join(*state, "a/b/link");
	CLEANUP(freep) char *file = path_join(*state, "a/b/c/file");
	CLEANUP(freep) char *below = path_join(*state, "keep/x");
	CLEANUP(freep) char *top = path_join(*state, "a");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_mkdirs(deep, 0755, &ds), 0);
	assert_int_equal(file_mkdirs(deep, 0755, &ds), 0);
	assert_int_equal(file_replace(outside, "x", 1, 0600, &ds), 0);
	assert_int_equal(file_mkdirs(below, 0755, &ds), -1);
	t_error(&ds, "E0501", "Not a directory");
	diags_done(&ds);
	diags_init(&ds);
	assert_int_equal(unlink(outside), 0);
	assert_int_equal(file_mkdirs(below, 0755, &ds), 0);
	assert_int_equal(file_replace(file, "x", 1, 0400, &ds), 0);
	assert_int_equal(symlink("../../keep", link), 0);
	assert_int_equal(chmod(deep, 0500), 0);
	assert_int_equal(file_remove_tree(top, &ds), 0);
	assert_false(file_exists(top));
	assert_true(file_exists(below));
	assert_int_equal(file_remove_tree(top, &ds), 0);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* What a killed writer left goes when its file is written, or all of a folder;
 * what somebody holds stays. */
static void
dead_temps(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "f");
	CLEANUP(freep) char *own = path_join(*state, "f.tmp-abcdef");
	CLEANUP(freep) char *held = path_join(*state, "f.tmp-uvwxyz");
	CLEANUP(freep) char *other = path_join(*state, "g.tmp-abcdef");
	CLEANUP(freep) char *users = path_join(*state, "f.tmp-of-mine");
	const char *all[] = { own, held, other, users };
	CLEANUP(close_fdp) int fd = -1;
	struct diags ds;

	diags_init(&ds);
	for (size_t i = 0; i < COUNTOF(all); i++)
		close(creat(all[i], 0600));
	fd = open(held, O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(file_replace(path, "x", 1, 0600, &ds), 0);
	assert_false(file_exists(own));
	assert_true(file_exists(held) && file_exists(other));
	file_remove_temps(*state);
	assert_false(file_exists(other));
	assert_true(file_exists(held) && file_exists(users));
	close_fdp(&fd);
	assert_int_equal(file_create(path, "y", 1, 0600, &ds), 1);
	assert_false(file_exists(held));
	assert_true(file_exists(path) && file_exists(users));
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
joins(void **state)
{
	static const char *const t[][3] = {
		{ "a", "b", "a/b" }, { "a/", "b", "a/b" },
		{ "a", "/b", "/b" }, { "", "b", "b" },
		{ "/", "b", "/b" },  { "a//", "b/c", "a/b/c" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(t); i++) {
		CLEANUP(freep) char *got = path_join(t[i][0], t[i][1]);

		assert_string_equal(got, t[i][2]);
	}
}

static void
frames(void **state)
{
	CLEANUP(put_json)
	json_t *msg = json_pack("{s:s, s:i}", "a", "x", "n", 5);
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
	json_t *got = NULL;
	char bytes[200];
	ssize_t n;
	int sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(frame_send(sv[0], msg), 0);
	assert_int_equal(frame_send(sv[0], msg), 0);
	assert_int_equal(frame_recv(sv[1], &got), 1);
	assert_true(json_equal(msg, got));
	json_decref(got);
	/* The second one arrives byte by byte. */
	n = read(sv[1], bytes, sizeof(bytes));
	assert_true(n > 4);
	for (ssize_t i = 0; i < n; i++) {
		assert_int_equal(frame_take(&b, &got), 0);
		buf_addch(&b, bytes[i]);
	}
	assert_int_equal(frame_take(&b, &got), 1);
	assert_true(json_equal(msg, got));
	json_decref(got);
	assert_int_equal(b.n, 0);
	/* Half a message, then the end. */
	assert_int_equal(fd_write_all(sv[0], bytes, (size_t)n - 1), 0);
	close(sv[0]);
	assert_int_equal(frame_recv(sv[1], &got), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(frame_recv(sv[1], &got), 0);
	/* The peer is gone: an errno, and this process lives on. */
	assert_int_equal(frame_send(sv[1], msg), -1);
	assert_int_equal(errno, EPIPE);
	close(sv[1]);
}

static void
malformed_frames(void **state)
{
	static const char *const heads[] = { "\0\0\0\0", "\xff\xff\xff\xff",
					     "\0\0\0\1{" };
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
	json_t *got = NULL;
	int sv[2];

	(void)state;
	for (size_t i = 0; i < COUNTOF(heads); i++) {
		size_t n = i == 2 ? 5 : 4;

		buf_reset(&b);
		buf_add(&b, heads[i], n);
		assert_int_equal(frame_take(&b, &got), -1);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		assert_int_equal(fd_write_all(sv[0], heads[i], n), 0);
		assert_int_equal(frame_recv(sv[1], &got), -1);
		close(sv[0]);
		close(sv[1]);
	}
}

#ifdef OPL2_FAULTS
/* Runs three passes of a point; the status of the process. */
static int
three_passes(const char *fault, const char *log)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("OPL2_FAULT_LOG", log, 1);
		setenv("OPL2_FAULT", fault, 1);
		FAULT("test.one");
		FAULT("test.two");
		FAULT("test.one");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
fault_points(void **state)
{
	CLEANUP(freep) char *log = path_join(*state, "log");
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
	struct diags ds;
	int status;

	diags_init(&ds);
	status = three_passes("test.one:2", log);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(file_read(log, &b, &ds), 0);
	assert_string_equal(buf_str(&b), "test.one\ntest.two\ntest.one\n");
	assert_int_equal(unlink(log), 0);
	status = three_passes("test.two", log);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	buf_reset(&b);
	assert_int_equal(file_read(log, &b, &ds), 0);
	assert_string_equal(buf_str(&b), "test.one\ntest.two\n");
	assert_int_equal(three_passes("test.one:3", log), 0);
	assert_int_equal(three_passes("test", log), 0);
	diags_done(&ds);
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(read_and_replace), TEST(create_keeps_what_is_there),
		TEST(failures),         TEST(folders),
		TEST(dead_temps),       TEST(joins),
		TEST(frames),           TEST(malformed_frames),
#ifdef OPL2_FAULTS
		TEST(fault_points),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
