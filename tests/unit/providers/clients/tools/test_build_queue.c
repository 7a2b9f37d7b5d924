/* The queue of builds: a place in it is not lost to those who look. */
#include "tests/unit/t.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "providers/clients/tools/build_queue.h"
#include "tests/unit/ops.h"

static int meddle;      /* places that another waiter is still to look at */
static int places = -1; /* in the folder when the turn was asked for */

static int
count_places(const char *turn)
{
	CLEANUP(freep)
	char *dir = xasprintf("%.*s", (int)(strrchr(turn, '/') - turn), turn);
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += e->d_name[0] >= '0' && e->d_name[0] <= '9';
	closedir(d);
	return n;
}

/* What another waiter does with a file that nobody has locked. */
static void
take_for_dead(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(syscall(SYS_flock, fd, LOCK_EX | LOCK_NB), 0);
	unlink(path);
	close(fd);
}

/* In the place of libc's: what happens between an open and its lock. */
int
flock(int fd, int op)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	assert_true(n > 0);
	path[n] = '\0';
	if (strcmp(strrchr(path, '/'), "/turn") == 0)
		places = count_places(path);
	else if (meddle-- > 0)
		take_for_dead(path);
	return (int)syscall(SYS_flock, fd, op);
}

static void
keeps_its_place(void **state UNUSED)
{
	char *dir = t_mkdir();
	struct t_op t;
	int fd = -1;

	t_op_init(&t, dir, "go_binary", "x");
	for (int times = 0; times < 3; times++) {
		meddle = times;
		places = -1;
		assert_int_equal(build_queue_take(&t.ctx, t.env.store_dir,
						  "build", 7, &fd),
				 OC_OK);
		assert_int_equal(places, 1);
		close(fd);
	}
	t_no_errors(&t.ds);
	t_op_done(&t);
	t_rmdir(dir);
}

/* Places of the dead go, whatever they weigh; flock() sees ours alone. */
static void
buries_the_dead(void **state UNUSED)
{
	char *dir = t_mkdir();
	struct diags ds;
	struct t_op t;
	int fd = -1;

	diags_init(&ds);
	t_op_init(&t, dir, "go_binary", "x");
	for (unsigned weight = 0; weight < 10; weight += 9) {
		CLEANUP(freep)
		char *at = xasprintf("%s/lock/build.queue", t.env.store_dir);
		CLEANUP(freep)
		char *dead = xasprintf("%s/%010u-1-1", at, weight);

		assert_int_equal(file_mkdirs(at, 0755, &ds), 0);
		assert_int_equal(file_replace(dead, "", 0, 0644, &ds), 0);
	}
	meddle = 0;
	places = -1;
	assert_int_equal(
		build_queue_take(&t.ctx, t.env.store_dir, "build", 7, &fd),
		OC_OK);
	assert_int_equal(places, 1);
	close(fd);
	t_no_errors(&t.ds);
	t_op_done(&t);
	diags_done(&ds);
	t_rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_place),
		cmocka_unit_test(buries_the_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
