#include "providers/clients/store/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"

#define BLOCK 65536u
#define DEPTH 64 /* of folders */

struct pack {
	struct archive *ar;
	const char *name; /* of the archive, for messages */
	const char *dir;
	const struct tar_opts *opts;
	struct diags *ds;
	char *block;
};

/* --- gathering --- */

static void
tar_add(struct tar_list *l, const char *path, const struct stat *st)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = (struct tar_item){
		.path = xstrdup(path),
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
		.mode = st->st_mode & 0777,
		.folder = S_ISDIR(st->st_mode),
	};
	l->bytes += l->v[l->n - 1].size;
}

static int
tar_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int
gather(struct tar_list *l, const char *dir, const char *path, bool public_only,
       unsigned depth, struct diags *ds)
{
	CLEANUP(freep) char *full = path_join(dir, path);
	struct dirent **found = NULL;
	struct stat st;
	int n, rc = 0;

	if (lstat(full, &st))
		return errno == ENOENT ? 0
				       : diag_errno(ds, "E1148",
						    "cannot read '%s'", full);
	if (S_ISREG(st.st_mode) && public_only && !(st.st_mode & 077))
		return 0;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		tar_add(l, path, &st);
	if (!S_ISDIR(st.st_mode))
		return 0;
	n = depth < DEPTH ? scandir(full, &found, not_dots, tar_by_name) : -1;
	if (n < 0)
		return diag_errno(ds, "E1148", "cannot read '%s'", full);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *sub = path_join(path, found[i]->d_name);

		if (rc == 0)
			rc = gather(l, dir, sub, public_only, depth + 1, ds);
		free(found[i]);
	}
	free(found);
	return rc;
}

int
tar_gather(struct tar_list *l, const char *dir, const char *path,
	   bool public_only, struct diags *ds)
{
	return gather(l, dir, path, public_only, 0, ds);
}

void
tar_list_done(struct tar_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct tar_list){ 0 };
}

/* --- writing --- */

static int
tar_bad(struct pack *p)
{
	const char *why = archive_error_string(p->ar);

	return diag_err(p->ds, "E1148", "'%s' could not be written: %s",
			p->name, why ? why : "unknown error");
}

static struct archive *
new_archive(void)
{
	struct archive *ar = archive_write_new();

	if (!ar)
		mem_exhausted();
	return ar;
}

static struct archive_entry *
member(const char *path, unsigned mode, uint64_t size, bool folder, time_t when)
{
	struct archive_entry *e = archive_entry_new();

	if (!e)
		mem_exhausted();
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, folder ? AE_IFDIR : AE_IFREG);
	archive_entry_set_perm(e, mode);
	archive_entry_set_size(e, (int64_t)size);
	archive_entry_set_mtime(e, when, 0);
	return e;
}

static int
put_header(struct pack *p, const char *path, unsigned mode, uint64_t size,
	   bool folder)
{
	struct archive_entry *e = member(path, mode, size, folder, time(NULL));
	int rc;

	rc = archive_write_header(p->ar, e);
	archive_entry_free(e);
	return rc == ARCHIVE_OK ? 0 : tar_bad(p);
}

static int
put_bytes(struct pack *p, const void *data, size_t n)
{
	return archive_write_data(p->ar, data, n) == (la_ssize_t)n ? 0
								   : tar_bad(p);
}

static int
put_file(struct pack *p, const struct tar_item *item)
{
	CLEANUP(freep) char *full = path_join(p->dir, item->path);
	CLEANUP(close_fdp)
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	uint64_t left = item->size;
	ssize_t n = 0;

	if (fd < 0)
		return diag_errno(p->ds, "E1148", "cannot read '%s'", full);
	if (put_header(p, item->path, item->mode, item->size, false))
		return -1;
	for (; left > 0; left -= (uint64_t)n) {
		if (p->opts->cancelled && p->opts->cancelled(p->opts->arg))
			return 1;
		n = read(fd, p->block, left < BLOCK ? (size_t)left : BLOCK);
		if (n < 0)
			return diag_errno(p->ds, "E1148", "cannot read '%s'",
					  full);
		if (n == 0)
			return diag_err(p->ds, "E1148",
					"'%s' became shorter while it was read",
					full);
		if (put_bytes(p, p->block, (size_t)n))
			return -1;
	}
	return 0;
}

