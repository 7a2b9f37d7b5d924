#ifndef OPL2_PROVIDERS_CLIENTS_STORE_TAR_H
#define OPL2_PROVIDERS_CLIENTS_STORE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Writes a .tar.gz, over libarchive (the other half of untar.h).
 *
 * What goes in is gathered first, so that a list of it can be its first
 * member. Regular files and folders only: links, sockets and the like are
 * passed over, for what they lead to is elsewhere.
 */
struct tar_list {
	struct tar_item {
		char *path; /* below the folder that tar_write is given */
		uint64_t size;
		unsigned mode;
		bool folder;
	} * v;
	size_t n, cap;
	uint64_t bytes;
};

/* Adds dir/path and what is below it; a missing one is no error. With
 * `public_only` files that their owner alone may read are left out. */
int tar_gather(struct tar_list *l, const char *dir, const char *path,
	       bool public_only, struct diags *ds) MUST_CHECK;
void tar_list_done(struct tar_list *l); /* for CLEANUP */

struct tar_opts {
	const char *first; /* name of the first member ... */
	const char *text;  /* ... and its content; NULL: there is none */
	bool (*cancelled)(void *arg);
	void *arg;
	/* Writes what the archive has to the file; n 0: that was all. -1: with
	 * errno, or without. NULL: as it is. */
	int (*write)(void *sink, int fd, const void *p, size_t n);
	void *sink;
};

/* Writes them to `archive`, 0600, whole or not at all; a file that is there
 * already stays. 0, 1 cancelled, -1 with a diagnostic. A file that grows
 * meanwhile is cut, one that shrinks is an error. */
int tar_write(const char *archive, const char *dir, const struct tar_list *l,
	      const struct tar_opts *opts, struct diags *ds) MUST_CHECK;

/*
 * The header of one member, for archives that are to be the same wherever they
 * are made: ustar, owned by 0:0 without names, from 1970. Content follows it,
 * then zeros up to a multiple of TAR_BLOCK; two blocks of zeros are the end.
 */
#define TAR_BLOCK 512u
int tar_head(const char *path, unsigned mode, uint64_t size, bool folder,
	     char out[TAR_BLOCK], struct diags *ds) MUST_CHECK;

#endif
