#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_SHARED_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/shared/lease.h"
#include "providers/clients/shared/log.h"

/*
 * The state folder of a chain as a working copy of a shared state. What is
 * below it is what commands and workers read and write, as ever; this brings it
 * up to date, and makes what was written there durable in the shared place
 * before anything relies on it.
 *
 * `.opl2/shared` remembers of which place, and as of when, the copy is:
 *   {"id": of the format, "seq": segment, "lease": ID, "dirty": bool,
 *    "dirs": as the log's, "place": {backend, encryption, chain, spec_dir,
 *    store_dir}}
 * A dirty copy may have what the place has not got: of a run that was killed,
 * or that could not reach it. When nobody else has written since, the next run
 * delivers that; else the copy is moved aside, for all that was ever sent had
 * been delivered before it was sent.
 */
struct shared_opts {
	const json_t *backend;    /* of the spec */
	const json_t *encryption; /* or NULL */
	const char *chain;
	const char *spec_dir;  /* of relative files */
	const char *state_dir; /* absolute, as the others */
	const char *store_dir;
};

struct shared {
	struct shared_opts opts; /* borrowed */
	struct objects *o;
	struct shared_log log;
	struct lease lease;
	bool broken; /* a write failed: no more of them */
};

int shared_open(struct shared *s, const struct shared_opts *opts,
		struct diags *ds) MUST_CHECK;
/* As shared_open(), at a place that is open; it is taken over. */
int shared_open_at(struct shared *s, struct objects *o,
		   const struct shared_opts *opts, struct diags *ds) MUST_CHECK;
void shared_close(struct shared *s);

/* What other machines call this one's folders: {OLD: NEW}. New reference. */
json_t *shared_moved(const struct shared *s);

/* Brings the copy up to date, for a reader. Somebody holds the folder's lock,
 * so that no run of this machine is under way. */
int shared_pull(struct shared *s, struct diags *ds) MUST_CHECK;

/* One attempt to become the writer: 0, 1 somebody holds it (in *seen), -1.
 * With it the copy is up to date, and what was left is delivered. */
int shared_acquire(struct shared *s, const char *command, const char *since,
		   struct lease_seen *seen, struct diags *ds) MUST_CHECK;

/* A file that was written: path below the state folder, from where on (-1: the
 * whole of it, which may be that it is gone) and up to where (-1: its end). */
struct shared_write {
	const char *path;
	int64_t from, to;
};
/* Makes them durable, all or none. */
int shared_commit(struct shared *s, const struct shared_write *writes, size_t n,
		  struct diags *ds) MUST_CHECK;
/* Is the lease ours? Asks when it is due; -1: no more effects. */
int shared_renew(struct shared *s, bool ask, struct diags *ds) MUST_CHECK;
/* Ends the writing: the copy is clean when all was delivered. */
void shared_release(struct shared *s);

/* Makes the state of the folder, which is a copy of nothing, the shared one;
 * the next run delivers it. E0540: there is one already. */
int shared_adopt(struct shared *s, struct diags *ds) MUST_CHECK;
/* With the lease: what is there is said to be elsewhere now, and the folder is
 * a copy no more. */
int shared_leave(struct shared *s, struct diags *ds) MUST_CHECK;

/* Ends the lease ID of another run, which writes nothing from then on. */
int shared_unlock(struct shared *s, const char *id,
		  struct diags *ds) MUST_CHECK;

#endif
