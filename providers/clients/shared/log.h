#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_LOG_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/objects/objects.h"
#include "providers/clients/shared/filemap.h"
#include "providers/clients/shared/lease.h"
#include "providers/clients/shared/seal.h"

/*
 * A shared state is a log of segments. Below the place's prefix:
 *
 *   format           {"opl2_state":1,"chain","salt","key","id"}, made once;
 *                    "moved": true when the state was moved elsewhere; "next"
 *                    while its key is being changed to that one
 *   log/NNNNNNNNNNNN one segment; its number is one more than the one before
 *   base             all files, as they are after the segment that it names
 *   blob/SHA256      the content of a large file
 *   lease            who writes, lease.h
 *
 * A segment is created only where there is none (If-None-Match: *), so there
 * is one order, and the next holder's first segment has the number that the
 * old one's next would have. That number is free again when base stands for
 * it; so a segment counts for its writer only when the lease was still his
 * after it. No delete needs a condition.
 *
 * A segment's content is a line of JSON, a newline, and the bytes of its files
 * one after the other:
 *   {"kind":"begin|write|fence","lease":ID,"dirs":{FOLDER: ROLE},"files":[
 *     {"path","n","time"}       the whole file; when it was changed, of those
 *                               whose time says something: generations
 *     {"path","at","n"}         appended; at: how long it was
 *     {"path","blob","n"}       the whole file is in blob/SHA256
 *     {"path","gone":true}]}
 * base has the same form and "seq".
 */
#define BLOB_OVER (64u << 10) /* larger files are objects of their own */

enum { SHARED_OK = 0, SHARED_LOST = 1, SHARED_UNREACHABLE = 2 };

struct shared_log {
	struct objects *o;   /* borrowed */
	struct lease *lease; /* borrowed; of the writer */
	struct seal seal;
	bool made;     /* there is a format */
	bool moved;    /* it says that the state is elsewhere now */
	char key[17];  /* the ID of the key that all is sealed with, or "" */
	bool changing; /* to the key `next`: objects have either */
	char next[17];
	char id[33]; /* of the format: tells one shared state from another */
	uint8_t salt[SEAL_SALT];
	uint64_t tail;   /* the last segment that is known; 0: none */
	uint64_t listed; /* of log_find_tail(), for the next log_read() */
	char last[33];   /* the lease that wrote it */
	size_t segments; /* that are there, as far as known */
	uint64_t base;   /* the segment that base stands for */
	struct object_version base_version;
	struct filemap files; /* as of tail, when it was read */
	bool complete;        /* base_version and blobs are known */
	json_t *blobs; /* {SHA256: true; false: there, and to be looked at} */
	json_t *dirs;  /* {FOLDER: "state"|"spec"|"store"}: what paths
			  in the files begin with */
	size_t nput, nremoved; /* blobs and bases; any object */
	uint64_t bytes_put;
};

/* What a segment says of one file. */
struct log_change {
	const char *path;
	const char *p; /* NULL: it is gone */
	size_t n;
	int64_t at;   /* -1: the whole file */
	int64_t time; /* of its last change; 0: none is recorded */
};

/* Reads the format; made is false when there is none. E0538: it is another
 * chain's. */
int log_open(struct shared_log *l, struct objects *o, struct lease *lease,
	     const char *chain, struct diags *ds) MUST_CHECK;
/* Reads the format again: what may have changed in it. */
int log_refresh(struct shared_log *l, const char *chain,
		struct diags *ds) MUST_CHECK;
/* Makes the format, and the seal with it. 1: somebody else has just made one.
 */
int log_make(struct shared_log *l, const char *chain, const json_t *encryption,
	     const char *base, struct diags *ds) MUST_CHECK;
/* Says that the state is elsewhere now. */
int log_mark_moved(struct shared_log *l, struct diags *ds) MUST_CHECK;
/* All is sealed with key; or, unless next is NULL, with one of the two. */
int log_set_keys(struct shared_log *l, const char *key, const char *next,
		 struct diags *ds) MUST_CHECK;
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

/* Adds a segment: SHARED_OK, SHARED_LOST (E0515: another's has its number),
 * SHARED_UNREACHABLE (E0530: it may be there), or -1 (E0515, too: the lease is
 * another's). */
int log_add(struct shared_log *l, const char *kind,
	    const struct log_change *changes, size_t n,
	    struct diags *ds) MUST_CHECK;
/* Makes sure that a large file's blob is there, sealed with the key in use.
 * Sets sum. */
enum object_result log_put_blob(struct shared_log *l, const char *p, size_t n,
				char sum[65], struct diags *ds) MUST_CHECK;
/* From now on log_put_blob() looks at each one that is there. */
int log_doubt_blobs(struct shared_log *l, struct diags *ds) MUST_CHECK;
/* Reads the log, when that was not done. E0515: another has written. */
int log_learn(struct shared_log *l, struct diags *ds) MUST_CHECK;
/* Writes all of files as base, as of tail, and removes the segments before
 * tail and the blobs that nothing names. What fails leaves more objects, no
 * more. */
int log_compact(struct shared_log *l, const struct filemap *files,
		struct diags *ds) MUST_CHECK;

#endif
