#ifndef OPL2_PROVIDERS_CLIENTS_STORE_UNTAR_H
#define OPL2_PROVIDERS_CLIENTS_STORE_UNTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Unpacks tar, tar.gz, tar.xz and zip, over libarchive, whose only home this
 * is.
 *
 * The archive is hostile until proved otherwise. Paths are relative, have no
 * "..", and never run through a link; links may only lead to places inside;
 * devices and the like are refused; modes become 0755 or 0644; sizes and
 * counts are capped (LIM_ARCHIVE_FILES, LIM_ARCHIVE_BYTES). Everything refused
 * is E0706, naming the entry. Should a fault of the library get past all this,
 * it can write in `dir` alone (confine.h).
 */
struct untar {
	/* So many leading components of each path are cut off; an entry with
	 * no more than these is passed over. */
	unsigned strip;
	/* Only entries below this folder ("x/y/"), which is cut off; one that
	 * is elsewhere is refused. Or NULL. */
	const char *prefix;
	/* Only the regular file with this path, which is put into dir by its
	 * name; nothing else is looked at. Or NULL. */
	const char *only;
	/* Called now and then; true ends the work with 1. Or NULL. */
	bool (*cancelled)(void *arg);
	/* MAY. Each regular file once, in the archive's order, with the path
	 * as the archive has it and the sha256 of its content. */
	void (*file)(void *arg, const char *path, const uint8_t sha256[32]);
	void *arg;
	/* Where the archive's bytes come from: their number, 0 at the end, -1
	 * with a diagnostic. NULL: the file itself. */
	int64_t (*read)(void *source, const void **p);
	void *source;
	size_t max_files;   /* 0: the limits above */
	uint64_t max_bytes; /* unpacked; 0: the limits above */
};

/* Unpacks into dir, an empty folder of the caller's; NULL: reads only, for
 * the sake of file(). 0, 1 cancelled, -1 with a diagnostic. */
int untar(const char *archive, const char *dir, const struct untar *opts,
	  struct diags *ds) MUST_CHECK;

#endif
