#include "engine/io/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"

/* One of ours that lies where the program gets another is moved, to *moved,
 * which is closed afterwards. An error number, or 0. */
static int
give_fd(const struct spawn *s, int i, posix_spawn_file_actions_t *fa,
	int *moved)
{
	int fd = s->fd[i];

	if (fd == SPAWN_KEEP)
		return 0;
	if (fd == SPAWN_NULL)
		return posix_spawn_file_actions_addopen(
			fa, i, i == 0 && s->in ? s->in : "/dev/null",
			i == 0 && s->in ? O_RDONLY : O_RDWR, 0);
	if (fd < s->nfds && fd != i)
		fd = *moved = fcntl(fd, F_DUPFD_CLOEXEC, s->nfds);
	/* A dup2 onto itself clears close-on-exec. */
	return fd < 0 ? errno : posix_spawn_file_actions_adddup2(fa, fd, i);
}

static void
set_attributes(const struct spawn *s, posix_spawnattr_t *at)
{
	static const short leads[] = { [SPAWN_GROUP] = POSIX_SPAWN_SETPGROUP,
				       [SPAWN_SESSION] = POSIX_SPAWN_SETSID };
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(at, &all);
	posix_spawnattr_setsigmask(at, &none);
	posix_spawnattr_setflags(at, (short)(POSIX_SPAWN_SETSIGDEF |
					     POSIX_SPAWN_SETSIGMASK |
					     leads[s->leads]));
}

/* All descriptors from `from` on are closed in the program. */
#ifdef __GLIBC__
static void
close_from(posix_spawn_file_actions_t *fa, int from)
{
	posix_spawn_file_actions_addclosefrom_np(fa, from);
}
#else
/* musl has an action for each, and does not mind one that is closed by then. */
static void
close_from(posix_spawn_file_actions_t *fa, int from)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	uint64_t fd;

	while (d && (e = readdir(d)))
		if (parse_u64(e->d_name, INT_MAX, &fd) == 0 && (int)fd >= from)
			posix_spawn_file_actions_addclose(fa, (int)fd);
	if (d)
		closedir(d);
}
#endif

pid_t
spawn_program(const struct spawn *s)
{
	int moved[SPAWN_FDS] = { -1, -1, -1, -1, -1 }, err = 0;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	pid_t pid = -1;

	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	set_attributes(s, &at);
	for (int i = 0; !err && i < s->nfds; i++)
		err = give_fd(s, i, &fa, &moved[i]);
	close_from(&fa, s->nfds);
	if (s->dir)
		posix_spawn_file_actions_addchdir_np(&fa, s->dir);
	if (!err)
		err = posix_spawnp(&pid, s->path, &fa, &at,
				   (char *const *)(uintptr_t)s->argv,
				   s->env ? s->env : environ);
	for (int i = 0; i < s->nfds; i++)
		if (moved[i] >= 0)
			close(moved[i]);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	errno = err;
	return err ? -1 : pid;
}

int
spawn_ask(const char *const *argv, const char *question, struct buf *answer)
{
	CLEANUP(close_fdp) int from = -1;
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, status = -1;
	char text[4096];
	pid_t pid = -1;
	ssize_t n;

	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
		pid = spawn_program(
			&(struct spawn){ .path = argv[0],
					 .argv = argv,
					 .fd = { in[0], out[1], SPAWN_NULL },
					 .nfds = 3 });
	from = out[0];
	close_fdp(&in[0]);
	close_fdp(&out[1]);
	if (pid > 0)
		(void)fd_write_all(in[1], question, strlen(question));
	close_fdp(&in[1]);
	while (pid > 0 && ((n = read(from, text, sizeof(text))) > 0 ||
			   (n < 0 && errno == EINTR)))
		if (n > 0)
			buf_add(answer, text, (size_t)n);
	explicit_bzero(text, sizeof(text));
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid <= 0              ? -1
	       : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				     : WEXITSTATUS(status);
}
