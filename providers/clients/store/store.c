#include "providers/clients/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "providers/clients/store/manifest.h"

#define PAUSE_MS 100u
#define FEW      16 /* files that are synced singly */

/* E0707 for errno: "cannot DO 'PATH'". -1. */
static int
io_error(struct diags *ds, const char *act, const char *path)
{
	int err = errno;

	diag_errno(ds, "E0707", "cannot %s '%s'", act, path);
	if (err == ENOSPC || err == EDQUOT)
		diag_hint(ds, "free some space on the store's disk, or set "
			      "XDG_CACHE_HOME to a larger disk");
	return -1;
}

/* --- names ---------------------------------------------------------------- */

static void
add_name(struct buf *b, const char *s)
{
	for (; *s; s++)
		buf_addch(b, isalnum((unsigned char)*s) || strchr("@._-", *s)
				     ? *s
				     : '+');
}

static char *
entry_name(const struct store_id *id)
{
	struct buf b = BUF_INIT(512);
	char digest[65];

	sha256_hex(id->digest, strlen(id->digest), digest);
	add_name(&b, id->name);
	if (*id->version) {
		buf_addch(&b, '-');
		add_name(&b, id->version);
	}
	buf_addf(&b, "-%.16s", digest);
	return buf_take(&b);
}

char *
store_partial(const char *store, const char *digest, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(store, "partial");
	char hex[65];

	if (file_mkdirs(dir, 0755, ds))
		return NULL;
	sha256_hex(digest, strlen(digest), hex);
	hex[32] = '\0';
	return path_join(dir, hex);
}

/* --- locks ---------------------------------------------------------------- */

static bool
store_held(void *arg, unsigned before)
{
	const struct store_wait *wait = arg;

	if (before == 0 && wait->waiting)
		wait->waiting(wait->arg);
	return wait->pause(wait->arg, PAUSE_MS);
}

enum store_result
store_lock(const char *store, const char *name, const struct store_wait *wait,
	   int *out, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(store, "lock");
	CLEANUP(freep) char *path = path_join(dir, name);
	CLEANUP(close_fdp) int fd = -1;
	int rc;

	if (file_mkdirs(dir, 0755, ds))
		return STORE_ERROR;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		io_error(ds, "open", path);
		return STORE_ERROR;
	}
	rc = flock_wait(fd, wait ? store_held : NULL, (void *)(uintptr_t)wait);
	if (rc < 0)
		io_error(ds, "lock", path);
	if (rc)
		return rc < 0 ? STORE_ERROR : STORE_CANCELLED;
	*out = fd_take(&fd);
	return STORE_FOUND;
}

/* --- entries -------------------------------------------------------------- */

static void
name_entry(const char *store, const struct store_id *id, struct store_entry *e,
	   char **lock_name)
{
	CLEANUP(freep) char *kind = path_join(store, id->kind);
	CLEANUP(freep) char *name = entry_name(id);

	*e = (struct store_entry)STORE_ENTRY_INIT;
	e->dir = path_join(kind, name);
	e->root = path_join(e->dir, "root");
	if (lock_name)
		*lock_name = xasprintf("%s+%s", id->kind, name);
}

static enum store_result
store_check_entry(struct store_entry *e, struct diags *ds)
{
	int rc = store_verify(e->root, false, NULL, ds);

	if (rc < 0)
		return STORE_ERROR;
	if (rc == 0)
		return STORE_NEW;
	if (manifest_what(e->dir, &e->what, ds))
		return STORE_ERROR;
	return STORE_FOUND;
}

enum store_result
store_find(const char *store, const struct store_id *id, struct store_entry *e,
	   struct diags *ds)
{
	name_entry(store, id, e, NULL);
	return store_check_entry(e, ds);
}

/* An empty folder to make the entry in. */
static int
make_tmp(const char *store, const char *name, struct store_entry *e,
	 struct diags *ds)
{
	CLEANUP(freep) char *tmp = path_join(store, "tmp");

	e->tmp = path_join(tmp, name);
	free(e->root);
	e->root = path_join(e->tmp, "root");
	if (file_remove_tree(e->tmp, ds))
		return -1;
	return file_mkdirs(e->root, 0755, ds);
}

enum store_result
store_begin(const char *store, const struct store_id *id,
	    const struct store_wait *wait, struct store_entry *e,
	    struct diags *ds)
{
	CLEANUP(freep) char *name = NULL;
	enum store_result r;

	name_entry(store, id, e, &name);
	r = store_check_entry(e, ds);
	if (r != STORE_NEW)
		return r;
	r = store_lock(store, name, wait, &e->lock, ds);
	if (r != STORE_FOUND)
		return r;
	r = store_check_entry(e, ds);
	if (r == STORE_NEW && make_tmp(store, name, e, ds))
		return STORE_ERROR;
	return r;
}

static int
sync_file(int dirfd, const char *name)
{
	CLEANUP(close_fdp)
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	return fsync(fd);
}

/* A few plain files are synced one by one, which does not wait for what others
 * write to the same disk. */
static int
sync_few(int fd, const char *root)
{
	struct dirent **names;
	int n = scandir(root, &names, NULL, NULL), rc = 0;

	if (n < 0)
		return -1;
	if (n > FEW)
		rc = -1;
	for (int i = 0; i < n; i++) {
		if (rc == 0 && strcmp(names[i]->d_name, ".") != 0 &&
		    strcmp(names[i]->d_name, "..") != 0)
			rc = sync_file(fd, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return rc ? rc : fsync(fd);
}

/* All of the entry's bytes, before its name: a power cut must not leave a
 * whole-looking entry with empty files. */
static int
sync_all(const char *tmp, const char *root, struct diags *ds)
{
	CLEANUP(close_fdp)
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || (sync_few(fd, root) && syncfs(fd)))
		return io_error(ds, "sync", root);
	return file_fsync_dir(tmp, ds);
}

int
store_commit(struct store_entry *e, const json_t *what, struct diags *ds)
{
	CLEANUP(freep) char *parent = xstrdup(e->dir);

	*strrchr(parent, '/') = '\0';
	if (manifest_write(e->tmp, what, ds) || sync_all(e->tmp, e->root, ds) ||
	    file_mkdirs(parent, 0755, ds))
		return -1;
	/* A damaged entry may be in the place. */
	if (file_remove_tree(e->dir, ds))
		return -1;
	FAULT("store.before_rename");
	if (rename(e->tmp, e->dir))
		return io_error(ds, "rename to", e->dir);
	FAULT("store.after_rename");
	free(TAKE(e->tmp));
	free(e->root);
	e->root = path_join(e->dir, "root");
	json_decref(e->what);
	e->what = json_deep_copy(what);
	return file_fsync_dir(parent, ds);
}

void
store_close(struct store_entry *e)
{
	if (e->tmp) {
		struct diags ignored; /* the next run removes it */

		diags_init(&ignored);
		(void)file_remove_tree(e->tmp, &ignored);
		diags_done(&ignored);
	}
	if (e->lock >= 0)
		close(e->lock);
	free(e->dir);
	free(e->root);
	free(e->tmp);
	json_decref(e->what);
	*e = (struct store_entry)STORE_ENTRY_INIT;
}
