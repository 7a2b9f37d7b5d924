/*
 * The watchdog: a process that does almost nothing, so that it hardly ever
 * dies. It holds the memfd with the secrets and starts a supervisor when there
 * is none; the supervisor in turn starts a watchdog when there is none. Each
 * watches the other by pidfd, so it does not matter which of them is the
 * other's parent.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>

#include "engine/base/mem.h"

#define SHORT_LIFE_MS 5000
#define MAX_PAUSE_MS  10000

pid_t
self_spawn(char *const argv[], const int *keep, size_t nkeep)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	pid_t pid = -1;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	/* A dup2 onto itself clears close-on-exec. */
	for (size_t i = 0; i < nkeep; i++)
		posix_spawn_file_actions_adddup2(&fa, keep[i], keep[i]);
	posix_spawnattr_init(&at);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
					      POSIX_SPAWN_SETSIGDEF |
					      POSIX_SPAWN_SETSID);
	err = posix_spawn(&pid, "/proc/self/exe", &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	errno = err;
	return err ? -1 : pid;
}

static pid_t
spawn_supervisor(const char *dir, int memfd, int notify)
{
	CLEANUP(freep) char *d = xasprintf("--dir=%s", dir);
	CLEANUP(freep) char *m = xasprintf("--memfd=%d", memfd);
	CLEANUP(freep) char *g = xasprintf("--guard-pid=%d", (int)getpid());
	CLEANUP(freep) char *n = xasprintf("--notify=%d", notify);
	char name[] = "opl2-supervise", role[] = "--supervisor";
	char *argv[] = { name, role, d, m, g, notify >= 0 ? n : NULL, NULL };
	int keep[] = { memfd, notify };

	return self_spawn(argv, keep, notify >= 0 ? 2 : 1);
}

static uint64_t
wait_end(pid_t pid)
{
	CLEANUP(close_fdp) int fd = pidfd_open(pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t start = loop_now();

	/* No descriptor: it is gone already. */
	while (fd >= 0 && poll(&pfd, 1, -1) < 0 && errno == EINTR)
		;
	return loop_now() - start;
}

int
watchdog_main(const char *dir, int memfd, pid_t watch, int notify)
{
	struct timespec ts = { 0 };
	unsigned pause_ms = 0;

	/* Orphans of a dead supervisor come here, and are not left zombies. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "opl2-guard");
	mem_hide();
	signal(SIGCHLD, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (;;) {
		if (watch <= 0)
			watch = spawn_supervisor(dir, memfd, notify);
		if (notify >= 0)
			close(notify);
		notify = -1;
		if (watch > 0 && wait_end(watch) > SHORT_LIFE_MS)
			pause_ms = 0;
		if (secret_memory_ended(memfd))
			return 0;
		ts.tv_sec = pause_ms / 1000;
		nanosleep(&ts, NULL);
		pause_ms = pause_ms ? pause_ms * 2 : 1000;
		if (pause_ms > MAX_PAUSE_MS)
			pause_ms = MAX_PAUSE_MS;
		watch = 0;
	}
}

static void
watchdog_again(void *arg)
{
	watchdog_spawn(arg);
}

static void
on_watchdog_end(void *arg, uint32_t events UNUSED)
{
	struct sup *s = arg;

	watch_off(&s->loop, &s->watchdogw);
	close(s->watchdog_pidfd);
	s->watchdog_pidfd = -1;
	sup_log(s, "the watchdog, pid %d, is gone; starting another",
		(int)s->watchdog_pid);
	timer_on(&s->loop, &s->watchdog_timer, 200, watchdog_again, s);
}

static bool
watch_watchdog(struct sup *s)
{
	s->watchdog_pidfd = pidfd_open(s->watchdog_pid, 0);
	return s->watchdog_pidfd >= 0 &&
	       watch_on(&s->loop, &s->watchdogw, s->watchdog_pidfd, EPOLLIN,
			on_watchdog_end, s) == 0;
}

void
watchdog_spawn(struct sup *s)
{
	CLEANUP(freep) char *d = xasprintf("--dir=%s", s->dir);
	CLEANUP(freep) char *m = xasprintf("--memfd=%d", s->memfd);
	CLEANUP(freep) char *w = xasprintf("--watch=%d", (int)getpid());
	char name[] = "opl2-supervise", role[] = "--guard";
	char *argv[] = { name, role, d, m, w, NULL };

	if (s->watchdog_pid > 0 && s->watchdog_pidfd < 0 &&
	    !s->watchdog_timer.due) {
		/* The one that started us. */
		if (watch_watchdog(s))
			return;
	}
	s->watchdog_pid = self_spawn(argv, &s->memfd, 1);
	if (s->watchdog_pid < 0 || !watch_watchdog(s)) {
		sup_log(s, "cannot start a watchdog: %s", strerror(errno));
		timer_on(&s->loop, &s->watchdog_timer, 10000, watchdog_again,
			 s);
	}
}