static int
put_all(struct pack *p, const struct tar_list *l)
{
	const char *text = p->opts->text;
	int rc = 0;

	if (text && (put_header(p, p->opts->first, 0600, strlen(text), false) ||
		     put_bytes(p, text, strlen(text))))
		return -1;
	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = l->v[i].folder ? put_header(p, l->v[i].path, l->v[i].mode,
						 0, true)
				    : put_file(p, &l->v[i]);
	return rc;
}

struct output {
	const struct tar_opts *opts;
	int fd;
};

static la_ssize_t
to_sink(struct archive *ar UNUSED, void *arg, const void *data, size_t n)
{
	const struct output *o = arg;

	return n && o->opts->write(o->opts->sink, o->fd, data, n) < 0
		       ? -1
		       : (la_ssize_t)n;
}

static int
open_output(struct pack *p, struct output *o)
{
	return !p->opts->write ? archive_write_open_fd(p->ar, o->fd)
	       : archive_write_set_bytes_in_last_block(p->ar, 1) == ARCHIVE_OK
		       ? archive_write_open(p->ar, o, NULL, to_sink, NULL)
		       : ARCHIVE_FATAL;
}

static int
write_to(struct pack *p, int fd, const struct tar_list *l)
{
	struct output o = { .opts = p->opts, .fd = fd };
	int rc;

	p->ar = new_archive();
	p->block = xmalloc(BLOCK);
	/* Databases do not get much smaller by trying hard. */
	if (archive_write_set_format_pax_restricted(p->ar) != ARCHIVE_OK ||
	    archive_write_add_filter_gzip(p->ar) != ARCHIVE_OK ||
	    archive_write_set_filter_option(p->ar, "gzip", "compression-level",
					    "3") != ARCHIVE_OK ||
	    open_output(p, &o) != ARCHIVE_OK)
		rc = tar_bad(p);
	else
		rc = put_all(p, l);
	if (rc == 0 && archive_write_close(p->ar) != ARCHIVE_OK)
		rc = tar_bad(p);
	archive_write_free(p->ar);
	free(p->block);
	if (rc == 0 && p->opts->write &&
	    p->opts->write(p->opts->sink, fd, NULL, 0) < 0)
		rc = diag_errno(p->ds, "E1148", "'%s' could not be written",
				p->name);
	if (rc == 0 && fsync(fd))
		rc = diag_errno(p->ds, "E1148", "'%s' could not be written",
				p->name);
	return rc;
}

int
tar_write(const char *archive, const char *dir, const struct tar_list *l,
	  const struct tar_opts *opts, struct diags *ds)
{
	CLEANUP(freep) char *temp = xasprintf("%s.tmp", archive);
	struct pack p = { .name = archive, .dir = dir, .opts = opts, .ds = ds };
	CLEANUP(close_fdp) int fd = -1;
	int rc;

	if (file_exists(archive))
		return diag_err(ds, "E1148", "'%s' already exists", archive);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return diag_errno(ds, "E1148", "cannot write '%s'", temp);
	rc = write_to(&p, fd, l);
	/* link() does not replace what came there meanwhile. */
	if (rc == 0 && link(temp, archive))
		rc = diag_errno(ds, "E1148", "cannot write '%s'", archive);
	unlink(temp);
	return rc;
}

/* --- one header --- */

static la_ssize_t
to_buf(struct archive *ar UNUSED, void *arg, const void *data, size_t n)
{
	struct buf *b = arg;
	size_t room = b->max - b->n;

	/* What follows are zeros, in place of a content. */
	buf_add(b, data, n < room ? n : room);
	return (la_ssize_t)n;
}

int
tar_head(const char *path, unsigned mode, uint64_t size, bool folder,
	 char out[TAR_BLOCK], struct diags *ds)
{
	CLEANUP(buf_done) struct buf got = BUF_INIT(TAR_BLOCK);
	struct archive *ar = new_archive();
	struct archive_entry *e = member(path, mode, size, folder, 0);
	bool good = archive_write_set_format_ustar(ar) == ARCHIVE_OK &&
		    archive_write_set_bytes_per_block(ar, 0) == ARCHIVE_OK &&
		    archive_write_open(ar, &got, NULL, to_buf, NULL) ==
			    ARCHIVE_OK &&
		    archive_write_header(ar, e) == ARCHIVE_OK;

	archive_write_free(ar);
	archive_entry_free(e);
	if (!good || got.n != TAR_BLOCK)
		return diag_err(ds, "E1321", "'%s' is no name for a tar file",
				path);
	memcpy(out, got.p, TAR_BLOCK);
	return 0;
}
