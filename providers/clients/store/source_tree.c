#include "providers/clients/store/source_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define TARGET_MAX 4096u
#define FILE_BYTES (16u << 20)
#define PIECE      (64u << 20)

/* --- copying -------------------------------------------------------------- */

static enum outcome
cannot(struct effect_ctx *ctx, const char *act, const char *path)
{
	diag_errno(ctx->ds, "E0501", "cannot %s '%s'", act, path);
	return OC_FAIL;
}

/* Filesystems that cannot copy by themselves. */
static int
copy_plainly(int in, int out)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(in, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || fd_write_all(out, chunk, (size_t)n))
			return -1;
	}
	return 0;
}

static int
copy_bytes(int in, int out)
{
	bool any = false;

	for (;;) {
		ssize_t n = copy_file_range(in, NULL, out, NULL, PIECE, 0);

		if (n > 0) {
			any = true;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		/* Also files of which the size is not told beforehand. */
		return any && n == 0 ? 0 : copy_plainly(in, out);
	}
}

static enum outcome
source_tree_copy_file(struct effect_ctx *ctx, const char *from, const char *to,
		      const struct stat *st)
{
	CLEANUP(close_fdp) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(close_fdp)
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		       (st->st_mode & 0111) ? 0755 : 0644);
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (in < 0)
		return cannot(ctx, "read", from);
	if (out < 0 || copy_bytes(in, out) || futimens(out, times))
		return cannot(ctx, "write", to);
	return OC_OK;
}

static enum outcome
copy_link(struct effect_ctx *ctx, const char *from, const char *to)
{
	char target[TARGET_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return cannot(ctx, "read", from);
	target[n] = '\0';
	return symlink(target, to) ? cannot(ctx, "write", to) : OC_OK;
}

static enum outcome copy_one(struct effect_ctx *ctx, const char *from,
			     const char *to, const struct stat *st);

static enum outcome
copy_folder(struct effect_ctx *ctx, const char *from, const char *to)
{
	DIR *d = opendir(from);
	enum outcome oc = OC_OK;
	const struct dirent *e;

	if (!d)
		return cannot(ctx, "read", from);
	if (file_mkdirs_scratch(to, 0755, ctx->ds))
		oc = OC_FAIL;
	if (oc == OC_OK && effect_cancelled(ctx)) {
		diag_err(ctx->ds, "E0805", "interrupted while copying '%s'",
			 from);
		oc = OC_CANCELLED;
	}
	while (oc == OC_OK && (e = readdir(d)) != NULL) {
		CLEANUP(freep) char *a = path_join(from, e->d_name);
		CLEANUP(freep) char *b = path_join(to, e->d_name);
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		oc = lstat(a, &st) ? cannot(ctx, "look at", a)
				   : copy_one(ctx, a, b, &st);
	}
	closedir(d);
	return oc;
}

static enum outcome
copy_one(struct effect_ctx *ctx, const char *from, const char *to,
	 const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return copy_folder(ctx, from, to);
	if (S_ISLNK(st->st_mode))
		return copy_link(ctx, from, to);
	/* Sockets and the like are nobody's source. */
	return S_ISREG(st->st_mode) ? source_tree_copy_file(ctx, from, to, st)
				    : OC_OK;
}

enum outcome
source_copy(struct effect_ctx *ctx, const char *from, const char *to)
{
	struct stat st;

	if (stat(from, &st))
		return cannot(ctx, "read", from);
	return copy_one(ctx, from, to, &st);
}

/* --- patches -------------------------------------------------------------- */

/* The file's folder, links followed, must be the tree or below it. */
static int
check_folder(struct effect_ctx *ctx, const char *dir, const char *folder,
	     const char *file)
{
	CLEANUP(freep) char *tree = realpath(dir, NULL);
	CLEANUP(freep) char *real = realpath(folder, NULL);
	size_t n = tree ? strlen(tree) : 0;

	if (tree && real && strncmp(real, tree, n) == 0 &&
	    (real[n] == '/' || !real[n]))
		return 0;
	return diag_err(ctx->ds, "E0752",
			"'%s' cannot be patched: its folder is not in the "
			"source",
			file);
}

static int
new_file(struct effect_ctx *ctx, const char *path, const json_t *patch)
{
	const char *with = jx_str(patch, "with", "");
	int rc = file_create(path, with, strlen(with), 0644, ctx->ds);

	if (rc <= 0 || jx_bool(patch, "optional", false))
		return rc < 0 ? -1 : 0;
	diag_err(ctx->ds, "E0752", "'%s' is already in the source",
		 jx_str(patch, "file", ""));
	diag_hint(ctx->ds, "set the text to 'replace', or 'optional: true' to "
			   "leave the file unchanged");
	return -1;
}

static int
replace_once(struct effect_ctx *ctx, const char *path, const json_t *patch)
{
	CLEANUP(buf_done) struct buf old = BUF_INIT(FILE_BYTES);
	CLEANUP(buf_done) struct buf new = BUF_INIT(2 * FILE_BYTES);
	const char *what = jx_str(patch, "replace", ""), *at, *more;
	const char *file = jx_str(patch, "file", "");
	size_t n = strlen(what), before;
	bool optional = jx_bool(patch, "optional", false);
	int rc = file_read_opt(path, &old, ctx->ds);
	struct stat st;

	if (rc < 0)
		return -1;
	at = rc == 0 && old.n ? memmem(old.p, old.n, what, n) : NULL;
	if (!at && optional)
		return 0;
	if (!at)
		return diag_err(ctx->ds, "E0752",
				rc ? "the file to patch does not exist: '%s'"
				   : "the text to replace is not in '%s'",
				file);
	before = (size_t)(at - old.p);
	more = memmem(at + 1, old.n - before - 1, what, n);
	if (more)
		return diag_err(ctx->ds, "E0752",
				"the text to replace is in '%s' more than once",
				file);
	buf_add(&new, old.p, before);
	buf_adds(&new, jx_str(patch, "with", ""));
	buf_add(&new, at + n, old.n - before - n);
	if (stat(path, &st))
		return diag_errno(ctx->ds, "E0501", "cannot stat '%s'", path);
	return file_replace(path, buf_str(&new), new.n, st.st_mode & 0777,
			    ctx->ds);
}

int
source_patch(struct effect_ctx *ctx, const char *dir, const json_t *patch)
{
	const char *file = jx_str(patch, "file", "");
	CLEANUP(freep) char *path = path_join(dir, file);
	CLEANUP(freep) char *folder = xstrdup(path);
	bool replaces = jx_get(patch, "replace") != NULL;

	*strrchr(folder, '/') = '\0';
	if (!replaces && file_mkdirs_scratch(folder, 0755, ctx->ds))
		return -1;
	if (file_exists(folder) && check_folder(ctx, dir, folder, file))
		return -1;
	return replaces ? replace_once(ctx, path, patch)
			: new_file(ctx, path, patch);
}
