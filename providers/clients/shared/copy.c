#include "providers/clients/shared/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define MARK     "shared"
#define MARK_MAX 4096u

void
copy_mark_done(struct copy_mark *m)
{
	json_decref(m->dirs);
	json_decref(m->place);
	m->dirs = m->place = NULL;
}

int
copy_mark_read(const char *dir, struct copy_mark *out, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, MARK);
	CLEANUP(buf_done) struct buf b = BUF_INIT(MARK_MAX);
	CLEANUP(put_json) json_t *j = NULL;
	int rc = file_read_opt(path, &b, ds);

	*out = (struct copy_mark){ 0 };
	if (rc)
		return rc < 0 ? -1 : 0;
	j = jx_parse(buf_str(&b), b.n, path, ds);
	if (!j)
		return -1;
	out->there = true;
	snprintf(out->id, sizeof(out->id), "%s", jx_str(j, "id", ""));
	snprintf(out->lease, sizeof(out->lease), "%s", jx_str(j, "lease", ""));
	out->seq = (uint64_t)jx_int(j, "seq", 0);
	out->dirty = jx_bool(j, "dirty", true);
	out->dirs = jx_share(jx_get(j, "dirs"));
	out->place = jx_share(jx_get(j, "place"));
	return 0;
}

int
copy_mark_write(const char *dir, const struct copy_mark *m, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, MARK);
	CLEANUP(put_json)
	json_t *j = json_pack("{s:s, s:s, s:I, s:b}", "id", m->id, "lease",
			      m->lease, "seq", (json_int_t)m->seq, "dirty",
			      m->dirty);

	if (m->dirs)
		json_object_set(j, "dirs", m->dirs);
	if (m->place)
		json_object_set(j, "place", m->place);
	return file_mkdirs(dir, 0700, ds) < 0
		       ? -1
		       : file_replace_json(path, j, 0600, ds);
}

int
copy_mark_remove(const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, MARK);

	return unlink(path) < 0 && errno != ENOENT
		       ? diag_errno(ds, "E0501", "cannot remove '%s'", path)
		       : 0;
}

static bool
is_same(const struct shared_file *have, const struct shared_file *want)
{
	char sum[65];

	if (!have || have->n != want->n)
		return false;
	if (want->p)
		return memcmp(have->p, want->p, want->n) == 0;
	sha256_hex(have->p, have->n, sum);
	return strcmp(sum, want->blob) == 0;
}

static int
lay_file(struct shared_log *l, const char *dir, struct shared_file *f,
	 struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, f->path);
	CLEANUP(freep)
	char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int rc = log_file(l, f, ds);

	if (rc)
		return rc;
	if (file_mkdirs(parent, 0700, ds) < 0)
		return -1;
	if (file_replace(path, f->p, f->n, 0600, ds) < 0)
		return -1;
	if (f->time) {
		const struct timespec t[2] = { { .tv_sec = f->time },
					       { .tv_sec = f->time } };

		(void)utimensat(AT_FDCWD, path, t, 0); /* for people */
	}
	return 0;
}

/* The state comes last: what is laid down in part is no state yet. */
int
copy_lay(struct shared_log *l, const char *dir, struct diags *ds)
{
	static const char state[] = "state.json";
	CLEANUP(filemap_done) struct filemap have = { 0 };
	int rc = filemap_read(&have, dir, ds);

	for (unsigned pass = 0; pass < 2; pass++)
		for (size_t i = 0; rc == 0 && i < l->files.n; i++) {
			struct shared_file *f = &l->files.list[i];

			if ((strcmp(f->path, state) == 0) == (pass == 1) &&
			    !is_same(filemap_find(&have, f->path), f))
				rc = lay_file(l, dir, f, ds);
		}
	for (size_t i = 0; rc == 0 && i < have.n; i++) {
		CLEANUP(freep) char *path = path_join(dir, have.list[i].path);

		if (!filemap_find(&l->files, have.list[i].path) &&
		    unlink(path) < 0 && errno != ENOENT)
			rc = diag_errno(ds, "E0501", "cannot remove '%s'",
					path);
	}
	return rc;
}

int
copy_set_aside(const char *dir, char **to, struct diags *ds)
{
	CLEANUP(filemap_done) struct filemap have = { 0 };
	CLEANUP(freep) char *base = NULL;
	char now[32];

	if (filemap_read(&have, dir, ds) < 0)
		return -1;
	utc_now(now, sizeof(now));
	base = xasprintf("%s/superseded-%s", dir, now);
	for (size_t i = 0; i < have.n; i++) {
		CLEANUP(freep) char *from = path_join(dir, have.list[i].path);
		CLEANUP(freep) char *dest = path_join(base, have.list[i].path);
		CLEANUP(freep)
		char *parent =
			xstrndup(dest, (size_t)(strrchr(dest, '/') - dest));

		if (file_mkdirs(parent, 0700, ds) < 0)
			return -1;
		if (rename(from, dest) < 0)
			return diag_errno(ds, "E0501", "cannot move '%s'",
					  from);
	}
	*to = TAKE(base);
	return 0;
}

bool
copy_has_files(const char *dir)
{
	CLEANUP(filemap_done) struct filemap have = { 0 };
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	return filemap_read(&have, dir, &ignored) < 0 || have.n > 0;
}
