/*
 * What processes print is in files, as elsewhere: for the texts that are looked
 * for there, and because a program that writes into a pipe dies with whoever
 * reads it. Here the files are copied to standard output, line by line. When
 * nobody reads that, the files wait.
 */
#include "cmd/opl2-supervise/pod.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/mem.h"

#define PART 32768

static bool
out_takes(void)
{
	struct pollfd pf = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&pf, 1, 0) == 1 && pf.revents & POLLOUT;
}

static void
put_out(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t did = write(STDOUT_FILENO, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return;
		p += did;
		n -= (size_t)did;
	}
}

static void
put_lines(const struct proc *p, bool named, const char *text, size_t n)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(4u << 20);

	for (size_t i = 0; i < n;) {
		const char *end = memchr(text + i, '\n', n - i);
		size_t len = end ? (size_t)(end - text) + 1 - i : n - i;

		if (named)
			buf_addf(&out, "%s: ", p->name);
		buf_add(&out, text + i, len);
		if (!end)
			buf_addch(&out, '\n');
		i += len;
	}
	put_out(buf_str(&out), out.n);
}

/* False: there is no more. rest: also a line without an end. */
static bool
copy_part(struct proc *p, const char *path, bool named, bool rest)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[PART];
	struct stat st;
	ssize_t n;
	const char *last;
	size_t len;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (st.st_size < p->copied)
		p->copied = 0;
	n = pread(fd, text, sizeof(text), p->copied);
	if (n <= 0)
		return false;
	last = memrchr(text, '\n', (size_t)n);
	len = rest || (!last && n == PART) ? (size_t)n
	      : last                       ? (size_t)(last - text) + 1
					   : 0;
	put_lines(p, named, text, len);
	p->copied += (int64_t)len;
	return len > 0 && n == PART;
}

static void
copy_log(struct sup *s, struct proc *p, bool rest)
{
	const struct process_def *def = p->run_def ? p->run_def : p->def;
	bool named = s->procs && s->procs->next;

	while (def->log.path && out_takes() &&
	       copy_part(p, def->log.path, named, rest))
		;
}

/* What a container before printed is in that one's output. */
void
pod_logs_open(struct sup *s)
{
	struct stat st;

	for (struct proc *p = s->procs; p; p = p->next)
		if (p->def->log.path && stat(p->def->log.path, &st) == 0)
			p->copied = st.st_size;
}

void
pod_logs(struct sup *s)
{
	for (struct proc *p = s->procs; p; p = p->next)
		copy_log(s, p, p->pid == 0);
}

void
pod_log_cut(struct sup *s, const char *path)
{
	for (struct proc *p = s->procs; p; p = p->next)
		if (p->run_def && p->run_def->log.path &&
		    strcmp(p->run_def->log.path, path) == 0) {
			copy_log(s, p, false);
			p->copied = 0;
		}
}
