#ifndef OPL2_STATE_BACKEND_H
#define OPL2_STATE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <sys/types.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/*
 * Where the state of a chain is kept, and who may write it. What the parts
 * mean is not a backend's to know: store.h has the document, journal.h the
 * journal. tests/conform/test_backend.c is the contract, for each of them.
 *
 *   lease    one run at a time; it can be lost, and renew() says so
 *   document read with its version, written only while that version stands
 *   journal  one text that grows durably, and begins anew for each run
 *   blobs    small things with a name, such as what marks an apply
 *
 * To add one: a folder state/NAME, and a line in backends.def.
 *
 * Where nothing else is said, functions return 0, or -1 with a diagnostic;
 * what failed to be written counts as not written.
 */
enum {
	BACKEND_NONE = 1,     /* there is no such thing; no diagnostic */
	BACKEND_CONFLICT = 2, /* somebody else wrote; with a diagnostic */
	BACKEND_UNSURE = 3    /* it may be written; with a diagnostic */
};

struct lease_holder { /* "" and 0 when not known */
	pid_t pid;
	char host[256], command[256], since[64];
	bool ended; /* it is certain that this process does not live */
};

/* Called before every nap of a wait (about 100 ms each): false gives up. */
typedef bool (*lease_wait_fn)(void *arg, const struct lease_holder *holder);

struct lease_claim {
	const char *command, *since; /* who asks; since is UTC text */
	uint64_t timeout_ms;         /* how long to wait; 0: not at all */
	lease_wait_fn wait;          /* or NULL */
	void *arg;
	bool reseals; /* for reseal(): no warning that it is due */
};

/* What a version of the document is told by; "" stands for no document. */
struct doc_version {
	char text[96];
};

struct state_generation {
	uint64_t serial;
	int64_t time; /* seconds since 1970, when it was written */
};

enum backend_part { BACKEND_DOCUMENT, BACKEND_HISTORY, BACKEND_JOURNAL };

struct state_backend {
	const struct backend_ops *ops;
	bool leased; /* by acquire(), until release() */
};

/* Where the state of a chain is. All borrowed, as long as the backend lives. */
struct backend_place {
	const char *state_dir; /* absolute; of a shared state the copy */
	const char *chain, *spec_dir, *store_dir;
	const json_t *backend, *encryption; /* of the spec, or NULL */
	json_t *owned;                      /* or NULL */
};

struct backend_ops {
	const char *name; /* in messages */
	struct state_backend *(*open)(const struct backend_place *p);
	void (*close)(struct state_backend *b);
	/* Before the first write: what has to be there is made. */
	int (*prepare)(struct state_backend *b, struct diags *ds);
	/* For messages: a path or an address. Borrowed. */
	const char *(*part_name)(const struct state_backend *b,
				 enum backend_part part);
	/* The command that brings a generation back. malloc'd. */
	char *(*restore_command)(const struct state_backend *b,
				 uint64_t serial);

	/* E0507 when it is held by another, whom the message names. */
	int (*acquire)(struct state_backend *b, const struct lease_claim *claim,
		       struct diags *ds);
	/* E0515: it is lost, and nothing may be written any more. Called before
	 * every effect, so it must not be slow. */
	int (*renew)(struct state_backend *b, struct diags *ds);
	/* Who has or had it last; false when nobody is named. */
	bool (*holder)(struct state_backend *b, struct lease_holder *out);
	void (*release)(struct state_backend *b);
	/* Ends the lease ID of a run that is gone: that run writes nothing any
	 * more. NULL where a lease ends with its process. */
	int (*unlock)(struct state_backend *b, const char *id,
		      struct diags *ds);
	/* A descriptor that workers inherit, so that the lease lasts as long as
	 * any of them; -1 for none. */
	int (*lease_fd)(const struct state_backend *b);

	/* BACKEND_NONE: there is no document. */
	int (*read)(struct state_backend *b, struct buf *out,
		    struct doc_version *version, struct diags *ds);
	/* Durable, whole or not at all, and kept as a generation. expect: NULL
	 * for any. Sets *now. BACKEND_CONFLICT (E0514), BACKEND_UNSURE. */
	int (*write)(struct state_backend *b, const char *text, size_t n,
		     uint64_t serial, const struct doc_version *expect,
		     struct doc_version *now, struct diags *ds);
	/* The generations that are kept, newest first, in the arena. */
	int (*generations)(struct state_backend *b, struct arena *a,
			   struct state_generation **out, size_t *n,
			   struct diags *ds);
	int (*read_generation)(struct state_backend *b, uint64_t serial,
			       struct buf *out, struct diags *ds);

