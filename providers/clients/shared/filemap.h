#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_FILEMAP_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_FILEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The files of a chain that a shared state has, by their path below the state
 * folder. What is left out is of this machine alone: locks, logs, databases,
 * work trees, what durations are expected.
 */
struct shared_file {
	char *path;
	char *p; /* content; NULL when it is a blob that was not fetched */
	size_t n;
	int64_t time;  /* of the last change, seconds since 1970; 0: unknown */
	char blob[65]; /* SHA-256 of the content, of a large file; else "" */
};

struct filemap {
	struct shared_file *list; /* by path */
	size_t n, cap;
};

void filemap_done(struct filemap *m); /* also for CLEANUP */
struct shared_file *filemap_find(const struct filemap *m, const char *path);
/* The entry of that path, made when there is none. */
struct shared_file *filemap_put(struct filemap *m, const char *path);
void filemap_drop(struct filemap *m, const char *path);
/* Is it one that is shared? False for what leads out of the folder, too. */
bool filemap_shares(const char *path);
/* The shared files that are in the folder. */
int filemap_read(struct filemap *m, const char *dir,
		 struct diags *ds) MUST_CHECK;
/* One of them, or all that is in a folder; 1: there is none. */
int filemap_add(struct filemap *m, const char *dir, const char *path,
		struct diags *ds) MUST_CHECK;

#endif
