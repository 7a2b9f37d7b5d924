/* The backend `local`: its lease, document and blobs. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "state/file/file_int.h"

#define SELF(b) ((struct file_backend *)(b))

extern const struct backend_ops backend_file;

static struct state_backend *
file_open(const struct backend_place *place)
{
	const char *state_dir = place->state_dir;
	struct file_backend *f = xcalloc(1, sizeof(*f));

	*f = (struct file_backend){
		.base.ops = &backend_file,
		.dir = xstrdup(state_dir),
		.document = path_join(state_dir, "state.json"),
		.history = path_join(state_dir, "history"),
		.journal = path_join(state_dir, "journal"),
		.lock_path = path_join(state_dir, "lock"),
		.lock = LOCK_INIT,
		.journal_fd = -1,
	};
	return &f->base;
}

static void
file_close(struct state_backend *b)
{
	struct file_backend *f = SELF(b);

	file_journal_close(f);
	free(f->dir);
	free(f->document);
	free(f->history);
	free(f->journal);
	free(f->lock_path);
	free(f);
}

static int
file_prepare(struct state_backend *b, struct diags *ds)
{
	CLEANUP(freep) char *ignore = path_join(SELF(b)->dir, ".gitignore");

	if (file_mkdirs(SELF(b)->dir, 0700, ds) < 0 ||
	    file_mkdirs(SELF(b)->history, 0700, ds) < 0)
		return -1;
	if (file_exists(ignore))
		return 0;
	return file_replace(ignore, "*\n", 2, 0600, ds);
}

static const char *
file_part_name(const struct state_backend *b, enum backend_part part)
{
	const struct file_backend *f = (const struct file_backend *)b;

	switch (part) {
	case BACKEND_DOCUMENT:
		return f->document;
	case BACKEND_HISTORY:
		return f->history;
	case BACKEND_JOURNAL:
		return f->journal;
	}
	return f->dir;
}

static char *
generation_path(const struct state_backend *b, uint64_t serial)
{
	return xasprintf("%s/%llu.json",
			 ((const struct file_backend *)b)->history,
			 (unsigned long long)serial);
}

static char *
file_restore_command(const struct state_backend *b, uint64_t serial)
{
	CLEANUP(freep) char *path = generation_path(b, serial);

	return xasprintf("cp %s %s", path, file_part_name(b, BACKEND_DOCUMENT));
}

/* --- the lease --- */

static int
file_acquire(struct state_backend *b, const struct lease_claim *claim,
	     struct diags *ds)
{
	if (lock_take(&SELF(b)->lock, SELF(b)->lock_path, claim, ds) < 0)
		return -1;
	b->leased = true;
	return 0;
}

static int
file_renew(struct state_backend *b, struct diags *ds)
{
	return lock_check(&SELF(b)->lock, SELF(b)->lock_path, ds);
}

static bool
file_holder(struct state_backend *b, struct lease_holder *out)
{
	return lock_read_holder(SELF(b)->lock_path, out);
}

static void
file_release(struct state_backend *b)
{
	lock_release(&SELF(b)->lock);
	b->leased = false;
}

static int
file_lease_fd(const struct state_backend *b)
{
	return lock_fd(&((const struct file_backend *)b)->lock);
}

/* --- the document --- */

/* A file that is only ever replaced is another file each time. */
static struct doc_version
version_of(const struct file_backend *f)
{
	struct doc_version v = { "" };
	struct stat st;

	if (stat(f->document, &st) == 0)
		snprintf(v.text, sizeof(v.text), "%llu.%lld.%09ld.%lld",
			 (unsigned long long)st.st_ino,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			 (long long)st.st_size);
	return v;
}

static int
file_read_document(struct state_backend *b, struct buf *out,
		   struct doc_version *version, struct diags *ds)
{
	/* Replaced while it is read: the version is that of before, and a
	 * write with it is refused. */
	*version = version_of(SELF(b));
	return file_read_opt(SELF(b)->document, out, ds);
}

static int
cmp_newest(const void *pa, const void *pb)
{
	const struct state_generation *a = pa, *b = pb;

	return (a->serial < b->serial) - (a->serial > b->serial);
}

/* The N of "N.json", or -1. */
static int
parse_name(const char *name, uint64_t *out)
{
	size_t n = strspn(name, "0123456789");
	CLEANUP(freep) char *digits = xstrndup(name, n);

	return strcmp(name + n, ".json") ? -1
					 : parse_u64(digits, INT64_MAX, out);
}

