#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_LOG_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/objects/objects.h"
#include "providers/clients/shared/filemap.h"
#include "providers/clients/shared/seal.h"

/*
 * A shared state is a log of segments. Below the place's prefix:
 *
 *   format           {"opl2_state":1,"chain","salt","key","id"}, made once;
 *                    "moved": true when the state was moved elsewhere
 *   log/NNNNNNNNNNNN one segment; its number is one more than the one before
 *   base             all files, as they are after the segment that it names
 *   blob/SHA256      the content of a large file
 *   lease            who writes, lease.h
 *
 * A segment is created only where there is none (If-None-Match: *), so there
 * is one order, and who has lost the lease writes nothing any more: the next
 * holder's first segment has the number that the old one's next would have.
 * The lease itself need not be safe, and no delete needs a condition.
 *
 * A segment's content is a line of JSON, a newline, and the bytes of its files
 * one after the other:
 *   {"kind":"begin|write|fence","lease":ID,"dirs":{FOLDER: ROLE},"files":[
 *     {"path","n"}              the whole file
 *     {"path","at","n"}         appended; at: how long it was
 *     {"path","blob","n"}       the whole file is in blob/SHA256
 *     {"path","gone":true}]}
 * base has the same form and "seq".
 */
enum { SHARED_OK = 0, SHARED_LOST = 1, SHARED_UNREACHABLE = 2 };

struct shared_log {
	struct objects *o; /* borrowed */
	struct seal seal;
	bool made;    /* there is a format */
	bool moved;   /* it says that the state is elsewhere now */
	char key[17]; /* the ID of the key that it was made with, or "" */
	char id[33];  /* of the format: tells one shared state from another */
	uint8_t salt[SEAL_SALT];
	uint64_t tail;   /* the last segment that is known; 0: none */
	char last[33];   /* the lease that wrote it */
	size_t segments; /* that are there, as far as known */
	uint64_t base;   /* the segment that base stands for */
	struct object_version base_version;
	struct filemap files; /* as of tail, when it was read */
	json_t *blobs;        /* the names of those that are there */
	json_t *dirs;         /* {FOLDER: "state"|"spec"|"store"}: what paths
				 in the files begin with */
};

/* What a segment says of one file. */
struct log_change {
	const char *path;
	const char *p; /* NULL: it is gone */
	size_t n;
	int64_t at; /* -1: the whole file */
};

/* Reads the format; made is false when there is none. E0538: it is another
 * chain's. */
int log_open(struct shared_log *l, struct objects *o, const char *chain,
	     struct diags *ds) MUST_CHECK;
/* Makes the format, and the seal with it. 1: somebody else has just made one.
 */
int log_make(struct shared_log *l, const char *chain, const json_t *encryption,
	     const char *base, struct diags *ds) MUST_CHECK;
/* Says that the state is elsewhere now. */
int log_mark_moved(struct shared_log *l, struct diags *ds) MUST_CHECK;
void log_done(struct shared_log *l);

/* The number of the last segment, by one question. */
int log_find_tail(struct shared_log *l, uint64_t *tail,
		  struct diags *ds) MUST_CHECK;
/* Reads everything: tail, last, base and files. */
int log_read(struct shared_log *l, struct diags *ds) MUST_CHECK;
/* The content of a file of l->files; fetches its blob. 1: it is gone, for
 * there is a newer base by now. */
int log_file(struct shared_log *l, struct shared_file *f,
	     struct diags *ds) MUST_CHECK;

/* Adds a segment: SHARED_OK, SHARED_LOST (E0515), SHARED_UNREACHABLE (E0530:
 * it may be there), or -1. */
int log_add(struct shared_log *l, const char *kind, const char *lease,
	    const struct log_change *changes, size_t n,
	    struct diags *ds) MUST_CHECK;
/* Writes all of files as base, as of tail, and removes the segments before
 * tail and the blobs that nothing names. What fails leaves more objects, no
 * more. */
void log_compact(struct shared_log *l, const struct filemap *files);

#endif
