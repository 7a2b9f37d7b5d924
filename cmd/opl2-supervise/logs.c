/*
 * Logs are plain files that a child has open for appending: a log pipe would
 * kill a Go program by SIGPIPE once the supervisor is gone. So a log is
 * rotated by copy and truncate, whenever it is found over its cap.
 */
#include "cmd/opl2-supervise/sup.h"
#include "cmd/opl2-supervise/pod.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

#define OWN_MAX    (4 << 20)
#define TICK_MS    1000
#define TRIM_TICKS 10
#define TAIL_BYTES 8192

int
log_open(const struct process_def *def, int *fd, struct diags *ds)
{
	const char *path = def->log.path ? def->log.path : "/dev/null";
	CLEANUP(freep) char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (slash && slash != dir) {
		*slash = '\0';
		if (file_mkdirs(dir, 0700, ds))
			return -1;
	}
	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return diag_errno(ds, "E0903", "cannot open log '%s'", path);
	return 0;
}

int64_t
log_space(const struct process_def *def)
{
	CLEANUP(freep)
	char *path = xstrdup(def->log.path ? def->log.path : "/");
	char *slash = strrchr(path, '/');
	struct statvfs fs;

	if (slash && slash != path)
		*slash = '\0';
	if (statvfs(path, &fs))
		return PROCESS_UNKNOWN;
	return (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

bool
disk_full(const struct proc *p)
{
	int64_t left = log_space(p->def);

	return left != PROCESS_UNKNOWN && left < DISK_FULL_BYTES;
}

static int
copy_all(int from, int to)
{
	ssize_t n;

	do
		n = copy_file_range(from, NULL, to, NULL, 1u << 20, 0);
	while (n > 0);
	return n < 0 ? -1 : 0;
}

/* log -> log.1 -> log.2 ...; the copies go first when the disk is full, for
 * a node that cannot write its data is worse than a lost old log. */
static void
rotate(const struct sup *s, const char *path, int keep)
{
	CLEANUP(close_fdp) int from = open(path, O_RDWR | O_CLOEXEC);
	CLEANUP(freep) char *first = xasprintf("%s.1", path);
	CLEANUP(close_fdp) int to = -1;

	if (from < 0)
		return;
	for (int i = keep; i > 1; i--) {
		CLEANUP(freep) char *a = xasprintf("%s.%d", path, i - 1);
		CLEANUP(freep) char *b = xasprintf("%s.%d", path, i);

		if (rename(a, b) && errno != ENOENT)
			sup_log(s, "cannot rename '%s': %s", a,
				strerror(errno));
	}
	if (keep > 0)
		to = open(first, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			  0600);
	if (keep > 0 && (to < 0 || copy_all(from, to))) {
		sup_log(s, "cannot keep the old part of '%s': %s", path,
			strerror(errno));
		unlink(first);
	}
	if (ftruncate(from, 0))
		sup_log(s, "cannot cut '%s': %s", path, strerror(errno));
}

/* Was it cut? */
static bool
check(struct sup *s, const char *path, int64_t max, int64_t keep)
{
	struct stat st;

	if (!path || stat(path, &st) || !S_ISREG(st.st_mode) ||
	    st.st_size <= max)
		return false;
	if (s->pod)
		pod_log_cut(s, path);
	rotate(s, path, (int)keep);
	return true;
}

/* The chain's folder was removed, and nothing of it runs: whoever removed it
 * has no other way to end us. */
static bool
is_orphaned(const struct sup *s)
{
	return !procs_run(s) && access(s->dir, F_OK) && errno == ENOENT;
}

/* One that hangs may not end either: its own stop steps are not tried. */
static void
end_hung(struct proc *p)
{
	const char *why = p->hung ? NULL : scan_hang(p, &p->hang_at);

	if (!why)
		return;
	p->hung = why;
	sup_log(p->sup, "%s: it hangs: %s; SIGKILL to the group of pid %d",
		p->name, why, (int)p->pid);
	child_signal_group(p, SIGKILL);
}

void
logs_tick(void *arg)
{
	struct sup *s = arg;
	CLEANUP(freep) char *own = xasprintf("%s/logs/supervise.log", s->dir);
	struct proc *p;

	failover_check(s);
	for (p = s->procs; p; p = p->next) {
		if (p->pid == 0)
			continue;
		end_hung(p);
		/* Places in a log that was cut mean nothing any more. */
		if (check(s, p->run_def->log.path, p->run_def->log.max_bytes,
			  p->run_def->log.keep))
			p->log_from = p->hang_at = p->failover.at = 0;
	}
	(void)check(s, own, OWN_MAX, 1);
	/* What requests took in a burst would stay for as long as we live,
	 * which is months: the heap gives back its end alone. */
	if (++s->log_ticks % TRIM_TICKS == 0)
		malloc_trim(0);
	if (is_orphaned(s))
		s->loop.quit = true;
	timer_on(&s->loop, &s->log_tick, TICK_MS, logs_tick, s);
}

/* Keeps the last n lines of text. */
static const char *
last_lines(const char *text, size_t len, unsigned n)
{
	const char *p = text + len;

	while (p > text && p[-1] == '\n')
		p--;
	for (; p > text; p--)
		if (p[-1] == '\n' && n-- <= 1)
			break;
	return p;
}

char *
log_tail(const struct sup *s, const struct process_def *def, unsigned n)
{
	const char *path = def->log.path ? def->log.path : "";
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_done) struct buf b = BUF_INIT(4 * TAIL_BYTES);
	struct stat st;
	char text[TAIL_BYTES];
	ssize_t got;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return xstrdup("");
	got = pread(fd, text, sizeof(text),
		    st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
	for (ssize_t i = 0; i < got; i++) {
		unsigned char c = (unsigned char)text[i];

		/* Colours and torn characters stay out of JSON. */
		buf_addch(&b, c == '\n' || c == '\t' || (c >= ' ' && c < 127)
				      ? (char)c
				      : '?');
	}
	secret_redact(&b, s->secrets);
	while (b.n && b.p[b.n - 1] == '\n')
		b.p[--b.n] = '\0';
	return xstrdup(last_lines(buf_str(&b), b.n, n));
}
