#include "providers/runtime/tree/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define DEPTH_MAX 32 /* a link to a folder above has no end */
#define SECOND    1000000000ll

static int64_t
mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec;
}

/* Not out of the root, by whatever the other side says. */
static bool
is_inside(const char *path)
{
	if (*path == '/' || !*path)
		return false;
	for (const char *p = path; *p; p += strcspn(p, "/"), p += *p == '/') {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && *p == '.') ||
		    (n == 2 && !strncmp(p, "..", 2)))
			return false;
	}
	return true;
}

/* malloc'd; NULL with E1343. */
static char *
tree_place(struct tree *t, const char *path, struct diags *ds)
{
	const struct tree_local *l = (const struct tree_local *)t;

	if (is_inside(path))
		return path_join(l->root, path);
	diag_err(ds, "E1343", "'%s' is not a path in a volume", path);
	return NULL;
}

/* What opl2 itself keeps beside a database: it is of the side that it is on. */
static bool
is_opl2s(const char *name)
{
	static const char *const names[] = { "opl2.json", TREE_PREPARE,
					     TREE_MOVED, TREE_MADE };

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void
add_file(json_t *files, const char *path, const struct stat *st)
{
	json_object_set_new(files, path,
			    json_pack("[I, I, i]", (json_int_t)st->st_size,
				      (json_int_t)mtime_of(st),
				      (int)(st->st_mode & 0777)));
}

static int
list_folder(const char *root, const char *path, unsigned depth, json_t *files,
	    struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(root, path);
	DIR *d = opendir(full);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : diag_errno(ds, "E1343", "cannot read '%s'",
					    full);
	if (depth > DEPTH_MAX)
		rc = diag_err(ds, "E1343", "'%s' is %u folders deep", full,
			      depth);
	while (rc == 0 && (e = readdir(d))) {
		CLEANUP(freep) char *name = NULL;
		struct stat st;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    is_opl2s(e->d_name) || fstatat(dirfd(d), e->d_name, &st, 0))
			continue; /* gone meanwhile */
		name = xasprintf("%s/%s", path, e->d_name);
		if (S_ISDIR(st.st_mode))
			rc = list_folder(root, name, depth + 1, files, ds);
		else if (S_ISREG(st.st_mode))
			add_file(files, name, &st);
	}
	closedir(d);
	return rc;
}

static int
local_list(struct tree *t, const json_t *folders, json_t **files,
	   struct diags *ds)
{
	CLEANUP(put_json) json_t *all = json_object();
	const struct tree_local *l = (const struct tree_local *)t;
	const json_t *one;
	size_t i;

	*files = NULL;
	json_array_foreach(folders, i, one) {
		CLEANUP(freep)
		char *full = tree_place(t, json_string_value(one), ds);

		struct stat st;

		/* It may be a file. */
		if (full && stat(full, &st) == 0 && S_ISREG(st.st_mode))
			add_file(all, json_string_value(one), &st);
		if (!full ||
		    list_folder(l->root, json_string_value(one), 0, all, ds))
			return -1;
	}
	*files = TAKE(all);
	return 0;
}

static ssize_t
local_read(struct tree *t, const char *path, int64_t at, void *p, size_t n,
	   struct diags *ds)
{
	CLEANUP(freep) char *full = tree_place(t, path, ds);
	CLEANUP(close_fdp) int fd = -1;
	size_t done = 0;

	if (!full)
		return -1;
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return diag_errno(ds, "E1343", "cannot read '%s'", full);
	while (done < n) {
		ssize_t k = pread(fd, (char *)p + done, n - done,
				  (off_t)at + (off_t)done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return diag_errno(ds, "E1343", "cannot read '%s'",
					  full);
		if (k == 0)
			break;
		done += (size_t)k;
	}
	return (ssize_t)done;
}

static int
make_folder_of(const char *full, struct diags *ds)
{
	CLEANUP(freep) char *folder = xstrdup(full);

	*strrchr(folder, '/') = '\0';
	return file_mkdirs(folder, 0700, ds);
}

/* Its time is set last, for a part is known by it. */
static int
write_piece(int fd, const struct tree_piece *c)
{
	const struct timespec t[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)(c->mtime / SECOND),
		  .tv_nsec = (long)(c->mtime % SECOND) },
	};
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	/* Less is there than came before this piece; more is there when the
	 * answer to this one was lost. */
	if (st.st_size < (off_t)c->at) {
		errno = ESTALE;
		return -1;
	}
	return lseek(fd, (off_t)c->at, SEEK_SET) < 0 ||
			       fd_write_all(fd, c->p, c->n) ||
			       fchmod(fd, c->mode & 0777) || futimens(fd, t)
		       ? -1
		       : 0;
}

/* Has this piece made it whole already, in a call whose answer was lost? */
static bool
is_whole(const char *full, const struct tree_piece *c)
{
	struct stat st;

	return c->at > 0 && c->at + (int64_t)c->n == c->size &&
	       stat(full, &st) == 0 && st.st_size == (off_t)c->size &&
	       mtime_of(&st) == c->mtime;
}

static int
local_write(struct tree *t, const struct tree_piece *c, struct diags *ds)
{
	CLEANUP(freep) char *full = tree_place(t, c->path, ds);
	CLEANUP(freep) char *part = NULL;
	CLEANUP(close_fdp) int fd = -1;

	if (!full)
		return -1;
	if (is_whole(full, c))
		return 0;
	part = xasprintf("%s" TREE_PART, full);
	if (c->at == 0 && make_folder_of(full, ds))
		return -1;
	fd = open(part,
		  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
			  (c->at ? 0 : O_TRUNC),
		  c->mode & 0777);
	if (fd < 0 || write_piece(fd, c))
		return diag_errno(ds, "E1343", "cannot write '%s'", part);
	if (c->at + (int64_t)c->n == c->size && rename(part, full))
		return diag_errno(ds, "E1343", "cannot write '%s'", full);
	return 0;
}

static int
local_remove(struct tree *t, const char *path, struct diags *ds)
{
	CLEANUP(freep) char *full = tree_place(t, path, ds);

	if (!full)
		return -1;
	return unlink(full) && errno != ENOENT
		       ? diag_errno(ds, "E1343", "cannot remove '%s'", full)
		       : 0;
}

static int
local_sync(struct tree *t, struct diags *ds)
{
	const struct tree_local *l = (const struct tree_local *)t;
	CLEANUP(close_fdp)
	int fd = open(l->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || syncfs(fd)
		       ? diag_errno(ds, "E1343", "cannot write '%s' to disk",
				    l->root)
		       : 0;
}

static const struct tree_ops local_ops = {
	.list = local_list,
	.read = local_read,
	.write = local_write,
	.remove = local_remove,
	.sync = local_sync,
};

void
tree_local_init(struct tree_local *t, const char *root)
{
	*t = (struct tree_local){ { &local_ops }, root };
}
