/*
 * opl2 logs: the last lines of a process's log, and what follows.
 *
 * A log is a plain file that is cut to nothing when it has grown too long, so
 * a follower that finds it shorter begins at its start again.
 */
#include "cmd/opl2/chain/procs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define STEP    65536
#define POLL_MS 200

static const struct opt_def opts[] = {
	{ "f", OPT_FLAG, NULL, "go on printing what is written" },
	{ "n", OPT_COUNT, "N", "this many last lines, 50 by default" },
	OPTS_END,
};

struct tail {
	const char *name, *path;
	int fd;
	off_t at;
};

/* Where the last n lines begin. */
static off_t
start_of_lines(int fd, off_t size, uint64_t n)
{
	CLEANUP(freep) char *step = xmalloc(STEP);
	off_t end = size;
	bool last = true;

	while (end > 0) {
		off_t from = end > STEP ? end - STEP : 0;
		ssize_t got = pread(fd, step, (size_t)(end - from), from);

		if (got <= 0)
			return 0;
		for (ssize_t i = got - 1; i >= 0; i--) {
			/* The newline at the very end closes a line. */
			if (step[i] == '\n' && !last && n-- == 1)
				return from + i + 1;
			last = false;
		}
		end = from;
	}
	return 0;
}

/* Prints what is there since t->at. */
static int
print_new(struct cmd *c, struct tail *t)
{
	CLEANUP(freep) char *step = xmalloc(STEP);
	struct stat st;
	ssize_t n;

	if (fstat(t->fd, &st) == 0 && st.st_size < t->at)
		t->at = 0;
	while ((n = pread(t->fd, step, STEP, t->at)) > 0) {
		t->at += n;
		if (fwrite(step, 1, (size_t)n, c->out) != (size_t)n)
			return -1;
	}
	return fflush(c->out) ? -1 : 0;
}

static int
open_tail(struct cmd *c, struct tail *t, uint64_t lines)
{
	struct stat st;

	t->fd = open(t->path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0 && errno == ENOENT)
		return diag_err(&c->ds, "E0925", "'%s' has no log yet",
				t->name);
	if (t->fd < 0 || fstat(t->fd, &st))
		return diag_errno(&c->ds, "E0925", "cannot read '%s'", t->path);
	t->at = start_of_lines(t->fd, st.st_size, lines);
	return 0;
}

static int
show(struct cmd *c, struct tail *t, size_t n)
{
	bool follow = opt_flag(&c->opts, "f");
	size_t said = n; /* whose lines came last */

	for (;;) {
		for (size_t i = 0; i < n; i++) {
			struct stat st;

			if (fstat(t[i].fd, &st) == 0 && st.st_size == t[i].at)
				continue;
			if (n > 1 && said != i)
				fprintf(c->out, "==> %s <==\n", t[i].name);
			said = i;
			if (print_new(c, &t[i]))
				return EXIT_OK; /* main() judges it */
		}
		if (!follow)
			return EXIT_OK;
		poll(NULL, 0, POLL_MS);
	}
}

static int
exec_logs(struct cmd *c)
{
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(freep) struct tail *t = NULL;
	const json_t *p;
	size_t i, n = 0;
	int rc = 0;

	if (procs_status(c, names, &st))
		return -1;
	t = xcalloc(json_array_size(jx_get(st, "procs")), sizeof(*t));
	json_array_foreach(jx_get(st, "procs"), i, p)
	{
		t[n].name = jx_str(p, "name", "?");
		t[n].path = jx_str(p, "log", "");
		/* Among all of them, one that never ran is no mistake. */
		if (c->opts.nargs == 0 && !file_exists(t[n].path))
			continue;
		if (open_tail(c, &t[n], opt_num(&c->opts, "n", 50)))
			rc = -1;
		else
			n++;
	}
	if (rc == 0)
		rc = show(c, t, n);
	while (n > 0)
		close(t[--n].fd);
	return rc;
}

const struct cmd_entry cmd_logs = {
	.name = "logs",
	.args = "[NAME...]",
	.summary = "print the end of processes' logs",
	.text = "Of the named processes, or of all. The files are under "
		".opl2/logs; older parts end in .1, .2 and so on.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_logs,
};