	/* BACKEND_NONE: there is no journal. */
	int (*journal_read)(struct state_backend *b, struct buf *out,
			    struct diags *ds);
	/* Replaces it, whole and durably, by this text. */
	int (*journal_start)(struct state_backend *b, const char *text,
			     size_t n, struct diags *ds);
	/* Durable on 0. On -1 a part of it may be there: the reader of a
	 * journal copes with a torn end; append no more. */
	int (*journal_append)(struct state_backend *b, const char *text,
			      size_t n, struct diags *ds);
	/* Makes sure of room for n bytes and as much as the records of all that
	 * runs may take. */
	int (*journal_reserve)(struct state_backend *b, size_t n,
			       struct diags *ds);
	int (*journal_remove)(struct state_backend *b, struct diags *ds);

	/*
	 * A backend elsewhere has a copy of the state in the state folder; what
	 * is written there counts as written here when settle() said so. NULL
	 * in one that is the folder itself.
	 */
	/* Before a reader reads: the copy is brought up to date. */
	int (*pull)(struct state_backend *b, struct diags *ds);
	/* The file of the copy was written, from that byte on (-1: all of it,
	 * or it is gone). */
	void (*keep)(struct state_backend *b, const char *path, int64_t from);
	/* The folder has a state of its own: it becomes that of this place,
	 * where there must be none. */
	int (*adopt)(struct state_backend *b, struct diags *ds);
	/* With the lease: the folder is a copy no more, and the place says that
	 * its state is elsewhere now. */
	int (*leave)(struct state_backend *b, struct diags *ds);
	/* With the lease: all is sealed with the key that the spec gives. *out
	 * gets {"objects", "bytes", "removed"}, a new reference; NULL when it
	 * was so already. */
	int (*reseal)(struct state_backend *b, json_t **out, struct diags *ds);
	/* {"/OLD/FOLDER": "/NEW/FOLDER"}: what other machines call the folders
	 * of this one in what they recorded; borrowed, NULL for nothing. */
	const json_t *(*moved)(const struct state_backend *b);
	/* All that was written is durable. It may fail late: what was not
	 * settled has happened here, and the next run delivers it. */
	int (*settle)(struct state_backend *b, struct diags *ds);

	/* Names are relative paths of [a-z0-9._/-]. BACKEND_NONE. */
	int (*blob_read)(struct state_backend *b, const char *name,
			 struct buf *out, struct diags *ds);
	int (*blob_write)(struct state_backend *b, const char *name,
			  const char *p, size_t n, struct diags *ds);
	/* One that is not there is fine. */
	int (*blob_remove)(struct state_backend *b, const char *name,
			   struct diags *ds);
};

/* NULL when there is none of that name. */
const struct backend_ops *backend_find(const char *name);
/* The one that the place names; never NULL. p->owned, a new reference that
 * keeps the rest of it alive, is taken over. */
struct state_backend *backend_open(const struct backend_place *p);
/* The place that the folder is a copy of, {backend, encryption, chain, ...}
 * (providers/clients/shared/shared.h). New reference, or NULL. */
json_t *backend_mark(const char *state_dir);
/* Without a spec: the one that the folder is a copy of, else the folder
 * itself. */
struct state_backend *backend_open_here(const char *state_dir);
/* The one that the spec names: E0540 when that is `local` and the folder is a
 * copy of a shared one. */
struct state_backend *backend_open_named(const struct backend_place *p,
					 struct diags *ds);
/* The one in the folder itself, which is `local`. */
struct state_backend *backend_open_local(const char *state_dir);
/* Those of a copy; nothing to do for a backend without one. */
int backend_pull(struct state_backend *b, struct diags *ds);
void backend_keep(struct state_backend *b, const char *path, int64_t from);
const json_t *backend_moved(const struct state_backend *b);
int backend_settle(struct state_backend *b, struct diags *ds);
void backend_close(struct state_backend *b); /* NULL is fine; for CLEANUP */
static inline void
backend_closep(struct state_backend **b)
{
	backend_close(*b);
}

#endif
