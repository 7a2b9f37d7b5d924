#include "providers/clients/store/untar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "providers/clients/store/confine.h"

/*
 * How it is kept inside: while files are written there is not one symbolic
 * link below dir, for links are made at the very end; so no path can lead
 * out. A link's target may climb only at its start, which is counted against
 * the real folders above it; what follows can only go down or through another
 * link that was checked in the same way.
 */

#define BLOCK    65536u
#define PATH_CAP 4096u

struct link {
	char *path, *target;
};

struct unpack {
	const struct untar *opts;
	struct diags *ds;
	const char *name; /* of the archive, for messages */
	size_t errors;    /* that there were before */
	struct archive *ar;
	int dirfd; /* -1: nothing is written */
	size_t files, max_files;
	uint64_t bytes, max_bytes;
	struct link *links;
	size_t nlinks;
};

static int
untar_refuse(struct unpack *u, const char *path, const char *why)
{
	diag_err(u->ds, "E0706", "archive '%s' is rejected: '%s' %s", u->name,
		 path, why);
	return -1;
}

static int
broken(struct unpack *u)
{
	const char *why = archive_error_string(u->ar);

	if (u->ds->nerrors > u->errors) /* the source has said it */
		return -1;
	return diag_err(u->ds, "E0706", "archive '%s' is damaged: %s", u->name,
			why ? why : "it could not be read");
}