static int
file_generations(struct state_backend *b, struct arena *a,
		 struct state_generation **out, size_t *n, struct diags *ds)
{
	const char *history = SELF(b)->history;
	DIR *dir = opendir(history);
	CLEANUP(freep) struct state_generation *list = NULL;
	size_t count = 0;
	struct dirent *e;

	if (!dir && errno != ENOENT && errno != ENOTDIR) {
		diag_errno(ds, "E0501", "cannot read '%s'", history);
		return -1;
	}
	while (dir && (e = readdir(dir))) {
		struct state_generation g = { 0 };
		struct stat st;

		if (parse_name(e->d_name, &g.serial) < 0)
			continue;
		if (fstatat(dirfd(dir), e->d_name, &st, 0) == 0)
			g.time = st.st_mtim.tv_sec;
		list = xreallocarray(list, count + 1, sizeof(*list));
		list[count++] = g;
	}
	if (dir)
		closedir(dir);
	*out = arena_alloc(a, (count + 1) * sizeof(**out));
	*n = count;
	if (count) {
		qsort(list, count, sizeof(*list), cmp_newest);
		memcpy(*out, list, count * sizeof(*list));
	}
	return 0;
}

static int
file_read_generation(struct state_backend *b, uint64_t serial, struct buf *out,
		     struct diags *ds)
{
	CLEANUP(freep) char *path = generation_path(b, serial);

	return file_read(path, out, ds);
}

/* Removes the generations beyond FILE_KEEP; one that stays does no harm. */
static void
prune(struct state_backend *b, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n;

	arena_init(&a);
	if (file_generations(b, &a, &gens, &n, ds) == 0) {
		for (size_t i = FILE_KEEP; i < n; i++) {
			CLEANUP(freep)
			char *path = generation_path(b, gens[i].serial);

			unlink(path);
		}
	}
	arena_done(&a);
}

/* The generation comes first: the newest is then never behind the document
 * that it backs up. */
static int
file_write_document(struct state_backend *b, const char *text, size_t n,
		    uint64_t serial, const struct doc_version *expect,
		    struct doc_version *now, struct diags *ds)
{
	CLEANUP(freep) char *path = generation_path(b, serial);
	struct doc_version there = version_of(SELF(b));

	if (expect && strcmp(there.text, expect->text) != 0) {
		diag_err(ds, "E0514",
			 "'%s' was changed by another program during this run",
			 SELF(b)->document);
		diag_hint(ds, "what this run did is in the journal; rerun the "
			      "command");
		return BACKEND_CONFLICT;
	}
	if (file_replace(path, text, n, 0600, ds) < 0)
		return -1;
	FAULT("store.before_rename");
	if (file_replace(SELF(b)->document, text, n, 0600, ds) < 0)
		return -1;
	FAULT("store.after_rename");
	*now = version_of(SELF(b));
	prune(b, ds);
	return 0;
}

/* --- blobs --- */

static int
file_blob_read(struct state_backend *b, const char *name, struct buf *out,
	       struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(SELF(b)->dir, name);

	return file_read_opt(path, out, ds);
}

static int
file_blob_write(struct state_backend *b, const char *name, const char *p,
		size_t n, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(SELF(b)->dir, name);
	CLEANUP(freep)
	char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	if (file_mkdirs(dir, 0700, ds) < 0)
		return -1;
	return file_replace(path, p, n, 0600, ds);
}

static int
file_blob_remove(struct state_backend *b, const char *name, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(SELF(b)->dir, name);

	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return diag_errno(ds, "E0501", "cannot remove '%s'", path);
	return 0;
}

const struct backend_ops backend_file = {
	.name = "local",
	.open = file_open,
	.close = file_close,
	.prepare = file_prepare,
	.part_name = file_part_name,
	.restore_command = file_restore_command,
	.acquire = file_acquire,
	.renew = file_renew,
	.holder = file_holder,
	.release = file_release,
	.lease_fd = file_lease_fd,
	.read = file_read_document,
	.write = file_write_document,
	.generations = file_generations,
	.read_generation = file_read_generation,
	.journal_read = file_journal_read,
	.journal_start = file_journal_start,
	.journal_append = file_journal_append,
	.journal_reserve = file_journal_reserve,
	.journal_remove = file_journal_remove,
	.blob_read = file_blob_read,
	.blob_write = file_blob_write,
	.blob_remove = file_blob_remove,
};
