#include "tests/unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/io/spawn.h"

/* Runs a script of sh; what it writes to its descriptor 4, which is our 3 as
 * long as it is started. malloc'd. */
static char *
run(const struct spawn *how, const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct spawn s = *how;
	char text[4096] = "";
	int out[2], status = -1;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	s.path = "sh";
	s.argv = argv;
	s.fd[0] = SPAWN_NULL;
	s.fd[1] = s.fd[2] = SPAWN_KEEP;
	s.fd[4] = 3;
	s.nfds = 5;
	if (out[0] == 3)
		out[0] = fcntl(3, F_DUPFD_CLOEXEC, 5);
	if (out[1] != 3) {
		assert_int_equal(dup3(out[1], 3, O_CLOEXEC), 3);
		close(out[1]);
	}
	pid = spawn_program(&s);
	assert_true(pid > 0);
	close(3);
	while (n + 1 < sizeof(text) &&
	       (got = read(out[0], text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	close(out[0]);
	text[n] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return xstrdup(text);
}

/* Ours lie where the program gets another: each comes to its place, whole. */
static void
descriptors(void **state)
{
	struct spawn s = { .in = NULL };
	CLEANUP(freep) char *path = path_join(*state, "three");
	CLEANUP(freep) char *text = NULL;
	struct diags ds;
	int fd;

	diags_init(&ds);
	assert_int_equal(file_replace(path, "of 3\n", 5, 0600, &ds), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	s.fd[3] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	assert_true(s.fd[3] >= 10);
	close(fd);
	text = run(&s, "cat <&3 >&4; ls /proc/self/fd >&4 2>/dev/null");
	/* ls has one more, of the folder. */
	assert_string_equal(text, "of 3\n0\n1\n2\n3\n4\n5\n");
	close(s.fd[3]);
	diags_done(&ds);
}

/* None is blocked or ignored, whatever we do. */
static void
signals(void **state UNUSED)
{
	struct spawn s = { .fd[3] = SPAWN_NULL };
	CLEANUP(freep) char *text = NULL;
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	signal(SIGPIPE, SIG_IGN);
	/* The C library keeps the signals 32 and 33 for itself. */
	text = run(&s, "sed -En 's/^Sig(Blk|Ign):.*(.{7})$/\\1 \\2/p' "
		       "/proc/self/status >&4");
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_string_equal(text, "Blk 0000000\nIgn 0000000\n");
}

static void
the_rest(void **state)
{
	CLEANUP(freep) char *dir = realpath(*state, NULL);
	CLEANUP(freep) char *path = path_join(dir, "input");
	CLEANUP(freep) char *want = xasprintf("%s\nread\nvalue\n", dir);
	CLEANUP(freep) char *text = NULL;
	char var[] = "VAR=value", *env[] = { var, NULL };
	struct spawn s = { .dir = dir,
			   .in = path,
			   .env = env,
			   .fd[3] = SPAWN_NULL,
			   .leads = SPAWN_GROUP };
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, "read\n", 5, 0600, &ds), 0);
	diags_done(&ds);
	text = run(&s, "pwd >&4; read -r x; echo $x >&4; echo $VAR >&4");
	assert_string_equal(text, want);
	/* The fifth field is the group, the sixth the session. */
	free(text);
	text = run(&s, "read -r a b c d e f g </proc/self/stat; "
		       "[ $e = $$ ] && [ $f != $$ ] && echo yes >&4");
	assert_string_equal(text, "yes\n");
	free(text);
	s.leads = SPAWN_SESSION;
	text = run(&s, "read -r a b c d e f g </proc/self/stat; "
		       "[ $e = $$ ] && [ $f = $$ ] && echo yes >&4");
	assert_string_equal(text, "yes\n");
}

static void
failures(void **state UNUSED)
{
	static const char *const argv[] = { "x", NULL };
	struct spawn s = { .path = "/no/such/program",
			   .argv = argv,
			   .nfds = 3,
			   .fd = { SPAWN_NULL, SPAWN_NULL, SPAWN_NULL } };

	assert_int_equal(spawn_program(&s), -1);
	assert_int_equal(errno, ENOENT);
	s.path = "/bin/sh";
	s.in = "/no/such/input";
	assert_int_equal(spawn_program(&s), -1);
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(descriptors, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(signals),
		cmocka_unit_test_setup_teardown(the_rest, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