/* True when every component is a plain name. */
static bool
plain_path(const char *p)
{
	if (!*p || *p == '/' || strlen(p) >= PATH_CAP)
		return false;
	for (;;) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

/* Drops "./" and doubled or final slashes, which harm nobody, in place; an
 * absolute path is left for plain_path to refuse. */
static void
tidy(char *p)
{
	char *out = p;

	if (*p == '/')
		return;
	for (const char *in = p; *in;) {
		size_t n = strcspn(in, "/");

		if (n && !(n == 1 && *in == '.')) {
			if (out != p)
				*out++ = '/';
			memmove(out, in, n);
			out += n;
		}
		in += n + (in[n] == '/');
	}
	*out = '\0';
}

/*
 * The path below dir of an entry's path. 1 and *out malloc'd, 0 when it is to
 * be passed over, -1 refused.
 */
static int
placed(struct unpack *u, const char *path, char **out)
{
	CLEANUP(freep) char *p = NULL;
	const char *at;

	if (!path)
		return untar_refuse(u, "?", "has no readable name");
	if (strchr(path, '\\'))
		return untar_refuse(u, path, "has a backslash in its path");
	p = xstrdup(path);
	tidy(p);
	at = p;
	if (!*p)
		return 0;
	if (!plain_path(p))
		return untar_refuse(u, path, "leads out of the archive");
	if (u->opts->prefix) {
		size_t n = strlen(u->opts->prefix);

		if (strncmp(p, u->opts->prefix, n) != 0) {
			if (strncmp(u->opts->prefix, p, strlen(p)) == 0)
				return 0; /* a folder above the prefix */
			return untar_refuse(u, path,
					    "is not where it should be");
		}
		at = p + n;
	}
	for (unsigned i = 0; i < u->opts->strip && at; i++) {
		at = strchr(at, '/');
		at = at ? at + 1 : NULL;
	}
	if (!at || !*at)
		return 0;
	*out = xstrdup(at);
	return 1;
}

static bool
is_folder(struct unpack *u, const char *path)
{
	struct stat st;

	return fstatat(u->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* A link among the folders above is refused: see the top of the file. */
static int
make_parents(struct unpack *u, char *path)
{
	for (char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		int rc = 0;

		*s = '\0';
		if (mkdirat(u->dirfd, path, 0755) && errno != EEXIST)
			rc = diag_errno(u->ds, "E0707",
					"cannot make folder '%s'", path);
		else if (!is_folder(u, path))
			rc = untar_refuse(u, path,
					  "is both a folder and not one");
		*s = '/';
		if (rc)
			return rc;
	}
	return 0;
}

/* --- contents ------------------------------------------------------------- */

static int
copy_blocks(struct unpack *u, const char *path, int fd)
{
	CLEANUP(freep) char *block = xmalloc(BLOCK);
	struct sha256 h;
	uint8_t digest[32];
	la_ssize_t got;

	sha256_init(&h);
	while ((got = archive_read_data(u->ar, block, BLOCK)) > 0) {
		u->bytes += (uint64_t)got;
		if (u->bytes > u->max_bytes)
			return untar_refuse(u, path,
					    "unpacks to too many bytes");
		if (u->opts->cancelled && u->opts->cancelled(u->opts->arg))
			return 1;
		sha256_add(&h, block, (size_t)got);
		if (fd >= 0 && fd_write_all(fd, block, (size_t)got))
			return diag_errno(u->ds, "E0707", "cannot write '%s'",
					  path);
	}
	if (got < 0)
		return broken(u);
	sha256_end(&h, digest);
	if (u->opts->file)
		u->opts->file(u->opts->arg, path, digest);
	return 0;
}

static int
regular(struct unpack *u, struct archive_entry *e, const char *full, char *path)
{
	CLEANUP(close_fdp) int fd = -1;
	mode_t mode = archive_entry_perm(e) & 0111 ? 0755 : 0644;

	if (u->dirfd < 0)
		return copy_blocks(u, full, -1);
	if (make_parents(u, path))
		return -1;
	/* A new file in place of an older one, whose other names keep it. */
	if (unlinkat(u->dirfd, path, 0) < 0 && errno != ENOENT)
		return untar_refuse(u, full,
				    "is in the place of another entry");
	fd = openat(u->dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    mode);
	if (fd < 0 || fchmod(fd, mode))
		return diag_errno(u->ds, "E0707", "cannot create '%s'", path);
	return copy_blocks(u, full, fd);
}

static int
folder(struct unpack *u, const char *full, char *path)
{
	if (u->dirfd < 0)
		return 0;
	if (make_parents(u, path))
		return -1;
	if (mkdirat(u->dirfd, path, 0755) && errno != EEXIST)
		return diag_errno(u->ds, "E0707", "cannot make folder '%s'",
				  path);
	if (!is_folder(u, path))
		return untar_refuse(u, full,
				    "is in the place of another entry");
	return 0;
}

/* --- links ---------------------------------------------------------------- */

static bool
stays_inside(const char *path, const char *target)
{
	size_t depth = 0;
	bool down = false;

	if (!*target || *target == '/' || strlen(target) >= PATH_CAP)
		return false;
	for (const char *s = path; (s = strchr(s, '/')); s++)
		depth++;
	while (*target) {
		size_t n = strcspn(target, "/");

		if (n == 2 && target[0] == '.' && target[1] == '.') {
			if (down || depth-- == 0)
				return false;
		} else if (n && !(n == 1 && *target == '.')) {
			down = true;
		}
		target += n + (target[n] == '/');
	}
	return true;
}

static int
symbolic(struct unpack *u, const char *full, const char *path,
	 const char *target)
{
	if (!target || !stays_inside(path, target))
		return untar_refuse(u, full, "is a link that leads outside");
	if (u->dirfd < 0)
		return 0;
	u->links = xreallocarray(u->links, u->nlinks + 1, sizeof(*u->links));
	u->links[u->nlinks++] = (struct link){ .path = xstrdup(path),
					       .target = xstrdup(target) };
	return 0;
}

static int
hard(struct unpack *u, const char *full, char *path, const char *target)
{
	CLEANUP(freep) char *to = NULL;
	struct stat st;
	int rc = placed(u, target, &to);

	if (rc < 0)
		return -1;
	if (rc == 0 || u->dirfd < 0)
		return 0;
	if (make_parents(u, path))
		return -1;
	if (fstatat(u->dirfd, to, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode) || linkat(u->dirfd, to, u->dirfd, path, 0))
		return untar_refuse(u, full,
				    "is a hard link to a missing file");
	return 0;
}

static int
make_links(struct unpack *u)
{
	for (size_t i = 0; i < u->nlinks; i++) {
		struct link *l = &u->links[i];

		if (make_parents(u, l->path))
			return -1;
		if (symlinkat(l->target, u->dirfd, l->path))
			return untar_refuse(u, l->path,
					    "is a link in the place of another "
					    "entry");
	}
	return 0;
}

/* --- the loop ------------------------------------------------------------- */

/* As placed(), where one file is wanted: all else is passed over. */
static int
placed_only(struct unpack *u, struct archive_entry *e, const char *path,
	    char **out)
{
	CLEANUP(freep) char *p = xstrdup(path ? path : "");
	const char *name = strrchr(u->opts->only, '/');

	tidy(p);
	if (strcmp(p, u->opts->only) != 0 || archive_entry_hardlink(e) ||
	    archive_entry_filetype(e) != AE_IFREG)
		return 0;
	*out = xstrdup(name ? name + 1 : p);
	return 1;
}

static int
entry(struct unpack *u, struct archive_entry *e)
{
	CLEANUP(freep) char *path = NULL;
	const char *full = archive_entry_pathname_utf8(e), *to;
	int rc;

	if (!full)
		full = archive_entry_pathname(e);
	rc = u->opts->only ? placed_only(u, e, full, &path)
			   : placed(u, full, &path);
	if (rc <= 0)
		return rc;
	if (++u->files > u->max_files)
		return untar_refuse(u, full, "exceeds the limit of entries");
	to = archive_entry_hardlink(e);
	if (to)
		return hard(u, full, path, to);
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return regular(u, e, full, path);
	case AE_IFDIR:
		return folder(u, full, path);
	case AE_IFLNK:
		return symbolic(u, full, path, archive_entry_symlink(e));
	default:
		return untar_refuse(u, full,
				    "is neither file, folder nor link");
	}
}

static int
unpack_all(struct unpack *u)
{
	struct archive_entry *e;
	int rc, status;

	while ((rc = archive_read_next_header(u->ar, &e)) != ARCHIVE_EOF) {
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return broken(u);
		if (u->opts->cancelled && u->opts->cancelled(u->opts->arg))
			return 1;
		status = entry(u, e);
		if (status)
			return status;
	}
	if (!u->files && !u->opts->only)
		return diag_err(u->ds, "E0706", "archive '%s' is empty",
				u->name);
	return u->dirfd < 0 ? 0 : make_links(u);
}

static struct archive *
reader(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		mem_exhausted();
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_format_tar(a);
	archive_read_support_format_zip_seekable(a);
	return a;
}

static la_ssize_t
from_source(struct archive *ar UNUSED, void *arg, const void **p)
{
	const struct untar *opts = arg;

	return (la_ssize_t)opts->read(opts->source, p);
}

static int
open_input(struct unpack *u, const char *archive)
{
	return u->opts->read
		       ? archive_read_open(u->ar, (void *)(uintptr_t)u->opts,
					   NULL, from_source, NULL)
		       : archive_read_open_filename(u->ar, archive, BLOCK);
}

struct confined {
	struct unpack *u;
	const char *archive;
	int rc;
};

static void
unpack_confined(void *arg)
{
	struct confined *c = arg;

	c->u->ar = reader();
	c->rc = open_input(c->u, c->archive) == ARCHIVE_OK ? unpack_all(c->u)
							   : broken(c->u);
	archive_read_free(c->u->ar);
}

int
untar(const char *archive, const char *dir, const struct untar *opts,
      struct diags *ds)
{
	static const struct untar none = { .strip = 0 };
	CLEANUP(close_fdp) int dirfd = -1;
	struct unpack u = { .opts = opts ? opts : &none, .ds = ds };
	const char *slash = strrchr(archive, '/');
	struct confined c = { .u = &u, .archive = archive };

	u.name = slash ? slash + 1 : archive;
	u.max_files = u.opts->max_files ? u.opts->max_files : LIM_ARCHIVE_FILES;
	u.max_bytes = u.opts->max_bytes ? u.opts->max_bytes : LIM_ARCHIVE_BYTES;
	if (dir) {
		dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dirfd < 0)
			return diag_errno(ds, "E0707", "cannot open '%s'", dir);
	}
	u.dirfd = dirfd;
	u.errors = ds->nerrors;
	(void)confine_run(dirfd, unpack_confined, &c);
	for (size_t i = 0; i < u.nlinks; i++) {
		free(u.links[i].path);
		free(u.links[i].target);
	}
	free(u.links);
	return c.rc;
}
