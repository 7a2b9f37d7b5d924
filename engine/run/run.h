#ifndef OPL2_ENGINE_RUN_RUN_H
#define OPL2_ENGINE_RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "engine/run/events.h"
#include "engine/spec/spec.h"

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
struct pool;

enum plan_mode {
	PLAN_NORMAL,
	PLAN_DESTROY,
	PLAN_REFRESH_ONLY /* only records what was read */
};

struct run_opts {
	enum plan_mode mode;
	/* Addresses, or kinds' names for all of them: what is planned, with all
	 * it depends on; and what is not, with all that depends on it. */
	const char *const *targets, *const *excludes;
	size_t ntargets, nexcludes;
	const char *const *replace; /* addresses */
	size_t nreplace;
	const char *accept_irreversible; /* the chain's name, or NULL */
	bool no_refresh;                 /* -refresh=false: nothing is read */
	unsigned parallelism;            /* 0: 10 */
	uint64_t lock_timeout_ms;
	bool no_lock; /* -lock=false */
	bool delete_data, force;
	bool locked;    /* opl2.lock may not be extended */
	bool sends;     /* an action may: a shared state's lease is taken */
	bool take_over; /* processes of another machine count as ours */
	/* Of a cluster, in which the processes are by what this folder knows;
	 * NULL: they are here. */
	const char *namespace;
	const char *command;         /* for the lock's holder: "apply" */
	const struct events *events; /* or NULL */
};

struct run {
	struct run_opts opts;
	const struct spec *spec; /* borrowed; NULL: only what is recorded */
	const char *chain;
	const char *state_dir; /* absolute */
	const struct places *places;
	struct state *state; /* owned */
	/* The machine that has the processes when it is not this one
	 * (engine/run/host.h); owned, or NULL. */
	json_t *elsewhere;
	bool in_cluster;   /* a shared state says that they are in the namespace
			      of the spec's `runtime` */
	struct pool *pool; /* owned; NULL until something needs a worker */
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
/* The processes of a shared state are where the spec says from now on
 * (host_claim()); of a run that writes. */
int run_claim_host(struct run *r, struct diags *ds);

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
