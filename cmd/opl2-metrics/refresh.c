/* Runs `opl2 metrics`, for a limited time. It sees the state as it is now, and
 * what goes wrong in it is gone with it. */
#include "cmd/opl2-metrics/exporter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/spawn.h"

#define TICK_MS 100

/* A child in a process group of its own, and what it says. */
struct child {
	pid_t pid;
	int out, err; /* -1: closed */
};

static pid_t
spawn_metrics(const struct exporter *e, int out, int err)
{
	static const char *const argv[] = { "opl2", "metrics", NULL };
	struct spawn s = { .path = e->opl2,
			   .argv = argv,
			   .fd = { SPAWN_NULL, out, err },
			   .nfds = 3,
			   .leads = SPAWN_GROUP };

	return spawn_program(&s);
}

static int
refresh_start_child(const struct exporter *e, struct child *c)
{
	int out[2], err[2], rc;

	if (pipe2(out, O_CLOEXEC))
		return errno;
	if (pipe2(err, O_CLOEXEC)) {
		rc = errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	c->pid = spawn_metrics(e, out[1], err[1]);
	rc = c->pid < 0 ? errno : 0;
	close(out[1]);
	close(err[1]);
	c->out = out[0];
	c->err = err[0];
	return rc;
}

/* What is there to be read now; closes at the end. */
static void
refresh_take(int *fd, short revents, struct buf *to)
{
	char text[16384];
	ssize_t n;

	if (!revents)
		return;
	n = read(*fd, text, sizeof(text));
	if (n > 0) {
		buf_add(to, text, (size_t)n);
		return;
	}
	if (n < 0 && errno == EINTR)
		return;
	close(*fd);
	*fd = -1;
}

/* Reads until it has closed both. -1 when it took too long. */
static int
listen_to(struct exporter *e, struct child *c, struct buf *out, struct buf *err)
{
	uint64_t until = mono_ms() + e->timeout_ms;

	while (c->out >= 0 || c->err >= 0) {
		struct pollfd fd[] = { { .fd = c->out, .events = POLLIN },
				       { .fd = c->err, .events = POLLIN } };

		if (atomic_load(&e->cancel) || mono_ms() > until)
			return -1;
		if (poll(fd, 2, TICK_MS) <= 0)
			continue;
		refresh_take(&c->out, fd[0].revents, out);
		refresh_take(&c->err, fd[1].revents, err);
	}
	return 0;
}

static int
refresh_run(struct exporter *e, struct buf *out, struct buf *why)
{
	struct child c = { .pid = -1, .out = -1, .err = -1 };
	int rc = refresh_start_child(e, &c), status = -1, late;

	if (rc)
		buf_addf(why, "cannot run '%s': %s\n", e->opl2, strerror(rc));
	late = rc ? 0 : listen_to(e, &c, out, why);
	if (late) {
		buf_addf(why, "opl2 metrics took longer than %u ms\n",
			 e->timeout_ms);
		kill(-c.pid, SIGKILL);
	}
	if (c.out >= 0)
		close(c.out);
	if (c.err >= 0)
		close(c.err);
	while (rc == 0 && waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc == 0 && !late && WIFEXITED(status) &&
			       WEXITSTATUS(status) == 0 && !out->over
		       ? 0
		       : -1;
}

int
exporter_refresh(struct exporter *e, struct buf *why)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(EXPORTER_TEXT_MAX);

	if (e->at && mono_ms() - e->at < e->max_age_ms)
		return 0;
	if (refresh_run(e, &out, why))
		return -1;
	buf_done(&e->text);
	e->text = out;
	out = (struct buf)BUF_INIT(0);
	e->at = mono_ms();
	return 0;
}
