#ifndef OPL2_STATE_STORE_H
#define OPL2_STATE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "state/backend.h"
#include "state/journal.h"
#include "state/state.h"

/*
 * The state of a chain, kept by a backend (backend.h). A writer's run, under
 * the lease:
 *
 *   state_store_load(st, &state, &left, ds)      replays a left-over journal
 *   state_store_begin(st, &state, &left, ...)    -> journal
 *   journal_*() and state_put()/state_remove() in step, for every operation
 *   state_store_end(st, &state, journal, ds)     folds
 *
 * Readers need no lease: state_store_load() alone gives a consistent picture
 * while a run is under way.
 */
struct state_store {
	struct state_backend *b; /* borrowed */
	/* Of the document that was loaded or written last. */
	struct doc_version version;
	bool known;
};

void state_store_init(struct state_store *st, struct state_backend *b);

/*
 * Loads the state and replays a left-over journal in memory (state->dirty is
 * then true). No state file and no history is an empty state. s and left must
 * be initialised; left may be NULL for a reader who does not care. Errors:
 * E0503..E0506 the file, E0508, E0509, E0512 the journal, E0513 lost file;
 * hints name the last good generation.
 */
int state_store_load(struct state_store *st, struct state *s,
		     struct journal_left *left, struct diags *ds);

/*
 * Writes the state durably with the next serial (giving it a lineage if it
 * has none) and the same as a generation. Also when it is not dirty. On
 * failure the document of before stays and s keeps its serial; E0514 when it is
 * not the one that was loaded. Where a journal is left over, commands use
 * state_store_begin() and state_store_end() even for a change without effects:
 * two commits beside it would leave it without its state.
 */
int state_store_commit(struct state_store *st, struct state *s,
		       struct diags *ds);

/*
 * Begins a run that changes things: commits what a crashed run had done, then
 * starts a journal which carries over what is still open in `left` (NULL for
 * nothing). `time` is UTC text for people. NULL with a diagnostic.
 */
struct journal *state_store_begin(struct state_store *st, struct state *s,
				  const struct journal_left *left,
				  const char *command, const char *time,
				  struct diags *ds);

/*
 * Ends a run: commits the state when it is dirty, then removes the journal;
 * one that has open intents or process groups is replaced by a journal with
 * only these, for the next run to find. Always frees j. On failure the
 * journal stays, so that nothing is lost.
 */
int state_store_end(struct state_store *st, struct state *s, struct journal *j,
		    struct diags *ds);

/* Loads a generation. s must be initialised, empty. */
int state_store_load_generation(struct state_store *st, uint64_t serial,
				struct state *s, struct diags *ds);

#endif
