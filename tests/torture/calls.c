/* The system calls that can fail, and what each of them is about. */
#include "tests/torture/calls.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "engine/base/compiler.h"

/* How a call names its object: by which arguments. */
enum names {
	N_NOTHING,
	N_FD,      /* a descriptor, the first */
	N_PATH,    /* a path, the first */
	N_AT,      /* a folder's descriptor and a path */
	N_PATH2,   /* a path, the second: where a link or a name will be */
	N_AT2,     /* likewise, of the third and fourth */
	N_AT_THEN, /* a path, the second and third: symlinkat */
	N_THEN,    /* a path, the second: symlink */
};

struct row {
	long nr;
	enum call_class class;
	enum names names;
	int count_arg;
	const char *name;
};

#define ROW(name, class, names, count)                                         \
	{                                                                      \
		__NR_##name, CALL_##class, N_##names, count, #name             \
	}

static const struct row rows[] = {
	ROW(write, WRITE, FD, 2),
	ROW(pwrite64, WRITE, FD, 2),
	ROW(writev, WRITE, FD, -1),
	ROW(pwritev, WRITE, FD, -1),
	ROW(sendto, SEND, FD, 2),
	ROW(sendmsg, SEND, FD, -1),
	ROW(sendmmsg, SEND, FD, -1),
	ROW(fsync, SYNC, FD, -1),
	ROW(fdatasync, SYNC, FD, -1),
	ROW(sync_file_range, SYNC, FD, -1),
	ROW(syncfs, SYNC, FD, -1),
	ROW(renameat, RENAME, AT2, -1),
	ROW(renameat2, RENAME, AT2, -1),
	ROW(linkat, LINK, AT2, -1),
	ROW(symlinkat, LINK, AT_THEN, -1),
	ROW(unlinkat, UNLINK, AT, -1),
	ROW(mkdirat, MKDIR, AT, -1),
	ROW(openat, OPEN, AT, -1),
	ROW(truncate, TRUNCATE, PATH, -1),
	ROW(ftruncate, TRUNCATE, FD, -1),
	ROW(fallocate, TRUNCATE, FD, -1),
	ROW(fchmod, MODE, FD, -1),
	ROW(fchmodat, MODE, AT, -1),
	ROW(fchown, MODE, FD, -1),
	ROW(fchownat, MODE, AT, -1),
	ROW(utimensat, MODE, AT, -1),
	ROW(copy_file_range, COPY, FD, -1),
	ROW(sendfile, COPY, FD, -1),
	ROW(flock, LOCK, FD, -1),
	ROW(fcntl, LOCK, FD, -1),
	ROW(clone, FORK, NOTHING, -1),
	ROW(clone3, FORK, NOTHING, -1),
	ROW(execve, EXEC, PATH, -1),
	ROW(connect, CONNECT, NOTHING, -1),
	ROW(socket, FD, NOTHING, -1),
	ROW(socketpair, FD, NOTHING, -1),
	ROW(accept4, FD, NOTHING, -1),
	ROW(pipe2, FD, NOTHING, -1),
	ROW(memfd_create, FD, NOTHING, -1),
	ROW(epoll_create1, FD, NOTHING, -1),
	ROW(signalfd4, FD, NOTHING, -1),
	ROW(timerfd_create, FD, NOTHING, -1),
	ROW(eventfd2, FD, NOTHING, -1),
	ROW(inotify_init1, FD, NOTHING, -1),
	ROW(pidfd_open, FD, NOTHING, -1),
	ROW(bind, CONNECT, NOTHING, -1),
	ROW(listen, CONNECT, NOTHING, -1),
#ifdef __x86_64__ /* newer machines have none of the older calls */
	ROW(rename, RENAME, PATH2, -1),
	ROW(link, LINK, PATH2, -1),
	ROW(symlink, LINK, THEN, -1),
	ROW(unlink, UNLINK, PATH, -1),
	ROW(rmdir, UNLINK, PATH, -1),
	ROW(mkdir, MKDIR, PATH, -1),
	ROW(open, OPEN, PATH, -1),
	ROW(creat, OPEN, PATH, -1),
	ROW(chmod, MODE, PATH, -1),
	ROW(chown, MODE, PATH, -1),
	ROW(fork, FORK, NOTHING, -1),
	ROW(vfork, FORK, NOTHING, -1),
	ROW(pipe, FD, NOTHING, -1),
#endif
};

