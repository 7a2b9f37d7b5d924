/* What a process wrote to its log since it started, looked at for texts. */
#include "cmd/opl2-supervise/sup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rate_limit.h"

#define SCAN_BYTES (256 << 10) /* no more is read, from the end */

int64_t
scan_mark(const struct process_def *def)
{
	struct stat st;

	return !def->log.path || stat(def->log.path, &st) ? 0 : st.st_size;
}

/* What is there from *from on, malloc'd, *n bytes; NULL when there is nothing.
 * *from becomes where it begins. */
static char *
read_from(const struct proc *p, int64_t *from, size_t *n)
{
	const char *path = p->run_def->log.path ? p->run_def->log.path : "";
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t got;
	char *text;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	/* A shorter log was cut since: all of it is new. */
	if (st.st_size < *from)
		*from = 0;
	if (st.st_size - *from > SCAN_BYTES)
		*from = st.st_size - SCAN_BYTES;
	if (st.st_size == *from)
		return NULL;
	text = xmalloc(SCAN_BYTES);
	got = pread(fd, text, SCAN_BYTES, *from);
	if (got > 0) {
		*n = (size_t)got;
		return text;
	}
	free(text);
	return NULL;
}

/* What the first of the signs that is in text means, or NULL. */
static const char *
meaning(struct process_signs s, const char *text, size_t n)
{
	for (size_t i = 0; text && i < s.n; i++)
		if (memmem(text, n, s.v[i].log, strlen(s.v[i].log)))
			return s.v[i].reason;
	return NULL;
}

const char *
scan_fatal(const struct proc *p)
{
	int64_t from = p->log_from;
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;

	if (p->run_def->fatal.n == 0)
		return NULL;
	text = read_from(p, &from, &n);
	return meaning(p->run_def->fatal, text, n);
}

const char *
scan_hang(const struct proc *p, int64_t *at)
{
	CLEANUP(freep) char *text = NULL;
	const char *end;
	size_t n = 0;

	if (p->run_def->hangs.n == 0)
		return NULL;
	text = read_from(p, at, &n);
	end = text ? memrchr(text, '\n', n) : NULL;
	if (!end)
		return NULL;
	n = (size_t)(end - text) + 1;
	*at += (int64_t)n;
	return meaning(p->run_def->hangs, text, n);
}

/* What in this line tells of it: one of the texts, or too many requests; NULL
 * when nothing does. */
static const char *
sign_in(const char *line, size_t n, const struct process_def *d)
{
	for (size_t i = 0; i < d->failover.texts.n; i++) {
		const char *what = d->failover.texts.v[i];

		if (what && memmem(line, n, what, strlen(what)))
			return what;
	}
	return d->failover.rate_limit && rate_limit_line(line, n)
		       ? "too many requests"
		       : NULL;
}

unsigned
scan_count(const struct proc *p, const struct process_def *d, int64_t *at,
	   const char **seen)
{
	CLEANUP(freep) char *text = NULL;
	const char *line, *end;
	unsigned hits = 0;
	size_t n = 0;

	if (*at < p->log_from)
		*at = p->log_from;
	text = read_from(p, at, &n);
	for (line = text; line && n > 0; line = end + 1) {
		const char *what;

		end = memchr(line, '\n', n);
		if (!end)
			break;
		what = sign_in(line, (size_t)(end - line), d);
		if (what) {
			*seen = what;
			hits++;
		}
		n -= (size_t)(end - line) + 1;
		*at += end - line + 1;
	}
	return hits;
}
