#ifndef OPL2_ENGINE_RUN_H
#define OPL2_ENGINE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/events.h"
#include "engine/plan.h"
#include "engine/spec.h"

/*
 * One run of the engine: the entry points that commands call.
 *
 *	run_open() -> plan_make() | plan_load() -> run_apply() -> run_close()
 *
 * Between run_open and run_close the engine may have worker processes; they
 * are started when first needed, and not at all by a plan that reads nothing.
 * While plan_make and run_apply work, SIGINT and SIGTERM are theirs: the first
 * lets operations finish or checkpoint, the second kills the workers; outside
 * of them the caller's disposition holds.
 */
#include <jansson.h>

struct state;
struct lock;
struct pool;

struct run_opts {
	enum plan_mode mode;
	const char *const *targets; /* addresses; their closure is planned */
	size_t ntargets;
	const char *const *replace; /* addresses */
	size_t nreplace;
	const char *accept_irreversible; /* the chain's name, or NULL */
	bool no_refresh;                 /* -refresh=false: nothing is read */
	unsigned parallelism;            /* 0: 10 */
	uint64_t lock_timeout_ms;
	bool no_lock; /* -lock=false */
	bool delete_data, force;
	bool locked;                 /* opl2.lock may not be extended */
	const char *command;         /* for the lock's holder: "apply" */
	const struct events *events; /* or NULL */
};

struct run {
	struct run_opts opts;
	const struct spec *spec; /* borrowed; NULL: only what is recorded */
	const char *chain;
	const char *state_dir; /* absolute */
	struct state *state;   /* owned */
	struct lock *lock;     /* owned; NULL when only reading */
	struct pool *pool;     /* owned; NULL until something needs a worker */
	struct arena arena;
	struct run_impl *impl;
};

/*
 * Loads the state (replaying the journal in memory). With `write`, takes the
 * lock, sweeps tool processes that a dead run left behind, recovers what that
 * run had begun, and folds its journal. state_dir is absolute and may not
 * exist yet. spec may be NULL for PLAN_DESTROY. *out is freed by run_close
 * (NULL is fine). -1 with diags: EXIT_LOCKED, EXIT_STATE, EXIT_UNSURE.
 */
int run_open(const struct run_opts *opts, const struct spec *spec,
	     const char *state_dir, bool write, struct run **out,
	     struct diags *ds);
void run_close(struct run *r);

/*
 * Makes a plan. -1 when it cannot be applied, with diags. *out is set whenever
 * there is something to show, which includes a plan that is refused for want
 * of consent (E0610). The caller frees it with plan_free.
 */
int plan_make(struct run *r, struct plan **out, struct diags *ds);

/* Mode 0600, whole or not at all. */
int plan_save(const struct plan *p, const char *path, struct diags *ds);
/* Only reads and checks its digest: for `show`. It cannot be applied. */
int plan_read(const char *path, struct plan **out, struct diags *ds);
/* For apply: also refuses (EXIT_STALE) one that was not made from this spec,
 * this state and this release, naming what differs. The mode and the other
 * options recorded in the plan replace those of the run. */
int plan_load(struct run *r, const char *path, struct plan **out,
	      struct diags *ds);

/*
 * What this machine has to have for what the plan makes or changes, and lacks:
 * array of the entries of providers/clients/tools/need.h, each with the "addr"
 * that it is of. Nothing is changed. *out is a new reference. -1 with diags
 * when it could not be found out; one kind that does not know is passed over.
 */
int run_needs(struct run *r, const struct plan *p, json_t **out,
	      struct diags *ds);

struct apply_result {
	unsigned created, updated, replaced, removed, forgotten, read;
	unsigned imported;
	unsigned failed, skipped;
	unsigned kept;    /* left behind, see struct change.kept */
	bool interrupted; /* by a signal; what was done is recorded */
	uint64_t elapsed_ms;
};
/*
 * Carries the plan out and evaluates the outputs. Independent branches go on
 * after an error. -1 with diags when anything failed, was skipped or
 * interrupted; the state is saved in every case. Exit 13 is the caller's to
 * give, by res->kept.
 */
int run_apply(struct run *r, const struct plan *p, struct apply_result *res,
	      struct diags *ds);

/*
 * Adopts an object that was made without opl2: the kind's import() is given
 * `files` (array of absolute paths), verifies them, and what it gives is
 * recorded as if it had been created. Plans (with the options of the run) the
 * resource and what it depends on; refuses what is recorded already (E1040),
 * what refers to something that is not as the spec says yet (E1041), and a
 * kind that cannot (E1042). Nothing else is begun. -1 with diags, and then
 * nothing is recorded.
 */
int run_import(struct run *r, const char *addr, const json_t *files,
	       struct apply_result *res, struct diags *ds);

/* One thing that a command has a worker do outside of any plan:
 * providers/actions/action.h. */
struct action_call {
	const char *name;
	const json_t *args; /* borrowed; sensitive values are tokens */
	bool ok;            /* set by run_actions(), like the rest */
	json_t *answer;     /* new reference when ok, or NULL */
	struct diags ds;    /* the caller initialises and releases it */
};
/*
 * Does them all at the same time, as far as opts.parallelism allows. A run
 * that was opened for reading will do, and it need not have a spec. 0 also
 * when some of them failed; -1 with diags when they could not be begun. Signals
 * are as during an apply.
 */
int run_actions(struct run *r, struct action_call *calls, size_t n,
		struct diags *ds);
/* A single one: -1 also when it failed, with its diags. *answer is a new
 * reference, or NULL. */
int run_action(struct run *r, const char *name, const json_t *args,
	       json_t **answer, struct diags *ds);

#endif