static struct stat std_out, std_err;

void
calls_init(void)
{
	fstat(1, &std_out);
	fstat(2, &std_err);
}

static const struct row *
find(uint64_t nr)
{
	for (size_t i = 0; i < COUNTOF(rows); i++)
		if ((uint64_t)rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

static bool
peek(pid_t tid, uint64_t from, void *to, size_t n)
{
	struct iovec there = { (void *)(uintptr_t)from, n }, here = { to, n };

	return process_vm_readv(tid, &here, 1, &there, 1, 0) > 0;
}

/* A path may end just before memory that is not there: page by page. */
static void
peek_text(pid_t tid, uint64_t from, char *out, size_t n)
{
	size_t have = 0;

	while (have + 1 < n) {
		size_t step = 256 - (from + have) % 256;

		if (step > n - 1 - have)
			step = n - 1 - have;
		if (!peek(tid, from + have, out + have, step))
			break;
		if (memchr(out + have, '\0', step))
			return;
		have += step;
	}
	out[have] = '\0';
}

/* Where a descriptor of tid leads, or its current folder. */
static void
read_link(char *out, size_t n, pid_t tid, int fd)
{
	char link[64];
	ssize_t got;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)tid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
	got = readlink(link, out, n - 1);
	out[got > 0 ? got : 0] = '\0';
}

static void
read_path(char out[CALL_PATH], pid_t tid, int dir, uint64_t text)
{
	char rest[CALL_PATH];
	size_t n;

	out[0] = '\0';
	peek_text(tid, text, rest, sizeof(rest));
	if (rest[0] != '/')
		read_link(out, CALL_PATH, tid, dir);
	n = strlen(out);
	snprintf(out + n, CALL_PATH - n, "%s%s", rest[0] == '/' ? "" : "/",
		 rest);
}

static void
find_object(struct call *c, enum names names, pid_t tid, const uint64_t *args)
{
	switch (names) {
	case N_NOTHING:
		break;
	case N_FD:
		read_link(c->path, sizeof(c->path), tid, (int)args[0]);
		break;
	case N_PATH:
		read_path(c->path, tid, AT_FDCWD, args[0]);
		break;
	case N_PATH2:
		read_path(c->from, tid, AT_FDCWD, args[0]);
		read_path(c->path, tid, AT_FDCWD, args[1]);
		break;
	case N_AT:
		read_path(c->path, tid, (int)args[0], args[1]);
		break;
	case N_AT2:
		read_path(c->from, tid, (int)args[0], args[1]);
		read_path(c->path, tid, (int)args[2], args[3]);
		break;
	case N_AT_THEN:
		/* What a symlink says is no path of its own. */
		peek_text(tid, args[0], c->from, sizeof(c->from));
		read_path(c->path, tid, (int)args[1], args[2]);
		break;
	case N_THEN:
		peek_text(tid, args[0], c->from, sizeof(c->from));
		read_path(c->path, tid, AT_FDCWD, args[1]);
		break;
	}
}

static bool
is_std(pid_t tid, int fd)
{
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", tid, fd);
	return stat(link, &st) == 0 &&
	       ((st.st_dev == std_out.st_dev && st.st_ino == std_out.st_ino) ||
		(st.st_dev == std_err.st_dev && st.st_ino == std_err.st_ino));
}

static enum call_object
object_of(const struct call *c, enum names names, pid_t tid,
	  const uint64_t *args)
{
	if (names == N_NOTHING)
		return ON_NOTHING;
	if (names == N_FD && is_std(tid, (int)args[0]))
		return ON_STD;
	if (strncmp(c->path, "pipe:", 5) == 0)
		return ON_PIPE;
	if (strncmp(c->path, "socket:", 7) == 0)
		return ON_SOCKET;
	if (strncmp(c->path, "anon_inode:", 11) == 0 ||
	    strncmp(c->path, "/memfd:", 7) == 0 ||
	    strncmp(c->path, "/dev/", 5) == 0 ||
	    strncmp(c->path, "/proc/", 6) == 0 ||
	    strncmp(c->path, "/sys/", 5) == 0)
		return ON_DEVICE;
	return ON_FILE;
}

static enum call_class
class_of(const struct row *r, pid_t tid, const uint64_t *args)
{
	uint64_t flags = 0;

	switch (r->class) {
	case CALL_OPEN:
		/* creat has none, and makes a file whatever it is given. */
		flags = r->names == N_AT                ? args[2]
			: strcmp(r->name, "creat") == 0 ? O_CREAT
							: args[1];
		return flags & (O_WRONLY | O_RDWR | O_CREAT) ? CALL_OPEN
							     : CALL_NONE;
	case CALL_FORK:
		if (strcmp(r->name, "clone") == 0)
			flags = args[0];
		else if (strcmp(r->name, "clone3") == 0)
			peek(tid, args[0], &flags, sizeof(flags));
		return flags & CLONE_THREAD ? CALL_THREAD : CALL_FORK;
	case CALL_LOCK:
		if (strcmp(r->name, "flock") == 0 || args[1] == F_SETLK ||
		    args[1] == F_SETLKW || args[1] == F_OFD_SETLK ||
		    args[1] == F_OFD_SETLKW)
			return CALL_LOCK;
		return args[1] == F_DUPFD_CLOEXEC ? CALL_FD : CALL_NONE;
	default:
		return r->class;
	}
}

void
call_read(struct call *c, pid_t tid, uint64_t nr, const uint64_t args[6])
{
	const struct row *r = find(nr);

	*c = (struct call){ .count_arg = -1 };
	if (r)
		c->class = class_of(r, tid, args);
	if (c->class == CALL_NONE)
		return;
	c->name = r->name;
	c->count_arg = r->count_arg;
	c->names_fd = r->names == N_FD;
	find_object(c, r->names, tid, args);
	c->object = object_of(c, r->names, tid, args);
	/* A folder that is there is told before the disk is asked. */
	if (c->class == CALL_MKDIR && access(c->path, F_OK) == 0)
		c->class = CALL_NONE;
}

void
call_label(const struct call *c, char *out, size_t n)
{
	static const char *const classes[] = {
		[CALL_NONE] = "none",       [CALL_WRITE] = "write",
		[CALL_SEND] = "send",       [CALL_SYNC] = "sync",
		[CALL_RENAME] = "rename",   [CALL_LINK] = "link",
		[CALL_UNLINK] = "unlink",   [CALL_MKDIR] = "mkdir",
		[CALL_OPEN] = "open",       [CALL_TRUNCATE] = "truncate",
		[CALL_MODE] = "mode",       [CALL_COPY] = "copy",
		[CALL_LOCK] = "lock",       [CALL_FORK] = "fork",
		[CALL_THREAD] = "thread",   [CALL_EXEC] = "exec",
		[CALL_CONNECT] = "connect", [CALL_FD] = "descriptor",
	};
	static const char *const objects[] = {
		[ON_FILE] = "file",     [ON_PIPE] = "pipe",
		[ON_SOCKET] = "socket", [ON_STD] = "std",
		[ON_DEVICE] = "device", [ON_NOTHING] = "",
	};

	snprintf(out, n, "%s%s%s", classes[c->class],
		 c->object == ON_NOTHING ? "" : ":", objects[c->object]);
}

bool
call_needs_space(const struct call *c)
{
	return c->object == ON_FILE &&
	       (c->class == CALL_WRITE || c->class == CALL_OPEN ||
		c->class == CALL_MKDIR || c->class == CALL_LINK ||
		c->class == CALL_RENAME || c->class == CALL_COPY ||
		(c->class == CALL_TRUNCATE &&
		 strcmp(c->name, "fallocate") == 0));
}

bool
call_changes_disk(const struct call *c)
{
	return c->object == ON_FILE &&
	       (call_needs_space(c) || c->class == CALL_UNLINK ||
		c->class == CALL_TRUNCATE || c->class == CALL_MODE);
}
