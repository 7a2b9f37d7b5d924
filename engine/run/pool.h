#ifndef OPL2_ENGINE_RUN_POOL_H
#define OPL2_ENGINE_RUN_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/clock.h"
#include "engine/diag/diag.h"
#include "engine/kind/outcome.h"

/*
 * Worker processes and what they are doing. Everything happens in
 * pool_turn(); the hooks are called from there only.
 */
struct pool;

/* One operation. The caller owns it and keeps it until done() was called. */
struct pool_op {
	json_t *msg;         /* engine/kind/wire.h; owned */
	const char *addr;    /* borrowed */
	uint64_t timeout_ms; /* then it is cancelled, later killed */
	void *data;          /* the caller's */
	/* Set by the pool. */
	uint64_t started; /* monotonic ms */
	enum outcome outcome;
	json_t *attrs, *priv, *lock; /* owned; or NULL */
	bool down;
	uint64_t waited_ms; /* of it, for what others had begun before */
	bool intended;      /* an intent is on disk */
	bool died;          /* the worker is gone: no outcome of the kind's */
	struct diags ds;
	struct pool_op *next;
};

void pool_op_init(struct pool_op *op);
void pool_op_done(struct pool_op *op);

struct pool_hooks {
	/* These append to the journal without a sync. NULL where there is
	 * none: then nothing may be announced, and the shim alone sees to it
	 * that a tool does not outlive us. */
	int (*intend)(void *arg, struct pool_op *op, const json_t *token);
	/* The file below the state folder was written, from that byte on: it
	 * is durable in the shared state when sync() has returned. NULL where
	 * nothing is sent. */
	void (*keep)(void *arg, const char *path, int64_t from);
	int (*pgroup)(void *arg, struct pool_op *op, pid_t pgid,
		      uint64_t start);
	void (*pgroup_end)(void *arg, struct pool_op *op, pid_t pgid);
	void (*progress)(void *arg, struct pool_op *op, const char *text);
	/* Attributes that it will have. NULL where nothing waits for them. */
	void (*early)(void *arg, struct pool_op *op, const json_t *attrs);
	void (*done)(void *arg, struct pool_op *op);
	/* Once a round, before the answers to intents go out. -1: none do, and
	 * their operations are told to stop. NULL without a journal. */
	int (*sync)(void *arg);
	void *arg;
};

struct pool_opts {
	unsigned max;      /* workers */
	int lock_fd;       /* -1: none */
	const char *path;  /* of opl2-worker */
	const json_t *env; /* the env message; borrowed by pool_new() only */
};

/* Path of opl2-worker: in $OPL2_LIBEXEC, beside this program, or in
 * ../libexec/opl2 from there. malloc'd; NULL with E0617. */
char *pool_worker_path(struct diags *ds);

struct pool *pool_new(const struct pool_opts *opts);
/* Ends the workers and waits for them. NULL is fine. */
void pool_free(struct pool *p);
/* Queues. */
void pool_submit(struct pool *p, struct pool_op *op);
/* Operations queued or running. */
size_t pool_load(const struct pool *p);
/* Starts what is queued, then waits for news up to timeout_ms or until `fd`
 * (-1: none) is readable. -1 with diags when no worker can be started. */
int pool_turn(struct pool *p, const struct pool_hooks *h, int timeout_ms,
	      int fd, struct diags *ds);
/* Asks all running operations to stop; queued ones end as cancelled in the
 * next turn, and so do new ones. */
void pool_cancel(struct pool *p);
/* Kills the workers; their operations end as died. */
void pool_kill(struct pool *p);

#endif
