#include "engine/io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "engine/io/libc.h"

#define READ_STEP 65536u

int
fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int
fd_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t got = write(fd, at, n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

static ssize_t
read_some(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Appends the whole of fd. -1 with errno; EFBIG: over the cap of out. */
static int
read_all(int fd, struct buf *out)
{
	char step[READ_STEP];
	ssize_t got;

	while ((got = read_some(fd, step, sizeof(step))) > 0) {
		buf_add(out, step, (size_t)got);
		if (out->over) {
			errno = EFBIG;
			return -1;
		}
	}
	return got < 0 ? -1 : 0;
}

static bool of_group;

void
file_secrets_of_group(bool on)
{
	of_group = on;
}

static bool
is_shared_with_us(const struct stat *st)
{
	return of_group && !(st->st_mode & 037) && st->st_uid != geteuid() &&
	       group_member(st->st_gid);
}

int
fd_check_secret(int fd, const char *path, struct diags *ds)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 077) ||
	    is_shared_with_us(&st))
		return 0;
	diag_err(ds, "E0922", "other users can read the secret file '%s'",
		 path);
	diag_hint(ds, "run: chmod 600 '%s'", path);
	return -1;
}

static int
read_path(const char *path, bool secret, struct buf *out, struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd >= 0 && secret && fd_check_secret(fd, path, ds))
		return -1;
	if (fd < 0 || read_all(fd, out) < 0) {
		if (errno == EFBIG)
			return diag_err(ds, "E0501",
					"'%s' is larger than %zu bytes", path,
					out->max);
		return diag_errno(ds, "E0501", "cannot read '%s'", path);
	}
	return 0;
}

int
file_read_opt(const char *path, struct buf *out, struct diags *ds)
{
	return read_path(path, false, out, ds);
}

int
file_read_secret(const char *path, struct buf *out, struct diags *ds)
{
	return read_path(path, true, out, ds);
}

int
file_read(const char *path, struct buf *out, struct diags *ds)
{
	int rc = file_read_opt(path, out, ds);

	if (rc == 1)
		return diag_err(ds, "E0501", "cannot read '%s': %s", path,
				strerror(ENOENT));
	return rc;
}

/* The folder of path, "." when it names none. malloc'd. */
static char *
dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return slash == path ? xstrdup("/")
			     : xstrndup(path, (size_t)(slash - path));
}

/* Fills and syncs the temporary file fd. -1 with errno. */
static int
file_fill(int fd, const void *p, size_t n, mode_t mode)
{
	if (fchmod(fd, mode) < 0 || fd_write_all(fd, p, n) < 0)
		return -1;
	return fsync(fd);
}

/* rename that leaves a file which is there. -1 with errno. */
static int
rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every file system can, but then they can link. */
	if ((errno != EINVAL && errno != ENOSYS) || link(from, to) < 0)
		return -1;
	return unlink(from);
}

/* --- temporary files: NAME.tmp-XXXXXX beside NAME, locked by who writes one
 * --- */

#define TMP_MARK ".tmp-"
#define TMP_X    "XXXXXX"

/* A file of that name which nobody holds is of a writer that was killed, or
 * whose disk became read-only. */
static void
remove_if_dead(int dirfd, const char *name)
{
	CLEANUP(close_fdp)
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock_try(fd) == 0)
		unlinkat(dirfd, name, 0);
}

/* base NULL: whatever it was to become. */
static bool
is_temp(const char *name, const char *base)
{
	size_t n = strlen(name), tail = strlen(TMP_MARK TMP_X);

	return n > tail &&
	       memcmp(name + n - tail, TMP_MARK, strlen(TMP_MARK)) == 0 &&
	       (!base || (strlen(base) == n - tail &&
			  memcmp(name, base, n - tail) == 0));
}

static void
remove_temps(const char *dir, const char *base)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (is_temp(e->d_name, base))
			remove_if_dead(dirfd(d), e->d_name);
	if (d)
		closedir(d);
}

void
file_remove_temps(const char *dir)
{
	remove_temps(dir, NULL);
}

/* A new one, open, and *tmp with its name (malloc'd). -1 with errno. */
static int
temp_open(const char *path, char **tmp)
{
	for (;;) {
		char *name = xasprintf("%s" TMP_MARK TMP_X, path);
		int fd = mkostemp(name, O_CLOEXEC);
		struct stat st;

		if (fd < 0) {
			int err = errno;

			free(name);
			errno = err;
			return -1;
		}
		/* Somebody who removes dead ones may have been quicker. Where
		 * files cannot be locked, nobody removes any. */
		if (flock_try(fd) <= 0 &&
		    (fstat(fd, &st) < 0 || st.st_nlink > 0)) {
			*tmp = name;
			return fd;
		}
		close(fd);
		free(name);
	}
}

static int
file_place(const char *path, const void *p, size_t n, mode_t mode, bool fresh,
	   struct diags *ds)
{
	CLEANUP(freep) char *dir = dir_of(path);
	const char *slash = strrchr(path, '/');
	CLEANUP(freep) char *tmp = NULL;
	CLEANUP(close_fdp) int fd = -1;

