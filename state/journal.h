#ifndef OPL2_STATE_JOURNAL_H
#define OPL2_STATE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "state/backend.h"
#include "state/state.h"

/*
 * The append-only record of a run. While a run acts, this is the only part of
 * the backend that grows; the state is written once, at the end, and then
 * the journal goes (state_store_begin, state_store_end in store.h). What a
 * crash leaves behind is replayed in memory by state_store_load().
 *
 * One record is one line: 8 hex digits (the start of the sha256 of the text),
 * a space, one-line JSON, a newline. Every record has its number "n", "s" (so
 * many records were on disk for certain when it was written) and "op":
 *
 *   begin       version lineage serial command time
 *   intent      addr action token   an irreversible act is about to happen
 *   done        object [lock] [from]   the object is as recorded, see ENTRY_*;
 *                                   what opl2.lock is to have of it; the
 *                                   address that it had
 *   gone        addr                the object does not exist (any more)
 *   forget      addr                still exists, no longer managed
 *   none        addr                the intended act did not happen
 *   pgroup      pgid boot_id starttime   a tool's process group runs
 *   pgroup_end  pgid
 *   end                             the run ended in order
 *
 * done, gone, forget and none close all open intents of their address; a done
 * with `from` takes those of the other address over.
 *
 * Appending is buffered; nothing is promised before journal_sync() returned
 * 0, which makes everything appended so far durable with one write. So:
 *   intent, sync, effect, done, ... , sync (one for many) before the next
 *   effect that relies on it, or before a result is shown.
 * Space is reserved ahead: intent and journal_reserve() fail on a full disk,
 * before the effect, and the records of effects under way still fit then.
 *
 * After a failed sync, or when the lease is lost, the journal is broken: every
 * later call fails too. Start nothing new, let running operations end, and
 * stop.
 *
 * A journal's end may be torn by a crash; reading stops there. Damage before
 * records that were on disk for certain is refused (E0508).
 */
#define JOURNAL_FORMAT 1

struct journal;

int journal_intent(struct journal *j, const char *addr, const char *action,
		   const json_t *token, struct diags *ds);
/* The act on addr that was announced can neither be undone nor found again from
 * the machine alone: its intent, and what becomes of it, is settled in a shared
 * state (backend.h) by the sync that makes it durable here. */
void journal_ahead(struct journal *j, const char *addr);
/* lock is NULL for none; it is in the journal until opl2.lock has it. */
int journal_done(struct journal *j, const struct state_entry *e,
		 const json_t *lock, struct diags *ds);
/* e was recorded at `from`, and is no more: one record says both, for with one
 * of them alone the object would be removed as what the spec no longer has, or
 * be made again. */
int journal_moved(struct journal *j, const struct state_entry *e,
		  const char *from, struct diags *ds);
int journal_gone(struct journal *j, const char *addr, struct diags *ds);
int journal_forget(struct journal *j, const char *addr, struct diags *ds);
int journal_none(struct journal *j, const char *addr, struct diags *ds);
/* starttime is field 22 of /proc/PID/stat: pgid alone may be reused. */
int journal_pgroup(struct journal *j, pid_t pgid, const char *boot_id,
		   uint64_t starttime, struct diags *ds);
int journal_pgroup_end(struct journal *j, pid_t pgid, struct diags *ds);
/* Call before an effect that has no intent (kinds that converge). */
int journal_reserve(struct journal *j, struct diags *ds);
int journal_sync(struct journal *j, struct diags *ds);
/* True when there are records that no sync has covered yet. */
bool journal_pending(const struct journal *j);
/* True when all is on disk and nothing is open: no intent, no process group.
 * Its state has what it says, once that is written. */
bool journal_settled(const struct journal *j);

/* --- what a journal says --- */

struct left_intent {
	const char *addr, *action;
	const json_t *token; /* NULL for none */
};

struct left_pgroup {
	pid_t pgid;
	const char *boot_id;
	uint64_t starttime;
};

/*
 * What an earlier run left open, oldest first. An address may have several
 * intents, when one operation announced several acts.
 */
struct journal_left {
	struct arena arena;
	json_t *records; /* array; keeps the strings and tokens below alive */
	bool found;      /* there was a journal with a whole begin record */
	bool replayed;   /* it changed the state that was loaded */
	bool ended;      /* that run came to its end, in order */
	const char *lineage, *command, *time;
	uint64_t serial; /* of the state the run began with */
	struct left_intent *intents;
	size_t nintents;
	struct left_pgroup *pgroups;
	size_t npgroups;
};

void journal_left_init(struct journal_left *left);
void journal_left_done(struct journal_left *left);

/* --- for store.c --- */

/*
 * Begins a new journal, replacing what is there whole: a begin record and again
 * everything that `carry` (may be NULL) has open. NULL with a diagnostic on
 * failure, and then the old one stays. b must outlive it.
 */
struct journal *journal_create(struct state_backend *b, const struct state *s,
			       const char *command, const char *time,
			       const struct journal_left *carry,
			       struct diags *ds);
int journal_end(struct journal *j, struct diags *ds);
/* Closes without a sync: what was not synced is lost, as in a crash. */
void journal_free(struct journal *j);
/* Reads the journal into left, which must be initialised. A missing one is
 * left->found == false. */
int journal_read(struct state_backend *b, struct journal_left *left,
		 struct diags *ds);
/* Applies done, gone and forget of a journal that was read to s. */
int journal_replay(const struct journal_left *left, struct state *s,
		   struct diags *ds);

#endif
