#include "providers/clients/oci/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/store/tar.h"

#define BLOCK   65536u
#define END     (2 * TAR_BLOCK)
#define FRESH_S 2

void
oci_layer_init(struct oci_layer *l, const char *name)
{
	*l = (struct oci_layer){ .name = xstrdup(name) };
}

void
oci_layer_done(struct oci_layer *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct oci_member *m = &l->v[i];

		if (m->fd >= 0)
			close(m->fd);
		free(m->path);
		free(m->file);
		free(m->text);
		free(m->head);
	}
	free(l->v);
	free(l->name);
	*l = (struct oci_layer){ 0 };
}

/* --- what is in it -------------------------------------------------------- */

/* NULL when it is there already. */
static struct oci_member *
add(struct oci_layer *l, const char *path, size_t n, unsigned mode)
{
	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->v[i].path) == n &&
		    memcmp(l->v[i].path, path, n) == 0)
			return NULL;
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct oci_member){ .path = xstrndup(path, n),
					  .mode = mode,
					  .fd = -1 };
	return &l->v[l->n++];
}

static void
add_folder(struct oci_layer *l, const char *path, size_t n, unsigned mode)
{
	struct oci_member *m = add(l, path, n, mode);

	if (m)
		m->folder = true;
}

static const char *
bare(struct oci_layer *l, const char *path)
{
	path += strspn(path, "/");
	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/'))
		add_folder(l, path, (size_t)(s - path), 0755);
	return path;
}

void
oci_layer_folder(struct oci_layer *l, const char *path, unsigned mode)
{
	path = bare(l, path);
	add_folder(l, path, strlen(path), mode);
}

void
oci_layer_file(struct oci_layer *l, const char *path, const char *file)
{
	struct oci_member *m;

	path = bare(l, path);
	m = add(l, path, strlen(path), 0755);
	if (m)
		m->file = xstrdup(file);
}

void
oci_layer_text(struct oci_layer *l, const char *path, const char *text)
{
	struct oci_member *m;

	path = bare(l, path);
	m = add(l, path, strlen(path), 0644);
	if (m) {
		m->text = xstrdup(text);
		m->size = strlen(text);
	}
}

/* --- the tar file --------------------------------------------------------- */

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct oci_member *)a)->path,
		      ((const struct oci_member *)b)->path);
}

static int
open_file(struct oci_member *m, struct diags *ds)
{
	struct stat st;

	m->fd = open(m->file, O_RDONLY | O_CLOEXEC);
	if (m->fd < 0 || fstat(m->fd, &st) < 0)
		return diag_errno(ds, "E1321", "cannot read '%s'", m->file);
	if (!S_ISREG(st.st_mode))
		return diag_err(ds, "E1321", "'%s' is no file", m->file);
	m->size = (uint64_t)st.st_size;
	return 0;
}

static int
lay_out(struct oci_layer *l, struct diags *ds)
{
	qsort(l->v, l->n, sizeof(*l->v), by_path);
	l->size = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct oci_member *m = &l->v[i];

		if (m->file && open_file(m, ds))
			return -1;
		m->head = xmalloc(TAR_BLOCK);
		if (tar_head(m->path, m->mode, m->size, m->folder, m->head, ds))
			return -1;
		m->at = l->size;
		l->size += TAR_BLOCK +
			   (m->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
	}
	l->size += END;
	return 0;
}

static void
read_file(int fd, uint64_t at, char *p, size_t n)
{
	ssize_t got;

	while (n) {
		got = pread(fd, p, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (uint64_t)got, p += got, n -= (size_t)got;
	}
	memset(p, 0, n);
}

/* Of the member, n bytes from `at`, which counts from its header on; all of
 * them are in one of its three parts. Returns how many there were. */
static size_t
read_member(const struct oci_member *m, uint64_t at, char *p, size_t n)
{
	uint64_t end = at < TAR_BLOCK             ? TAR_BLOCK
		       : at < TAR_BLOCK + m->size ? TAR_BLOCK + m->size
						  : UINT64_MAX;

	if (n > end - at)
		n = (size_t)(end - at);
	if (at < TAR_BLOCK)
		memcpy(p, m->head + at, n);
	else if (end == UINT64_MAX)
		memset(p, 0, n);
	else if (m->text)
		memcpy(p, m->text + (at - TAR_BLOCK), n);
	else
		read_file(m->fd, at - TAR_BLOCK, p, n);
	return n;
}

void
oci_layer_read(const struct oci_layer *l, uint64_t at, char *p, size_t n)
{
	size_t i = 0;

	while (n) {
		uint64_t end;
		size_t part;

		while (i + 1 < l->n && l->v[i + 1].at <= at)
			i++;
		end = i + 1 < l->n ? l->v[i + 1].at : l->size;
		part = n < end - at ? n : (size_t)(end - at);
		part = read_member(&l->v[i], at - l->v[i].at, p, part);
		at += part, p += part, n -= part;
	}
}

/* What tells layers apart without a look into their files; NULL: a file was
 * changed just now, and may be once more within the same tick of its clock. */
static char *
identity(const struct oci_layer *l)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	char sum[65];

	for (size_t i = 0; i < l->n; i++) {
		const struct oci_member *m = &l->v[i];
		struct stat st = { 0 };

		if (m->file && (fstat(m->fd, &st) ||
				st.st_ctim.tv_sec + FRESH_S > time(NULL)))
			return NULL;
		sha256_hex(m->text ? m->text : "", m->text ? m->size : 0, sum);
		buf_addf(&b, "%s %o %s %llu %llu %llu %lld.%ld %lld.%ld\n",
			 m->path, m->mode, sum, (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino,
			 (unsigned long long)m->size,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
	sha256_hex(buf_str(&b), b.n, sum);
	return xstrdup(sum);
}

int
oci_layer_close(struct oci_layer *l, json_t *memory,
		bool (*cancelled)(void *arg), void *arg, struct diags *ds)
{
	CLEANUP(freep) char *block = NULL;
	CLEANUP(freep) char *id = NULL;
	const char *known;
	struct sha256 h;
	uint8_t raw[32];

	if (lay_out(l, ds))
		return -1;
	id = memory ? identity(l) : NULL;
	known = id ? jx_str(memory, id, NULL) : NULL;
	if (known && strlen(known) == OCI_DIGEST - 1) {
		memcpy(l->digest, known, OCI_DIGEST);
		return 0;
	}
	block = xmalloc(BLOCK);
	sha256_init(&h);
	for (uint64_t at = 0; at < l->size; at += BLOCK) {
		size_t n =
			l->size - at < BLOCK ? (size_t)(l->size - at) : BLOCK;

		if (cancelled && cancelled(arg))
			return 1;
		oci_layer_read(l, at, block, n);
		sha256_add(&h, block, n);
	}
	sha256_end(&h, raw);
	memcpy(l->digest, "sha256:", 7);
	hex_encode(raw, sizeof(raw), l->digest + 7);
	if (id)
		json_object_set_new(memory, id, json_string(l->digest));
	return 0;
}
