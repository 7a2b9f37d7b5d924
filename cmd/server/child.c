#include "cmd/server/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"

#define TICK_MS 100

/* A child in a process group of its own, and what it says. */
struct child {
	pid_t pid;
	int out, err; /* -1: closed */
};

char *
server_find_opl2(const char *code, struct diags *ds)
{
	static const char *const places[] = { "opl2", "../../bin/opl2" };
	CLEANUP(freep) char *self = program_dir();

	if (!self) {
		diag_errno(ds, code, "cannot find the path of this program");
		return NULL;
	}
	for (size_t i = 0; i < COUNTOF(places); i++) {
		char *path = path_join(self, places[i]);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	diag_err(ds, code, "there is no opl2 next to '%s'", self);
	return NULL;
}

static int
child_start(const char *path, const char *const *argv, struct child *c)
{
	int out[2], err[2], rc;
	struct spawn s = {
		.path = path, .argv = argv, .nfds = 3, .leads = SPAWN_GROUP
	};

	if (pipe2(out, O_CLOEXEC))
		return errno;
	if (pipe2(err, O_CLOEXEC)) {
		rc = errno;
		close(out[0]);
		close(out[1]);
		return rc;
	}
	s.fd[0] = SPAWN_NULL;
	s.fd[1] = out[1];
	s.fd[2] = err[1];
	c->pid = spawn_program(&s);
	rc = c->pid < 0 ? errno : 0;
	close(out[1]);
	close(err[1]);
	c->out = out[0];
	c->err = err[0];
	return rc;
}

/* What is there to be read now; closes at the end. */
static void
child_take(int *fd, short revents, struct buf *to)
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
child_listen(struct child *c, unsigned timeout_ms, const atomic_bool *cancel,
	     struct buf *out, struct buf *err)
{
	uint64_t until = mono_ms() + timeout_ms;

	while (c->out >= 0 || c->err >= 0) {
		struct pollfd fd[] = { { .fd = c->out, .events = POLLIN },
				       { .fd = c->err, .events = POLLIN } };

		if (atomic_load(cancel) || mono_ms() > until)
			return -1;
		if (poll(fd, 2, TICK_MS) <= 0)
			continue;
		child_take(&c->out, fd[0].revents, out);
		child_take(&c->err, fd[1].revents, err);
	}
	return 0;
}

int
server_run_child(const char *path, const char *const *argv, unsigned timeout_ms,
		 const atomic_bool *cancel, struct buf *out, struct buf *why)
{
	struct child c = { .pid = -1, .out = -1, .err = -1 };
	int rc = child_start(path, argv, &c), status = -1, late;

	if (rc) {
		buf_addf(why, "cannot run '%s': %s\n", path, strerror(rc));
		return -1;
	}
	late = child_listen(&c, timeout_ms, cancel, out, why);
	if (late) {
		buf_addf(why, "%s %s took longer than %u ms\n", argv[0],
			 argv[1], timeout_ms);
		kill(-c.pid, SIGKILL);
	}
	if (c.out >= 0)
		close(c.out);
	if (c.err >= 0)
		close(c.err);
	while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		;
	return !late && WIFEXITED(status) && !out->over ? WEXITSTATUS(status)
							: -1;
}
