#include "providers/clients/store/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/store/store.h"

#define FORMAT     1
#define TARGET_MAX 4096u

static char *
manifest_path(const char *dir)
{
	return path_join(dir, "manifest.json");
}

static int64_t
mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* --- writing -------------------------------------------------------------- */

struct walk {
	const char *root;
	json_t *files;
	struct diags *ds;
};

static int
manifest_add_file(struct walk *w, const char *full, const char *rel,
		  const struct stat *st)
{
	char sha[65];

	if (file_sha256(full, sha, w->ds))
		return -1;
	json_array_append_new(w->files, json_pack("[s,I,I,I,s]", rel,
						  (json_int_t)st->st_size,
						  (json_int_t)mtime_ns(st),
						  (json_int_t)st->st_ino, sha));
	return 0;
}

static int
add_link(struct walk *w, const char *full, const char *rel)
{
	char target[TARGET_MAX];
	ssize_t n = readlink(full, target, sizeof(target) - 1);

	if (n < 0)
		return diag_errno(w->ds, "E0707", "cannot read link '%s'",
				  full);
	target[n] = '\0';
	json_array_append_new(w->files, json_pack("[s,s]", rel, target));
	return 0;
}

static int add_folder(struct walk *w, const char *rel);

static int
add_one(struct walk *w, const char *rel)
{
	CLEANUP(freep) char *full = path_join(w->root, rel);
	struct stat st;

	if (lstat(full, &st))
		return diag_errno(w->ds, "E0707", "cannot stat '%s'", full);
	if (S_ISDIR(st.st_mode))
		return add_folder(w, rel);
	if (S_ISLNK(st.st_mode))
		return add_link(w, full, rel);
	return manifest_add_file(w, full, rel, &st);
}

