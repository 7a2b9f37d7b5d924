#include "providers/clients/shared/filemap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "providers/clients/objects/objects.h"

static const char *const shared_files[] = { "state.json", "journal", "apply",
					    "secret.key", "runs_on" };
static const char *const shared_folders[] = { "ledger", "keys", "files",
					      "history" };

void
filemap_done(struct filemap *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->list[i].path);
		if (m->list[i].p)
			explicit_bzero(m->list[i].p, m->list[i].n);
		free(m->list[i].p);
	}
	free(m->list);
	*m = (struct filemap){ 0 };
}

/* Where path is, or would be. */
static size_t
place_of(const struct filemap *m, const char *path, bool *there)
{
	size_t low = 0, high = m->n;

	*there = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = strcmp(m->list[mid].path, path);

		if (cmp == 0) {
			*there = true;
			return mid;
		}
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct shared_file *
filemap_find(const struct filemap *m, const char *path)
{
	bool there;
	size_t i = place_of(m, path, &there);

	return there ? &m->list[i] : NULL;
}

struct shared_file *
filemap_put(struct filemap *m, const char *path)
{
	bool there;
	size_t i = place_of(m, path, &there);

	if (there)
		return &m->list[i];
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 32;
		m->list = xreallocarray(m->list, m->cap, sizeof(*m->list));
	}
	memmove(&m->list[i + 1], &m->list[i], (m->n - i) * sizeof(*m->list));
	m->n++;
	m->list[i] = (struct shared_file){ .path = xstrdup(path) };
	return &m->list[i];
}

void
filemap_drop(struct filemap *m, const char *path)
{
	bool there;
	size_t i = place_of(m, path, &there);

	if (!there)
		return;
	free(m->list[i].path);
	free(m->list[i].p);
	m->n--;
	memmove(&m->list[i], &m->list[i + 1], (m->n - i) * sizeof(*m->list));
}

/* Of file_replace, or hidden. */
static bool
is_temporary(const char *name)
{
	return *name == '.' || strstr(name, ".tmp-");
}

bool
filemap_shares(const char *path)
{
	if (*path == '/' || strstr(path, "..") || strstr(path, "//"))
		return false;
	for (size_t i = 0; i < COUNTOF(shared_files); i++)
		if (strcmp(path, shared_files[i]) == 0)
			return true;
	for (size_t i = 0; i < COUNTOF(shared_folders); i++) {
		size_t n = strlen(shared_folders[i]);

		if (strncmp(path, shared_folders[i], n) == 0 &&
		    path[n] == '/' && path[n + 1])
			return true;
	}
	return false;
}

static int
load_file(const char *dir, const char *path, char **p, size_t *n,
	  struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(dir, path);
	CLEANUP(buf_done) struct buf b = BUF_INIT(OBJECT_MAX);
	int rc = file_read_opt(full, &b, ds);

	if (rc)
		return rc;
	/* The room that a journal reserves is zeros. */
	while (strcmp(path, "journal") == 0 && b.n && !b.p[b.n - 1])
		b.n--;
	*n = b.n;
	*p = buf_take(&b);
	return 0;
}

static int add_folder(struct filemap *m, const char *dir, const char *path,
		      struct diags *ds);

int
filemap_add(struct filemap *m, const char *dir, const char *path,
	    struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(dir, path);
	struct shared_file *f;
	struct stat st;
	size_t n = 0;
	char *p = NULL;
	int rc;

	if (lstat(full, &st) < 0)
		return errno == ENOENT ? 1
				       : diag_errno(ds, "E0501",
						    "cannot read '%s'", full);
	if (S_ISDIR(st.st_mode))
		return add_folder(m, dir, path, ds);
	if (!S_ISREG(st.st_mode))
		return 0;
	rc = load_file(dir, path, &p, &n, ds);
	if (rc)
		return rc;
	f = filemap_put(m, path);
	free(f->p);
	f->p = p;
	f->n = n;
	f->time = st.st_mtim.tv_sec;
	return 0;
}

static int
add_folder(struct filemap *m, const char *dir, const char *path,
	   struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(dir, path);
	DIR *d = opendir(full);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return diag_errno(ds, "E0501", "cannot read '%s'", full);
	/* A file that was not seen would be one that was removed. */
	while (rc >= 0 && (errno = 0, e = readdir(d))) {
		CLEANUP(freep) char *sub = NULL;

		if (is_temporary(e->d_name))
			continue;
		sub = xasprintf("%s/%s", path, e->d_name);
		rc = filemap_add(m, dir, sub, ds);
	}
	if (rc >= 0 && errno)
		rc = diag_errno(ds, "E0501", "cannot read '%s'", full);
	closedir(d);
	return rc < 0 ? -1 : 0;
}

int
filemap_read(struct filemap *m, const char *dir, struct diags *ds)
{
	for (size_t i = 0; i < COUNTOF(shared_files); i++)
		if (filemap_add(m, dir, shared_files[i], ds) < 0)
			return -1;
	for (size_t i = 0; i < COUNTOF(shared_folders); i++)
		if (filemap_add(m, dir, shared_folders[i], ds) < 0)
			return -1;
	return 0;
}
