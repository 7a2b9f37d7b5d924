#ifndef OPL2_ENGINE_APPLY_APPLY_IMPL_H
#define OPL2_ENGINE_APPLY_APPLY_IMPL_H

#include "engine/apply/apply.h"
#include "engine/plan/diff.h"
#include "engine/run/run_impl.h"

/* Carrying out a plan: shared by engine/apply/ only. */

enum step {
	STEP_VERIFY,  /* a read that the plan put off */
	STEP_READ,    /* of a read-only kind */
	STEP_RECOVER, /* what became of an act that broke off */
	STEP_CREATE,
	STEP_UPDATE,
	STEP_REMOVE,
	STEP_IMPORT /* only verifies; what is found is recorded */
};

enum task_status {
	TASK_WAITING,
	TASK_RUNNING,
	TASK_DONE,
	TASK_FAILED,
	TASK_SKIPPED
};

/*
 * A node of the order of execution. A change is one task, but for a certain
 * replacement: its removal is a task of its own, which comes before the
 * removals of what the old object stood on.
 */
struct task {
	const struct change *c;
	bool removal; /* of a replacement, or the whole of DELETE, FORGET */
	bool acts;    /* worth telling about */
	bool verify;  /* a deferred read on which something acting waits */
	enum task_status status;
	size_t *next, nnext; /* tasks that wait for this one */
	size_t wait;
	size_t held;   /* dependencies that are not done, whose early values it
			  took: what waits for this waits for them */
	bool late;     /* the early values were not enough */
	json_t *early; /* attributes that it told before it is done; owned */
	enum step step;
	struct pool_op op;
	bool op_live;     /* op is initialised */
	bool fresh;       /* what had broken off turned out not begun */
	bool object_sent; /* an intent has told what is being made */
	unsigned tries;
	bool later;        /* its last outcome was OC_LATER */
	uint64_t retry_at; /* 0: not waiting to try again */
	uint64_t began;
	json_t *config; /* evaluated now; owned */
	json_t *found;  /* what a put-off read gave; owned */
};

struct applier {
	struct run *r;
	const struct plan *p;
	const json_t *files; /* of run_import, or NULL */
	struct apply_result *res;
	struct diags *ds;
	struct arena arena;
	struct task *tasks;
	size_t ntasks, *ready, nready;
	size_t running, waiting_retry;
	size_t nearly; /* tasks that have early values */
	unsigned done, total;
	struct intr intr;
	bool moved;        /* some records have another address now */
	bool stopping;     /* nothing new is begun */
	bool kept;         /* workers wait until what they wrote is settled */
	json_t *owner;     /* of values that lookups make */
	json_t *durations; /* of earlier runs and this one; owned */
};

/* apply_graph.c: tasks and their order. */
void apply_tasks(struct applier *ap);

/* apply_host.c */
/* -1 (E0544) when processes are to be changed that run on another machine; else
 * this one has them from now on. */
int apply_claim_host(struct applier *ap);

/* apply_step.c */
/* Begins a task that waits for nothing any more. */
void task_start(struct applier *ap, struct task *t);
/* Its operation ended. */
void task_op_done(struct applier *ap, struct task *t);

/* apply_early.c */
/* t will have these attributes. */
void early_told(struct applier *ap, struct task *t, const json_t *attrs);
/* Does n begin with what a dependency tells early? */
bool early_takes(const struct task *n);
/* Is all known that n is made of? Else it waits for its dependencies again. */
bool early_suffices(struct applier *ap, struct task *n);
/* The running task of this address that told early values, or NULL. */
const struct task *early_find(const struct applier *ap, const char *addr);
/* t is done, one way or the other. */
void early_over(struct applier *ap, struct task *t);

/* apply_record.c: lock is what opl2.lock is to have, or NULL. */
int record_done(struct applier *ap, struct task *t, const json_t *config,
		json_t *attrs, json_t *priv, const json_t *lock,
		enum entry_status status);
int record_gone(struct applier *ap, const char *addr);
int record_forget(struct applier *ap, const char *addr);
int record_none(struct applier *ap, const char *addr);
/* `moved`: records change their addresses, before anything else is done: also
 * what is to be removed is found by its new one. */
int record_moves(struct applier *ap);
/* What is called so now; addr itself if it has not moved. */
const char *moved_to(const struct applier *ap, const char *addr);
/* Brings the recorded dependencies up to date where nothing else is to be done:
 * a later destroy goes by them. */
int record_depends(struct applier *ap, const struct task *t);
json_t *intent_token(struct applier *ap, struct task *t, const json_t *token);

/* apply_eval.c */
/* Of references: what is recorded, or told early. arg: the applier. */
const json_t *task_lookup(void *arg, const struct ref *ref, bool *unknown);
/* The config with what dependencies have become. */
int task_eval(struct applier *ap, struct task *t);
/* Differences from the recorded object, in class. False: there are none. */
bool task_differs(struct applier *ap, struct task *t, enum change_class *class);
int apply_outputs(struct applier *ap);

/* apply.c */
/* run_apply; files: see run_import, or NULL. */
int apply_run(struct run *r, const struct plan *p, const json_t *files,
	      struct apply_result *res, struct diags *ds);
void task_end(struct applier *ap, struct task *t, enum task_status status);
/* Was its tool stopped because the run was interrupted? That is no error of its
 * own: the run tells it once. */
bool task_was_stopped(const struct applier *ap, const struct task *t);
void task_event(struct applier *ap, struct task *t, enum event_type type,
		const char *text);
int task_submit(struct applier *ap, struct task *t, enum step step);
void task_retry(struct applier *ap, struct task *t, uint64_t ms,
		const char *why);
/* Is anything but `other` (NULL: anything) on its way, what waits for something
 * to come (OC_LATER) aside? */
bool tasks_work(const struct applier *ap, const struct task *other);
enum action task_action(const struct task *t);
/* The recorded object, or NULL. */
const struct state_entry *task_entry(const struct applier *ap,
				     const struct task *t);
/* A replacement of which only values that are not known yet speak. */
bool replace_is_open(const struct change *c);
/* Does the old object stay when this leaves the state? */
bool stays_behind(const struct applier *ap, const struct change *c);

#endif
