#include "tests/torture/record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"

#define DATA_MAX (16u << 20)

struct recorded {
	struct call call;
	pid_t tid;
	int fd; /* -1: it is about a path */
	char program[32];
	bool is_new;
	uint64_t ino, arg;
	int64_t at; /* where it writes; -1 for nowhere */
	struct buf data;
};

/* --- looking into another process --- */

static bool
stat_fd(pid_t tid, int fd, struct stat *st)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
	return stat(link, st) == 0;
}

/* Where a write without an offset of its own goes. */
static int64_t
position(pid_t tid, int fd)
{
	char name[64], line[128];
	unsigned long long pos = 0, flags = 0;
	struct stat st;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", (int)tid, fd);
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "pos:", 4) == 0)
			pos = strtoull(line + 4, NULL, 10);
		else if (strncmp(line, "flags:", 6) == 0)
			flags = strtoull(line + 6, NULL, 8);
	}
	if (f)
		fclose(f);
	if (flags & O_APPEND && stat_fd(tid, fd, &st))
		return st.st_size;
	return (int64_t)pos;
}

static void
peek(struct buf *out, pid_t tid, uint64_t from, size_t n)
{
	CLEANUP(freep) char *p = NULL;
	struct iovec there = { (void *)(uintptr_t)from, n }, here;
	ssize_t got;

	if (n > DATA_MAX || n == 0)
		return;
	p = xmalloc(n);
	here = (struct iovec){ p, n };
	got = process_vm_readv(tid, &here, 1, &there, 1, 0);
	if (got > 0)
		buf_add(out, p, (size_t)got);
}

static void
peek_vector(struct buf *out, pid_t tid, uint64_t from, uint64_t n)
{
	CLEANUP(buf_done) struct buf v = BUF_INIT(DATA_MAX);

	peek(&v, tid, from, n * sizeof(struct iovec));
	for (size_t i = 0; i + sizeof(struct iovec) <= v.n;
	     i += sizeof(struct iovec)) {
		struct iovec one;

		memcpy(&one, v.p + i, sizeof(one));
		peek(out, tid, (uintptr_t)one.iov_base, one.iov_len);
	}
}

/* --- what is recorded --- */

static void
read_data(struct recorded *r, uint64_t nr, const uint64_t args[6])
{
	switch (nr) {
	case __NR_pwrite64:
		r->at = (int64_t)args[3];
		peek(&r->data, r->tid, args[1], args[2]);
		break;
	case __NR_pwritev:
		r->at = (int64_t)args[3];
		peek_vector(&r->data, r->tid, args[1], args[2]);
		break;
	case __NR_writev:
		r->at = position(r->tid, r->fd);
		peek_vector(&r->data, r->tid, args[1], args[2]);
		break;
	default:
		r->at = position(r->tid, r->fd);
		peek(&r->data, r->tid, args[1], args[2]);
	}
}

struct recorded *
record_entry(pid_t tid, const char *program, const struct call *c, uint64_t nr,
	     const uint64_t args[6])
{
	bool sent = c->object == ON_SOCKET &&
		    (c->class == CALL_SEND || c->class == CALL_WRITE);
	struct recorded *r;
	struct stat st;

	if (!sent && !call_changes_disk(c) &&
	    !(c->class == CALL_SYNC && c->object == ON_FILE))
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->call = *c;
	r->tid = tid;
	r->at = -1;
	r->fd = -1;
	buf_init(&r->data, DATA_MAX);
	snprintf(r->program, sizeof(r->program), "%s", program);
	if (c->class == CALL_OPEN) {
		r->is_new = lstat(c->path, &st) < 0;
		r->arg = strcmp(c->name, "openat") == 0 ? args[2]
			 : strcmp(c->name, "open") == 0 ? args[1]
							: O_TRUNC;
	} else if (c->names_fd) {
		r->fd = (int)args[0];
		r->arg = args[1];
		if (stat_fd(tid, r->fd, &st))
			r->ino = st.st_ino;
	} else if (c->class == CALL_TRUNCATE) {
		r->arg = args[1];
	}
	/* It lengthens the file to where the second and third lead. */
	if (nr == __NR_fallocate)
		r->arg = args[2] + args[3];
	if (sent || c->class == CALL_WRITE)
		read_data(r, nr, args);
	return r;
}

static void
write_line(FILE *log, const struct recorded *r)
{
	CLEANUP(freep) char *hex = xmalloc(2 * r->data.n + 1);
	json_t *line;

	hex_encode(r->data.p, r->data.n, hex);
	line = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:I, s:I, s:s}",
			 "call", r->call.name, "by", r->program, "path",
			 r->call.path, "from", r->call.from, "ino",
			 (json_int_t)r->ino, "new", r->is_new, "arg",
			 (json_int_t)r->arg, "at", (json_int_t)r->at, "data",
			 hex);
	/* A name that is no UTF-8 is none of ours. */
	if (line) {
		json_dumpf(line, log, JSON_COMPACT);
		fputc('\n', log);
		fflush(log);
	}
	json_decref(line);
}

void
record_exit(FILE *log, struct recorded *r, int64_t result)
{
	struct stat st;

	if (result >= 0) {
		if (r->call.class == CALL_OPEN &&
		    stat_fd(r->tid, (int)result, &st))
			r->ino = st.st_ino;
		if (r->call.class == CALL_MKDIR &&
		    lstat(r->call.path, &st) == 0)
			r->ino = st.st_ino;
		if (r->at >= 0 && (size_t)result < r->data.n)
			r->data.n = (size_t)result;
		write_line(log, r);
	}
	buf_done(&r->data);
	free(r);
}
