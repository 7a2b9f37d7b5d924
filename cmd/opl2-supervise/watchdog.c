/*
 * The watchdog: a process that does almost nothing, so that it hardly ever
 * dies. It holds the memfd with the secrets and starts a supervisor when there
 * is none; the supervisor in turn starts a watchdog when there is none. Each
 * watches the other by pidfd, so it does not matter which of them is the
 * other's parent.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "engine/base/mem.h"
#include "engine/io/libc.h"
#include "engine/io/spawn.h"

#define SHORT_LIFE_MS 5000
#define MAX_PAUSE_MS  10000

/* Where a watchdog and a supervisor have what they are given. */
#define MEMFD  3
#define NOTIFY 4

pid_t
self_spawn(const char *dir, bool watchdog, pid_t peer, int memfd, int notify)
{
	CLEANUP(freep) char *d = xasprintf("--dir=%s", dir);
	CLEANUP(freep)
	char *p = xasprintf(watchdog ? "--watch=%d" : "--guard-pid=%d",
			    (int)peer);
	const char *argv[] = { "opl2-supervise",
			       watchdog ? "--guard" : "--supervisor",
			       d,
			       "--memfd=3",
			       p,
			       notify < 0 ? NULL : "--notify=4",
			       NULL };
	struct spawn s = {
		.path = "/proc/self/exe",
		.argv = argv,
		.fd = { SPAWN_KEEP, SPAWN_KEEP,
			SPAWN_KEEP, [MEMFD] = memfd, [NOTIFY] = notify },
		.nfds = notify < 0 ? NOTIFY : NOTIFY + 1,
		.leads = SPAWN_SESSION
	};

	return spawn_program(&s);
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
			watch = self_spawn(dir, false, getpid(), memfd, notify);
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
	if (s->watchdog_pid > 0 && s->watchdog_pidfd < 0 &&
	    !s->watchdog_timer.due) {
		/* The one that started us. */
		if (watch_watchdog(s))
			return;
	}
	s->watchdog_pid = self_spawn(s->dir, true, getpid(), s->memfd, -1);
	if (s->watchdog_pid < 0 || !watch_watchdog(s)) {
		sup_log(s, "cannot start a watchdog: %s", strerror(errno));
		timer_on(&s->loop, &s->watchdog_timer, 10000, watchdog_again,
			 s);
	}
}
