#include "providers/runtime/tree/tree.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* A file that was changed this shortly before the list may change again
 * without another time of last change, for a file system counts in ticks. */
#define FRESH_NS 2000000000ll

struct copy {
	struct tree *from, *to;
	bool live;
	tree_progress_fn fn;
	void *arg;
	struct tree_figures *figures;
	uint64_t done, of; /* bytes */
	void *piece;
};

static int64_t
number(const json_t *file, size_t i)
{
	return json_integer_value(json_array_get(file, i));
}

/* mode does not count: a volume's owner may set bits of it. */
static bool
same(const json_t *a, const json_t *b)
{
	return number(a, 0) == number(b, 0) && number(a, 1) == number(b, 1);
}

static bool
is_part(const char *path)
{
	size_t n = strlen(path), k = strlen(TREE_PART);

	return n > k && !strcmp(path + n - k, TREE_PART);
}

static bool
too_fresh(const json_t *file)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return number(file, 1) >
	       (int64_t)now.tv_sec * 1000000000ll + now.tv_nsec - FRESH_NS;
}

/* Where to go on, by the part that is there. */
static int64_t
begun(const json_t *there, const char *path, const json_t *file)
{
	CLEANUP(freep) char *name = xasprintf("%s" TREE_PART, path);
	const json_t *part = jx_get(there, name);

	return part && number(part, 1) == number(file, 1) &&
			       number(part, 0) < number(file, 0)
		       ? number(part, 0)
		       : 0;
}

/* 0, 1: given up, -1, 2: the file is not what it was. */
static int
copy_file(struct copy *c, const char *path, const json_t *file, int64_t at,
	  struct diags *ds)
{
	struct tree_piece piece = { .path = path,
				    .size = number(file, 0),
				    .mtime = number(file, 1),
				    .mode = (mode_t)number(file, 2),
				    .at = at,
				    .p = c->piece };

	c->done += (uint64_t)at;
	do {
		int64_t left = piece.size - piece.at;
		size_t want = left < TREE_PIECE ? (size_t)left : TREE_PIECE;
		ssize_t n = want ? c->from->ops->read(c->from, path, piece.at,
						      c->piece, want, ds)
				 : 0;

		if (n < 0)
			return -1;
		if ((size_t)n < want)
			return 2;
		piece.n = want;
		if (c->to->ops->write(c->to, &piece, ds))
			return -1;
		piece.at += (int64_t)want;
		c->done += want;
		c->figures->bytes += want;
		if (c->fn && c->fn(c->arg, c->done, c->of))
			return 1;
	} while (piece.at < piece.size);
	c->figures->files++;
	return 0;
}

/* What is not the same there. */
static json_t *
to_do(struct copy *c, const json_t *here, const json_t *there)
{
	json_t *list = json_object(), *file;
	const char *path;

	json_object_foreach((json_t *)(uintptr_t)here, path, file) {
		const json_t *old = jx_get(there, path);

		if (is_part(path) || (old && same(old, file)))
			continue;
		if (c->live && too_fresh(file)) {
			c->figures->changed++;
			continue;
		}
		c->of += (uint64_t)number(file, 0);
		json_object_set(list, path, file);
	}
	return list;
}

static int
copy_all(struct copy *c, const json_t *list, const json_t *there,
	 struct diags *ds)
{
	const char *path;
	json_t *file;
	int rc;

	json_object_foreach((json_t *)(uintptr_t)list, path, file) {
		rc = copy_file(c, path, file, begun(there, path, file), ds);
		if (rc == 2 && !c->live)
			return diag_err(ds, "E1343",
					"'%s' changed while it was copied",
					path);
		if (rc == 2)
			c->figures->changed++;
		else if (rc)
			return rc;
	}
	return 0;
}

/* What only the other side has goes, and so do parts of former runs. */
static int
remove_rest(struct copy *c, const json_t *here, const json_t *there,
	    struct diags *ds)
{
	const char *path;
	json_t *file;

	json_object_foreach((json_t *)(uintptr_t)there, path, file)
		if ((is_part(path) || !jx_get(here, path)) &&
		    c->to->ops->remove(c->to, path, ds))
			return -1;
	return 0;
}

/* Both sides are read once more. */
static int
compare(struct copy *c, const json_t *folders, struct diags *ds)
{
	CLEANUP(put_json) json_t *here = NULL;
	CLEANUP(put_json) json_t *there = NULL;
	const char *path;
	json_t *file;

	if (c->from->ops->list(c->from, folders, &here, ds) ||
	    c->to->ops->list(c->to, folders, &there, ds))
		return -1;
	json_object_foreach(here, path, file)
		if (!is_part(path) &&
		    (!jx_get(there, path) || !same(jx_get(there, path), file)))
			return diag_err(ds, "E1343",
					"'%s' changed while it was copied",
					path);
	return 0;
}

int
tree_mirror(struct tree *from, struct tree *to, const json_t *folders,
	    bool live, tree_progress_fn fn, void *arg,
	    struct tree_figures *figures, struct diags *ds)
{
	CLEANUP(put_json) json_t *here = NULL;
	CLEANUP(put_json) json_t *there = NULL;
	CLEANUP(put_json) json_t *list = NULL;
	struct copy c = { .from = from,
			  .to = to,
			  .live = live,
			  .fn = fn,
			  .arg = arg,
			  .figures = figures };
	int rc;

	*figures = (struct tree_figures){ 0 };
	if (from->ops->list(from, folders, &here, ds) ||
	    to->ops->list(to, folders, &there, ds))
		return -1;
	list = to_do(&c, here, there);
	c.piece = xmalloc(TREE_PIECE);
	rc = copy_all(&c, list, there, ds);
	free(c.piece);
	if (rc || live)
		return rc;
	return remove_rest(&c, here, there, ds) || to->ops->sync(to, ds) ||
			       compare(&c, folders, ds)
		       ? -1
		       : 0;
}
