#include "state/file/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"

#define NAP_MS       100u
#define HOLDER_BYTES 4096u

static void
host_name(char *out, size_t n)
{
	if (gethostname(out, n) < 0)
		*out = '\0';
	out[n - 1] = '\0';
}

static bool
has_ended(const struct lease_holder *h)
{
	char host[sizeof(h->host)];

	host_name(host, sizeof(host));
	return h->pid > 0 && strcmp(host, h->host) == 0 &&
	       kill(h->pid, 0) < 0 && errno == ESRCH;
}

bool
lock_read_holder(const char *path, struct lease_holder *out)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(put_json) json_t *j = NULL;
	char text[HOLDER_BYTES];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text), 0);

	*out = (struct lease_holder){ 0 };
	if (n > 0)
		j = jx_parse(text, (size_t)n, path, NULL);
	if (!json_is_object(j))
		return false;
	out->pid = (pid_t)jx_int(j, "pid", 0);
	snprintf(out->host, sizeof(out->host), "%s", jx_str(j, "host", ""));
	snprintf(out->command, sizeof(out->command), "%s",
		 jx_str(j, "command", ""));
	snprintf(out->since, sizeof(out->since), "%s", jx_str(j, "since", ""));
	out->ended = has_ended(out);
	return true;
}

static int
lock_refuse(const char *path, struct diags *ds)
{
	struct lease_holder h;

	if (!lock_read_holder(path, &h)) {
		diag_err(ds, "E0507", "another run holds the lock '%s'", path);
		diag_hint(ds, "wait until it ends, or use -lock-timeout=2m");
	} else if (!h.ended) {
		diag_err(ds, "E0507",
			 "'%s' holds the lock: process %d on %s, since %s",
			 h.command, (int)h.pid, h.host, h.since);
		diag_hint(ds, "wait until it ends, or use -lock-timeout=2m");
	} else {
		diag_err(ds, "E0507",
			 "'%s' (process %d, since %s) has ended, but one of "
			 "its workers is still running",
			 h.command, (int)h.pid, h.since);
		diag_hint(ds, "the worker ends when its step is finished: use "
			      "-lock-timeout=5m");
	}
	return -1;
}

static int
write_holder(int fd, const char *path, const char *command, const char *since,
	     struct diags *ds)
{
	CLEANUP(put_json) json_t *j = json_object();
	CLEANUP(freep) char *text = NULL;
	char host[sizeof(((struct lease_holder *)0)->host)];

	host_name(host, sizeof(host));
	json_object_set_new(j, "pid", json_integer(getpid()));
	json_object_set_new(j, "host", json_string(host));
	json_object_set_new(j, "command", jx_strf("%.200s", command));
	json_object_set_new(j, "since", jx_strf("%.60s", since));
	text = jx_dump(j);
	if (ftruncate(fd, 0) < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		return diag_errno(ds, "E0501", "cannot write '%s'", path);
	return 0;
}

struct waiting {
	const char *path;
	const struct lease_claim *claim;
	uint64_t start;
};

static bool
lease_held(void *arg, unsigned before UNUSED)
{
	static const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };
	const struct waiting *w = arg;
	struct lease_holder h;

	if (mono_ms() - w->start >= w->claim->timeout_ms)
		return true;
	lock_read_holder(w->path, &h);
	if (w->claim->wait && !w->claim->wait(w->claim->arg, &h))
		return true;
	nanosleep(&nap, NULL);
	return false;
}

int
lock_take(struct lock *l, const char *path, const struct lease_claim *claim,
	  struct diags *ds)
{
	CLEANUP(close_fdp)
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct waiting w = { path, claim, mono_ms() };
	int rc = fd < 0 ? -1 : flock_wait(fd, lease_held, &w);

	if (rc < 0)
		return diag_errno(ds, "E0501", "cannot lock '%s'", path);
	if (rc > 0)
		return lock_refuse(path, ds);
	if (write_holder(fd, path, claim->command, claim->since, ds) < 0)
		return -1;
	l->fd = fd_take(&fd);
	return 0;
}

/* A lock file that was removed is no lock: another run makes it anew. */
int
lock_check(const struct lock *l, const char *path, struct diags *ds)
{
	struct stat mine, there;

	if (stat(path, &there) == 0 && fstat(l->fd, &mine) == 0 &&
	    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
		return 0;
	diag_err(ds, "E0515", "the lock '%s' was removed while a run held it",
		 path);
	diag_hint(ds, "rerun the command: it resumes from the journal");
	return -1;
}

int
lock_fd(const struct lock *l)
{
	return l->fd;
}

void
lock_release(struct lock *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
