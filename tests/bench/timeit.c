/*
 * timeit RUNS [-e FILE] COMMAND [ARG...]: runs a command and prints
 * "median_ms min_ms max_rss_kib". With -e a byte of FILE (its last but one,
 * inside a comment) is changed before each run, so that nothing can be
 * answered from a cache of results. Fails when the command fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

extern char **environ;

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
touch_byte(const char *path, uint64_t i)
{
	char c = (char)('a' + i % 26);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, &c, 1, lseek(fd, 0, SEEK_END) - 2) != 1) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static double
run(char **argv, long *rss)
{
	posix_spawn_file_actions_t fa;
	struct rusage ru;
	int status, rc;
	double t0;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	t0 = now_ms();
	rc = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (rc || wait4(pid, &status, 0, &ru) != pid || status != 0) {
		fprintf(stderr, "timeit: '%s' failed\n", argv[0]);
		exit(1);
	}
	if (ru.ru_maxrss > *rss)
		*rss = ru.ru_maxrss;
	return now_ms() - t0;
}

int
main(int argc, char **argv)
{
	const char *edit = NULL;
	uint64_t i, n;
	double *t;
	long rss = 0;

	if (argc < 3 || parse_u64(argv[1], 100000, &n) || n == 0)
		return 3;
	argv += 2;
	if (strcmp(argv[0], "-e") == 0 && argc > 5) {
		edit = argv[1];
		argv += 2;
	}
	t = xcalloc(n, sizeof(*t));
	for (i = 0; i < n; i++) {
		if (edit)
			touch_byte(edit, i);
		t[i] = run(argv, &rss);
	}
	qsort(t, n, sizeof(*t), by_value);
	printf("%.2f %.2f %ld\n", t[n / 2], t[0], rss);
	free(t);
	return 0;
}
