#ifndef OPL2_PROVIDERS_CLIENTS_STORE_STORE_H
#define OPL2_PROVIDERS_CLIENTS_STORE_STORE_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The store of this user: packages, toolchains and builds, each in a folder
 * named by what it is and by the digest of what it was made from, shared by
 * all chains and never changed once made.
 *
 *	STORE/KIND/NAME-VERSION-DIGEST16/root/...	the content
 *	STORE/KIND/NAME-VERSION-DIGEST16/manifest.json	what it is, every file
 *	STORE/lock/...		one lock a entry; never removed
 *	STORE/tmp/...		entries in the making
 *	STORE/partial/...	downloads, resumed by the next try
 *
 * An entry appears whole, by a rename, or not at all. Whoever makes it holds
 * its lock; the others wait, and find it made. What a killed run left in tmp is
 * removed by the next one that wants the same entry.
 *
 * Errors are E0707 (and E0501 from engine/io/file.h).
 */
struct store_id {
	const char *kind;    /* "npm", "archive", "toolchain", "go" */
	const char *name;    /* of a package or program; "/" is fine */
	const char *version; /* "" for none */
	const char *digest;  /* any text that names the exact content */
};

/* How to wait for another process's lock: pauses ms, true to give up. */
struct store_wait {
	bool (*pause)(void *arg, unsigned ms);
	/* MAY. Called once when there is something to wait for. */
	void (*waiting)(void *arg);
	void *arg;
};

struct store_entry {
	char *dir;    /* of the entry, existing or to be */
	char *root;   /* of its content: read it, or, when new, fill it */
	json_t *what; /* found: what store_commit was given */
	char *tmp;    /* new: where it is made */
	int lock;
};
#define STORE_ENTRY_INIT                                                       \
	{                                                                      \
		.lock = -1                                                     \
	}

enum store_result {
	STORE_FOUND,     /* there and intact */
	STORE_NEW,       /* not there; from store_begin: ours to make */
	STORE_CANCELLED, /* pause() gave up */
	STORE_ERROR      /* with a diagnostic */
};

/* Looks without locking: FOUND, NEW or ERROR. */
enum store_result store_find(const char *store, const struct store_id *id,
			     struct store_entry *e,
			     struct diags *ds) MUST_CHECK;
/* Finds, or takes the lock and gives an empty root to fill. wait may be NULL:
 * waits for the lock for ever. */
enum store_result store_begin(const char *store, const struct store_id *id,
			      const struct store_wait *wait,
			      struct store_entry *e,
			      struct diags *ds) MUST_CHECK;
/* Makes a filled entry durable and visible; e->root is then its final place.
 * what is kept in the manifest. Borrows what. */
int store_commit(struct store_entry *e, const json_t *what,
		 struct diags *ds) MUST_CHECK;
/* Gives up what was not committed, and unlocks. For CLEANUP too. */
void store_close(struct store_entry *e);

/*
 * Is the content at root what the manifest beside it says? The quick look
 * compares size, mtime and inode of every file, and hashes only files where
 * these differ; full hashes all. 1 yes, 0 no (gone, or damaged: *why is then
 * a malloc'd text), -1 with a diagnostic. why may be NULL.
 */
int store_verify(const char *root, bool full, char **why,
		 struct diags *ds) MUST_CHECK;

/* The file for the partial download of what digest names; its folder is made.
 * malloc'd; NULL with a diagnostic. */
char *store_partial(const char *store, const char *digest, struct diags *ds);

/* Takes a named lock of the store; the descriptor is the caller's to close.
 * FOUND: *fd is locked. */
enum store_result store_lock(const char *store, const char *name,
			     const struct store_wait *wait, int *fd,
			     struct diags *ds) MUST_CHECK;

#endif