	/* What is tried again is what left one, so that there is one at most.
	 */
	remove_temps(dir, slash ? slash + 1 : path);
	fd = temp_open(path, &tmp);
	if (fd < 0)
		return diag_errno(ds, "E0501", "cannot write next to '%s'",
				  path);
	if (file_fill(fd, p, n, mode) < 0) {
		diag_errno(ds, "E0501", "cannot write '%s'", path);
		unlink(tmp);
		return -1;
	}
	FAULT("file.before_rename");
	if ((fresh ? rename_new(tmp, path) : rename(tmp, path)) < 0) {
		bool taken = fresh && errno == EEXIST;

		if (!taken)
			diag_errno(ds, "E0501", "cannot replace '%s'", path);
		unlink(tmp);
		return taken ? 1 : -1;
	}
	FAULT("file.after_rename");
	return file_fsync_dir(dir, ds);
}

int
file_replace(const char *path, const void *p, size_t n, mode_t mode,
	     struct diags *ds)
{
	return file_place(path, p, n, mode, false, ds);
}

int
file_create(const char *path, const void *p, size_t n, mode_t mode,
	    struct diags *ds)
{
	return file_place(path, p, n, mode, true, ds);
}

int
file_replace_json(const char *path, const json_t *j, mode_t mode,
		  struct diags *ds)
{
	CLEANUP(freep) char *text = jx_dump(j);

	return file_replace(path, text, strlen(text), mode, ds);
}

int
file_fsync_dir(const char *path, struct diags *ds)
{
	CLEANUP(close_fdp)
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return diag_errno(ds, "E0501", "cannot sync the folder '%s'",
				  path);
	return 0;
}

/* mkdir where an existing folder is fine. 1: it is new. -1 with errno. */
static int
make_dir(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 1;
	if (errno != EEXIST && errno != EISDIR)
		return -1;
	if (stat(path, &st) < 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return 0;
	errno = ENOTDIR;
	return -1;
}

static int
make_dirs(const char *path, mode_t mode, bool synced, struct diags *ds)
{
	CLEANUP(freep) char *part = xstrdup(path);

	for (char *p = part + 1; *part; p++) {
		CLEANUP(freep) char *parent = NULL;
		char c = *p;
		int made;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		made = make_dir(part, mode);
		if (made < 0)
			return diag_errno(ds, "E0501",
					  "cannot create the folder '%s'",
					  part);
		if (made && synced) {
			parent = dir_of(part);
			if (file_fsync_dir(parent, ds))
				return -1;
		}
		*p = c;
		if (c == '\0')
			break;
	}
	return 0;
}

int
file_mkdirs(const char *path, mode_t mode, struct diags *ds)
{
	return make_dirs(path, mode, true, ds);
}

int
file_mkdirs_scratch(const char *path, mode_t mode, struct diags *ds)
{
	return make_dirs(path, mode, false, ds);
}

static int remove_at(int dirfd, const char *name);

/* Empties the folder fd (which this takes). -1 with errno. */
static int
empty_dir(int fd)
{
	struct stat st;
	struct dirent *e;
	DIR *dir;
	int rc = 0;

	/* Module caches are read-only: that is no reason to keep them. */
	if (fstat(fd, &st) == 0 && (st.st_mode & 0700) != 0700)
		fchmod(fd, (st.st_mode & 07777) | 0700);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -1;
	}
	while (rc == 0 && (errno = 0, e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		rc = remove_at(fd, e->d_name);
	}
	if (rc == 0 && errno != 0)
		rc = -1;
	if (rc < 0) {
		int err = errno;

		closedir(dir);
		errno = err;
		return -1;
	}
	return closedir(dir);
}

/* Removes a name, whatever it is. A missing one is fine. -1 with errno. */
static int
remove_at(int dirfd, const char *name)
{
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -1;
	fd = openat(dirfd, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
		fd = openat(dirfd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || empty_dir(fd) < 0)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int
file_remove_tree(const char *path, struct diags *ds)
{
	if (remove_at(AT_FDCWD, path) < 0)
		return diag_errno(ds, "E0501", "cannot remove '%s'", path);
	return 0;
}

bool
file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

int
file_sha256(const char *path, char out[65], struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char step[READ_STEP];
	struct sha256 h;
	uint8_t sum[32];
	ssize_t got = -1;

	sha256_init(&h);
	while (fd >= 0 && (got = read_some(fd, step, sizeof(step))) > 0)
		sha256_add(&h, step, (size_t)got);
	if (got < 0)
		return diag_errno(ds, "E0501", "cannot read '%s'", path);
	sha256_end(&h, sum);
	hex_encode(sum, sizeof(sum), out);
	return 0;
}

char *
path_join(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (*b == '/' || n == 0)
		return xstrdup(b);
	while (n > 1 && a[n - 1] == '/')
		n--;
	if (n == 1 && *a == '/')
		return xasprintf("/%s", b);
	return xasprintf("%.*s/%s", (int)n, a, b);
}