static int
add_folder(struct walk *w, const char *rel)
{
	CLEANUP(freep) char *full = path_join(w->root, rel);
	struct dirent **names;
	int n = scandir(full, &names, NULL, alphasort), rc = 0;

	if (n < 0)
		return diag_errno(w->ds, "E0707", "cannot list '%s'", full);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		if (rc == 0 && strcmp(name, ".") != 0 &&
		    strcmp(name, "..") != 0) {
			CLEANUP(freep)
			char *sub = *rel ? path_join(rel, name) : xstrdup(name);

			rc = add_one(w, sub);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

static int
manifest_save(const char *dir, const json_t *m, struct diags *ds)
{
	CLEANUP(freep) char *path = manifest_path(dir);
	CLEANUP(freep) char *text = jx_dump_line(m);

	return file_replace(path, text, strlen(text), 0644, ds);
}

int
manifest_write(const char *dir, const json_t *what, struct diags *ds)
{
	CLEANUP(freep) char *root = path_join(dir, "root");
	CLEANUP(put_json) json_t *m = NULL;
	struct walk w = { .root = root, .ds = ds };

	m = json_pack("{s:i,s:O,s:o}", "format", FORMAT, "what", what, "files",
		      json_array());
	w.files = json_object_get(m, "files");
	if (add_folder(&w, ""))
		return -1;
	return manifest_save(dir, m, ds);
}

/* --- reading -------------------------------------------------------------- */

/* NULL without a diagnostic when there is none, or none that we know. */
static json_t *
manifest_load(const char *dir, struct diags *ds, int *rc)
{
	CLEANUP(freep) char *path = manifest_path(dir);
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_FRAME_BYTES);
	json_t *m;

	*rc = file_read_opt(path, &b, ds);
	if (*rc) {
		*rc = *rc < 0 ? -1 : 0;
		return NULL;
	}
	m = jx_parse(b.p ? b.p : "", b.n, path, NULL);
	if (m && jx_int(m, "format", 0) == FORMAT)
		return m;
	json_decref(m);
	return NULL;
}

int
manifest_what(const char *dir, json_t **out, struct diags *ds)
{
	int rc;
	CLEANUP(put_json) json_t *m = manifest_load(dir, ds, &rc);

	if (rc)
		return -1;
	*out = m ? json_incref(json_object_get(m, "what")) : json_object();
	return 0;
}

/* A row of a file at the top is its digest; others go into the list of their
 * folder, without what differs from one copy to the next. */
static void
sort_row(const json_t *row, json_t *files, json_t *folders)
{
	const char *path = json_string_value(json_array_get(row, 0));
	const char *last = json_string_value(
		json_array_get(row, json_array_size(row) - 1));
	const char *slash = path ? strchr(path, '/') : NULL;
	CLEANUP(freep) char *top = NULL;
	json_t *list;

	if (!path || !last)
		return;
	if (!slash) {
		json_object_set_new(files, path, jx_strf("sha256:%s", last));
		return;
	}
	top = xstrndup(path, (size_t)(slash - path));
	list = json_object_get(folders, top);
	if (!list) {
		list = json_array();
		json_object_set_new(folders, top, list);
	}
	json_array_append_new(list, json_pack("[s,s,b]", slash + 1, last,
					      json_array_size(row) == 2));
}

int
manifest_digests(const char *dir, json_t **out, struct diags *ds)
{
	int rc;
	CLEANUP(put_json) json_t *m = manifest_load(dir, ds, &rc);
	CLEANUP(put_json) json_t *files = json_object();
	CLEANUP(put_json) json_t *folders = json_object();
	const json_t *rows = jx_get(m, "files"), *row;
	const char *name;
	json_t *list;
	char hex[65];
	size_t i;

	if (rc)
		return -1;
	json_array_foreach(rows, i, row)
		sort_row(row, files, folders);
	json_object_foreach(folders, name, list) {
		jx_digest(list, hex);
		json_object_set_new(files, name, jx_strf("sha256:%s", hex));
	}
	*out = TAKE(files);
	return 0;
}

static int
manifest_damaged(char **why, const char *path, const char *how)
{
	if (why)
		*why = xasprintf("'%s' %s", path, how);
	return 0;
}

/* One row. 1 as recorded, 0 not, -1 error; *moved: its stat differs, but its
 * content does not, and the row was brought up to date. */
static int
verify_row(const char *root, json_t *row, bool full, bool *moved, char **why,
	   struct diags *ds)
{
	const char *rel = json_string_value(json_array_get(row, 0));
	bool link = json_array_size(row) == 2;
	CLEANUP(freep) char *path = path_join(root, rel ? rel : "");
	struct stat st;
	char sha[65];
	bool same;

	if (lstat(path, &st)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return diag_errno(ds, "E0707", "cannot stat '%s'",
					  path);
		return manifest_damaged(why, path, "is missing");
	}
	if (link)
		return S_ISLNK(st.st_mode)
			       ? 1
			       : manifest_damaged(why, path,
						  "is no longer a link");
	if (!S_ISREG(st.st_mode) ||
	    st.st_size != json_integer_value(json_array_get(row, 1)))
		return manifest_damaged(why, path, "has another size");
	same = mtime_ns(&st) == json_integer_value(json_array_get(row, 2)) &&
	       (json_int_t)st.st_ino ==
		       json_integer_value(json_array_get(row, 3));
	if (same && !full)
		return 1;
	if (file_sha256(path, sha, ds))
		return -1;
	if (strcmp(sha, json_string_value(json_array_get(row, 4))) != 0)
		return manifest_damaged(why, path, "has different content");
	if (!same) {
		*moved = true;
		json_array_set_new(row, 2, json_integer(mtime_ns(&st)));
		json_array_set_new(row, 3, json_integer((json_int_t)st.st_ino));
	}
	return 1;
}

int
store_verify(const char *root, bool full, char **why, struct diags *ds)
{
	CLEANUP(freep) char *dir = xstrdup(root);
	CLEANUP(put_json) json_t *m = NULL;
	char *slash = strrchr(dir, '/');
	bool moved = false;
	json_t *row;
	size_t i;
	int rc;

	if (slash)
		*slash = '\0';
	m = manifest_load(dir, ds, &rc);
	if (rc)
		return -1;
	if (!m)
		return manifest_damaged(why, dir, "has no manifest");
	json_array_foreach(json_object_get(m, "files"), i, row) {
		rc = verify_row(root, row, full, &moved, why, ds);
		if (rc <= 0)
			return rc;
	}
	/* A copied or restored store: spare the next look the hashing. */
	if (moved) {
		struct diags ignored;

		diags_init(&ignored);
		(void)manifest_save(dir, m, &ignored);
		diags_done(&ignored);
	}
	return 1;
}
