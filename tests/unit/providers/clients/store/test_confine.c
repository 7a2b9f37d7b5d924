/* What code that unpacks is refused, by the kernel. */
#include "tests/unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/clients/store/confine.h"

struct tried {
	const char *base; /* has in/, out/ and out/old */
	int port;         /* somebody listens there */
	int inside, made_folder, linked, moved, removed, reads;
	int outside, over_old, out_folder, out_removed, out_moved, pipe;
	int runs, connects;
};

static const char *
at(const struct tried *t, const char *name)
{
	static char paths[2][512];
	static unsigned n;
	char *p = paths[n++ % 2];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", t->base, name);
	return p;
}

static int
error_of(int rc)
{
	return rc < 0 ? errno : 0;
}

static int
open_as(const struct tried *t, const char *name, int flags)
{
	int fd = open(at(t, name), flags | O_CLOEXEC, 0600);
	int e = error_of(fd);

	if (fd >= 0)
		close(fd);
	return e;
}

static int
run_true(void)
{
	char program[] = "/bin/true";
	char *argv[] = { program, NULL };
	char *env[] = { NULL };
	pid_t pid;
	int status, e = posix_spawn(&pid, argv[0], NULL, NULL, argv, env);

	if (e == 0)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	return e;
}

static int
connect_to(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = error_of(connect(fd, (struct sockaddr *)&a, sizeof(a)));

	close(fd);
	return e;
}

static void
try_all(void *arg)
{
	struct tried *t = arg;

	t->inside = open_as(t, "in/new", O_WRONLY | O_CREAT | O_TRUNC);
	t->made_folder = error_of(mkdir(at(t, "in/sub"), 0700));
	t->linked = error_of(symlink("new", at(t, "in/sub/link")));
	t->moved = error_of(rename(at(t, "in/new"), at(t, "in/sub/new")));
	t->removed = error_of(unlink(at(t, "in/sub/new")));
	t->reads = open_as(t, "out/old", O_RDONLY);
	t->outside = open_as(t, "out/new", O_WRONLY | O_CREAT);
	t->over_old = open_as(t, "out/old", O_WRONLY | O_TRUNC);
	t->out_folder = error_of(mkdir(at(t, "out/sub"), 0700));
	t->out_removed = error_of(unlink(at(t, "out/old")));
	t->out_moved = error_of(rename(at(t, "out/old"), at(t, "in/old")));
	t->pipe = error_of(mkfifo(at(t, "in/pipe"), 0600));
	t->runs = run_true();
	t->connects = connect_to(t->port);
}

static int
listen_somewhere(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void
what_is_left_and_what_is_refused(void **state)
{
	struct tried t = { .base = *state };
	int listens = listen_somewhere(&t.port), dirfd;
	bool tcp;

	assert_int_equal(mkdir(at(&t, "in"), 0700), 0);
	assert_int_equal(mkdir(at(&t, "out"), 0700), 0);
	assert_int_equal(open_as(&t, "out/old", O_WRONLY | O_CREAT), 0);
	dirfd = open(at(&t, "in"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dirfd >= 0);
	if (!confine_run(dirfd, try_all, &t)) {
		print_message("# this kernel has no Landlock\n");
		skip();
	}
	assert_int_equal(t.inside, 0);
	assert_int_equal(t.made_folder, 0);
	assert_int_equal(t.linked, 0);
	assert_int_equal(t.moved, 0);
	assert_int_equal(t.removed, 0);
	assert_int_equal(t.reads, 0);
	assert_int_equal(t.outside, EACCES);
	assert_int_equal(t.over_old, EACCES);
	assert_int_equal(t.out_folder, EACCES);
	assert_int_equal(t.out_removed, EACCES);
	assert_true(t.out_moved == EACCES || t.out_moved == EXDEV);
	assert_int_equal(t.pipe, EACCES);
	assert_int_equal(t.runs, EACCES);
	tcp = t.connects == EACCES;
	if (!tcp)
		print_message("# this kernel does not restrict TCP\n");
	/* The thread that asked for it is as free as before. */
	assert_int_equal(open_as(&t, "out/new", O_WRONLY | O_CREAT), 0);
	assert_int_equal(run_true(), 0);
	assert_int_equal(connect_to(t.port), 0);
	close(dirfd);
	close(listens);
}

static void
without_a_folder_nothing_is_written(void **state)
{
	struct tried t = { .base = *state };
	int listens = listen_somewhere(&t.port);

	assert_int_equal(mkdir(at(&t, "in"), 0700), 0);
	assert_int_equal(mkdir(at(&t, "out"), 0700), 0);
	assert_int_equal(open_as(&t, "out/old", O_WRONLY | O_CREAT), 0);
	if (!confine_run(-1, try_all, &t))
		skip();
	assert_int_equal(t.reads, 0);
	assert_int_equal(t.inside, EACCES);
	assert_int_equal(t.made_folder, EACCES);
	assert_int_equal(t.outside, EACCES);
	assert_int_equal(t.out_removed, EACCES);
	close(listens);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_left_and_what_is_refused, t_setup_dir,
			t_teardown_dir),
		cmocka_unit_test_setup_teardown(
			without_a_folder_nothing_is_written, t_setup_dir,
			t_teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
