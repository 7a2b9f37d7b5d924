#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "state/file/lock.h"

static int
take(struct lock *l, const char *path, const char *command, uint64_t ms,
     lease_wait_fn wait, void *arg, struct diags *ds)
{
	struct lease_claim claim = { .command = command,
				     .since = "2026-01-02T03:04:05Z",
				     .timeout_ms = ms,
				     .wait = wait,
				     .arg = arg };

	return lock_take(l, path, &claim, ds);
}

/* A process that holds the lock until its end of the socket is closed. */
static pid_t
hold(const char *path, int *fd)
{
	struct lock l = LOCK_INIT;
	struct diags ds;
	int sv[2];
	pid_t pid;
	char c;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(sv[0]);
		diags_init(&ds);
		if (take(&l, path, "opl2 apply", 0, NULL, NULL, &ds) < 0)
			_exit(1);
		c = 'h';
		if (write(sv[1], &c, 1) != 1)
			_exit(2);
		while (read(sv[1], &c, 1) > 0)
			;
		_exit(0);
	}
	close(sv[1]);
	assert_int_equal(read(sv[0], &c, 1), 1);
	*fd = sv[0];
	return pid;
}

static void
let_go(pid_t pid, int fd)
{
	int status;

	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
take_and_release(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "lock");
	struct lock l = LOCK_INIT;
	struct lease_holder h;
	struct diags ds;

	diags_init(&ds);
	assert_false(lock_read_holder(path, &h));
	assert_int_equal(take(&l, path, "opl2 plan", 0, NULL, NULL, &ds), 0);
	assert_true(lock_fd(&l) >= 0);
	assert_true(fcntl(lock_fd(&l), F_GETFD) & FD_CLOEXEC);
	assert_true(lock_read_holder(path, &h));
	assert_int_equal(h.pid, getpid());
	assert_string_equal(h.command, "opl2 plan");
	assert_string_equal(h.since, "2026-01-02T03:04:05Z");
	lock_release(&l);
	lock_release(&l);
	assert_int_equal(take(&l, path, "opl2 plan", 0, NULL, NULL, &ds), 0);
	lock_release(&l);
	t_no_errors(&ds);
	diags_done(&ds);
}

static void
refusal_names_the_holder(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "lock");
	CLEANUP(freep) char *who = NULL;
	struct lock l = LOCK_INIT;
	struct diags ds;
	pid_t pid;
	int fd;

	diags_init(&ds);
	pid = hold(path, &fd);
	who = xasprintf("'opl2 apply' holds the lock: process %d on", (int)pid);
	assert_int_equal(take(&l, path, "opl2 plan", 0, NULL, NULL, &ds), -1);
	t_error(&ds, "E0507", who);
	assert_int_equal(diags_exit_code(&ds), 4);
	assert_int_equal(lock_fd(&l), -1);
	let_go(pid, fd);
	diags_done(&ds);
}

/* The holder is gone, but somebody still has its descriptor. */
static void
worker_keeps_the_lock(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "lock");
	struct lock l = LOCK_INIT, other = LOCK_INIT;
	struct diags ds;
	int status, mine;
	pid_t pid;

	diags_init(&ds);
	/* Opened here, locked there: the file description is shared. */
	assert_int_equal(take(&l, path, "x", 0, NULL, NULL, &ds), 0);
	mine = dup(lock_fd(&l));
	assert_true(mine >= 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		CLEANUP(freep)
		char *text = xasprintf(
			"{\"pid\":%d,\"host\":\"\",\"command\":\"opl2 apply\","
			"\"since\":\"then\"}",
			(int)getpid());
		char host[256];
		json_t *j = jx_parse(text, strlen(text), "", NULL);

		gethostname(host, sizeof(host));
		json_object_set_new(j, "host", json_string(host));
		free(text);
		text = jx_dump_line(j);
		if (ftruncate(mine, 0) < 0 ||
		    pwrite(mine, text, strlen(text), 0) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	lock_release(&l);
	assert_int_equal(take(&other, path, "y", 0, NULL, NULL, &ds), -1);
	t_error(&ds, "E0507",
		"has ended, but one of its workers is still running");
	close(mine);
	assert_int_equal(take(&other, path, "y", 0, NULL, NULL, &ds), 0);
	lock_release(&other);
	diags_done(&ds);
}

struct waiting {
	pid_t pid;
	int fd, calls;
	bool stay;
	char command[256];
};

static bool
on_wait(void *arg, const struct lease_holder *h)
{
	struct waiting *w = arg;

	w->calls++;
	snprintf(w->command, sizeof(w->command), "%s", h->command);
	if (w->stay)
		let_go(w->pid, w->fd);
	return w->stay;
}

static void
waiting_gets_it(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "lock");
	struct waiting w = { .stay = true };
	struct lock l = LOCK_INIT;
	struct diags ds;

	diags_init(&ds);
	w.pid = hold(path, &w.fd);
	assert_int_equal(take(&l, path, "me", 10000, on_wait, &w, &ds), 0);
	assert_int_equal(w.calls, 1);
	assert_string_equal(w.command, "opl2 apply");
	lock_release(&l);
	diags_done(&ds);
}

static void
waiting_ends(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "lock");
	struct waiting w = { .stay = false };
	struct lock l = LOCK_INIT;
	struct diags ds;

	diags_init(&ds);
	w.pid = hold(path, &w.fd);
	assert_int_equal(take(&l, path, "me", 600000, on_wait, &w, &ds), -1);
	assert_int_equal(w.calls, 1);
	assert_int_equal(take(&l, path, "me", 20, NULL, NULL, &ds), -1);
	assert_int_equal(ds.nerrors, 2);
	let_go(w.pid, w.fd);
	diags_done(&ds);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(take_and_release),      TEST(refusal_names_the_holder),
		TEST(worker_keeps_the_lock), TEST(waiting_gets_it),
		TEST(waiting_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
