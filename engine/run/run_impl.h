#ifndef OPL2_ENGINE_RUN_RUN_IMPL_H
#define OPL2_ENGINE_RUN_RUN_IMPL_H

#include <signal.h>

#include "engine/run/pool.h"
#include "engine/run/run.h"
#include "engine/spec/graph.h"
#include "engine/spec/lockfile.h"
#include "state/backend.h"
#include "state/journal.h"
#include "state/state.h"
#include "state/store.h"

/* What the files of the engine share; not for commands. */

/* An operation that an earlier run announced and did not end. */
struct open_intent {
	const char *addr;
	const json_t *token;  /* the kind's newest; NULL: it gave none */
	const json_t *object; /* what was being made: kind, config, depends */
};

struct run_impl {
	struct state_backend *backend;
	struct state_store store;
	struct journal_left left;
	struct journal *journal;  /* while applying */
	struct open_intent *open; /* sorted by address */
	size_t nopen;
	bool write;
	char boot_id[64];
	uint8_t key[32]; /* of the hashes of sensitive values */
	bool have_key;
	uint64_t began;       /* mono_ms() */
	struct lockfile lock; /* opl2.lock */
	char stamp[64]; /* identifies the journal that was replayed, or "" */
	/* Names this apply and those before it that did not end well, of which
	 * it is the continuation: limits are for all of them. Or "". */
	char apply[17];
	bool named;          /* the blob with that name is there */
	json_t *action_args; /* of run_actions(): its tokens are the workers',
				too; or NULL */
};

const struct open_intent *run_open_intent(const struct run *r,
					  const char *addr);
/* What was begun as `from` is gone on with as `to`. */
void run_move_intent(struct run *r, const char *from, const char *to);
/* Starts the pool if there is none yet. */
int run_need_pool(struct run *r, struct diags *ds);
void run_emit(const struct run *r, struct event *ev);
/* Keeps the name of an apply that is about to act. */
int run_apply_begins(struct run *r, struct diags *ds);
/* One has ended well, or there was nothing to do: the next is another. */
void run_apply_ended(struct run *r);
/* A message for people about the whole run. */
void run_message(const struct run *r, const char *text);

/* Notes a resource's identity for opl2.lock, unless that may not grow. */
void run_lock_put(struct run *r, const char *addr, const json_t *entry);
/* The identity follows a resource to its new address, unless opl2.lock may not
 * change. */
void run_lock_move(struct run *r, const char *from, const char *to);
/* Writes opl2.lock when it has changed. */
int run_lock_save(struct run *r, struct diags *ds);

/* --- signals (intr.c) --- */

struct intr {
	int fd;
	sigset_t old;
	unsigned count; /* how often the user asked to stop */
};

int intr_begin(struct intr *in, struct diags *ds);
/* Counts what has come. */
void intr_check(struct intr *in);
void intr_end(struct intr *in);

/* --- objects and values (object.c) --- */

/* What is known of an object; borrowed. attrs_unknown: array of names. */
struct known {
	const json_t *schema;
	const json_t *config, *unknown, *attrs, *attrs_unknown;
};

/* For references: what is at path. As ref_lookup in spec.h. */
const json_t *known_at(const struct known *k, const char *path, json_t *owner,
		       bool *unknown);
/* Is a top-level property x-computed, x-stable, x-volatile ...? */
bool prop_flag(const json_t *schema, const char *name, const char *flag);

/* What a recorded object is read by: the config it was made from, and the way
 * to it (x-chain) that `wanted` has, where that is known. New reference. */
json_t *read_config(const json_t *schema, const json_t *recorded,
		    const json_t *wanted);

/* The parts of state_entry.private: the kind's own record, and the keyed
 * hashes of its sensitive values (by JSON pointer). Borrowed or NULL. */
const json_t *entry_priv(const struct state_entry *e);
const json_t *entry_hashes(const struct state_entry *e);
json_t *entry_private(json_t *priv, json_t *hashes); /* steals; new */

/* The op message of engine/kind/wire.h. Everything may be NULL but kind and
 * what. New reference. */
struct effect_msg {
	const char *what, *addr, *kind;
	const json_t *config, *prior_config, *prior, *priv, *token, *files;
	const json_t *planned, *later;
	bool accept;
	uint64_t timeout_ms;
};
json_t *effect_msg_make(const struct run *r, const struct effect_msg *m);

/* Has workers do these n operations, the answer of the i-th in calls[i]
 * (action.c): of run_actions(), whose rules it has. */
int run_calls(struct run *r, struct action_call *calls,
	      const struct effect_msg *msgs, size_t n, struct diags *ds);

/* --- sensitive values (secret.c) --- */

/* Loads the blob secret.key; with `make`, creates it when missing. */
int secret_key(struct run *r, bool make, struct diags *ds);
/* Object: pointer of every token in config -> hash of its value. A value that
 * is not at hand has no entry. New reference; NULL without key or tokens. */
json_t *secret_hashes(const struct run *r, const json_t *config);
/* E0922 for each file of its tokens, and of their passwords, that others may
 * read: a worker would refuse it when it is used. */
int secret_check_files(const struct run *r, const json_t *config,
		       struct diags *ds) MUST_CHECK;
/* Everything that tokens in the run's resources name: {"var:X": ...}. */
json_t *secret_values(const struct run *r);

#endif
