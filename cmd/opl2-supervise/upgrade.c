/*
 * Going over to another build of this program in place. The pid stays, and so
 * the children stay ours. A program that does not run must not cost the
 * supervisor: it is tried first, and what fails after that leaves the old one.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/base/mem.h"
#include "engine/diag/exit.h"
#include "engine/io/libc.h"
#include "engine/io/spawn.h"

#define TRY_MS 5000

static pid_t
spawn_bare(const char *path)
{
	static const char *const argv[] = { "opl2-supervise", NULL };
	struct spawn s = { .path = path,
			   .argv = argv,
			   .fd = { SPAWN_NULL, SPAWN_NULL, SPAWN_NULL },
			   .nfds = 3 };

	return spawn_program(&s);
}

/* Without arguments this program says how it is used. */
int
upgrade_try(const char *path, struct diags *ds)
{
	pid_t pid = spawn_bare(path);
	CLEANUP(close_fdp) int fd = pid > 0 ? pidfd_open(pid, 0) : -1;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int st = 0;

	if (pid < 0)
		return diag_errno(ds, "E0914", "cannot run '%s'", path);
	if (fd < 0 || poll(&pfd, 1, TRY_MS) != 1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(st) && WEXITSTATUS(st) == EXIT_SPEC)
		return 0;
	return diag_err(ds, "E0914", "'%s' does not run as opl2-supervise",
			path);
}

void
upgrade_exec(struct sup *s)
{
	CLEANUP(freep) char *path = TAKE(s->upgrade);
	CLEANUP(freep) char *d = xasprintf("--dir=%s", s->dir);
	CLEANUP(freep) char *m = xasprintf("--memfd=%d", s->memfd);
	CLEANUP(freep)
	char *g = xasprintf("--guard-pid=%d", (int)s->watchdog_pid);
	char name[] = "opl2-supervise", role[] = "--supervisor";
	char *argv[] = { name, role, d, m, g, NULL };

	sup_log(s, "re-executing '%s'", path);
	fcntl(s->memfd, F_SETFD, 0);
	execve(path, argv, environ);
	sup_log(s, "cannot run '%s': %s; continuing with %s", path,
		strerror(errno), OPL2_VERSION);
	fcntl(s->memfd, F_SETFD, FD_CLOEXEC);
}
