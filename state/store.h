#ifndef OPL2_STATE_STORE_H
#define OPL2_STATE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "state/journal.h"
#include "state/state.h"

/*
 * The state folder, `.opl2/` beside the spec (0700):
 *
 *   state.json         the state, 0600
 *   history/N.json     the last STATE_KEEP generations, the current included
 *   journal            the run under way, or what a crash left of one
 *   lock               lock.h
 *   .gitignore         keeps all of it out of version control
 *
 * A writer's run, under the lock:
 *
 *   state_store_load(st, &state, &left, ds)      replays a left-over journal
 *   state_store_begin(st, &state, &left, ...)    -> journal
 *   journal_*() and state_put()/state_remove() in step, for every operation
 *   state_store_end(st, &state, journal, ds)     folds
 *
 * Readers need no lock: state_store_load() alone gives a consistent picture
 * while a run is under way.
 */
#define STATE_KEEP 10

struct state_store {
	char *dir, *state, *history, *journal, *lock; /* paths */
};

/* Computes the paths; touches nothing. */
void state_store_init(struct state_store *st, const char *dir);
void state_store_done(struct state_store *st);
/* Makes the folders, before the lock is taken. */
int state_store_prepare(const struct state_store *st, struct diags *ds);

/*
 * Loads the state and replays a left-over journal in memory (state->dirty is
 * then true). No state file and no history is an empty state. s and left must
 * be initialised; left may be NULL for a reader who does not care. Errors:
 * E0503..E0506 the file, E0508, E0509, E0512 the journal, E0513 lost file;
 * hints name the last good generation.
 */
int state_store_load(const struct state_store *st, struct state *s,
		     struct journal_left *left, struct diags *ds);

/*
 * Writes the state durably with the next serial (giving it a lineage if it
 * has none) and the same as a generation. Also when it is not dirty. On
 * failure the file of before stays and s keeps its serial. Commands use
 * state_store_begin() and state_store_end() even for a change without effects:
 * two commits beside a left-over journal would leave it without its state.
 */
int state_store_commit(const struct state_store *st, struct state *s,
		       struct diags *ds);

/*
 * Begins a run that changes things: commits what a crashed run had done, then
 * starts a journal which carries over what is still open in `left` (NULL for
 * nothing). `time` is UTC text for people. NULL with a diagnostic.
 */
struct journal *state_store_begin(const struct state_store *st, struct state *s,
				  const struct journal_left *left,
				  const char *command, const char *time,
				  struct diags *ds);

/*
 * Ends a run: commits the state when it is dirty, then removes the journal;
 * one that has open intents or process groups is replaced by a journal with
 * only these, for the next run to find. Always frees j. On failure the
 * journal stays, so that nothing is lost.
 */
int state_store_end(const struct state_store *st, struct state *s,
		    struct journal *j, struct diags *ds);

/* Loads one file that state_store_commit() wrote. s must be initialised, empty.
 */
int state_store_load_file(const char *path, struct state *s, struct diags *ds);

struct state_generation {
	uint64_t serial;
	const char *path;
};
/* The generations on disk, newest first; a missing folder has none. */
int state_store_history(const struct state_store *st, struct arena *a,
			struct state_generation **out, size_t *n,
			struct diags *ds);

#endif
