#ifndef OPL2_PROVIDERS_RUNTIME_TREE_TREE_H
#define OPL2_PROVIDERS_RUNTIME_TREE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Folders with the databases of processes, here or in a volume of a cluster,
 * and how one is made equal to the other. As rsync does it: a file of the same
 * size and time of last change is taken to be the same, so that what was copied
 * while a process ran need not be copied again after its stop.
 *
 * Paths are relative to the tree's root. A file that is not whole yet has the
 * suffix TREE_PART, and the time of last change of the file that it will be, by
 * which a later run goes on with it. What opl2 itself keeps beside a database
 * is in no list.
 */
#define TREE_PART ".opl2-part"
#define TREE_MOVED                                                             \
	"MOVED.json" /* in a folder: the database is elsewhere now             \
		      */
#define TREE_MADE    "opl2-prepared" /* there: it has been made */
#define TREE_PREPARE "PREPARE.json"  /* there: how it is made elsewhere */
#define TREE_PIECE   (4u << 20) /* bytes that are read or written at once */

/* A part of a file, and what the whole file is. */
struct tree_piece {
	const char *path;
	int64_t size, mtime; /* ns since 1970 */
	mode_t mode;
	int64_t at;
	const void *p;
	size_t n;
};

struct tree;
struct tree_ops {
	/* *files: {PATH: [SIZE, MTIME, MODE]} of all regular files in these
	 * folders of the root, those with TREE_PART too. Links to folders are
	 * followed; sockets and pipes are left out. New reference. */
	int (*list)(struct tree *t, const json_t *folders, json_t **files,
		    struct diags *ds);
	/* Up to n bytes; fewer: the file ends there, or is gone. */
	ssize_t (*read)(struct tree *t, const char *path, int64_t at, void *p,
			size_t n, struct diags *ds);
	/* Pieces of a file come in order. The last one makes it whole. */
	int (*write)(struct tree *t, const struct tree_piece *piece,
		     struct diags *ds);
	int (*remove)(struct tree *t, const char *path, struct diags *ds);
	/* All that was written outlasts a loss of power. */
	int (*sync)(struct tree *t, struct diags *ds);
};
struct tree {
	const struct tree_ops *ops;
};

/* A folder of this machine; root is borrowed. Codes: E1343. */
struct tree_local {
	struct tree tree; /* first: one is the other */
	const char *root;
};
void tree_local_init(struct tree_local *t, const char *root);

struct tree_figures {
	uint64_t files, bytes; /* that were copied */
	uint64_t changed;      /* left out, for they changed meanwhile */
};
/* Called after each piece; true gives up. */
typedef bool (*tree_progress_fn)(void *arg, uint64_t bytes, uint64_t of);

/*
 * Makes the folders of `to` as those of `from` are. live: somebody may be
 * writing there, so files that change are left out, and nothing is removed;
 * else a file that changes is an error. 0, 1: given up, -1 with E1343.
 */
int tree_mirror(struct tree *from, struct tree *to, const json_t *folders,
		bool live, tree_progress_fn fn, void *arg,
		struct tree_figures *figures, struct diags *ds) MUST_CHECK;

#endif
