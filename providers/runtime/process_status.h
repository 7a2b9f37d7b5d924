#ifndef OPL2_PROVIDERS_RUNTIME_PROCESS_STATUS_H
#define OPL2_PROVIDERS_RUNTIME_PROCESS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"

/*
 * What a runtime says of a process. Times are Unix seconds; a number that is
 * not known is PROCESS_UNKNOWN, a text NULL.
 */
#define PROCESS_UNKNOWN (-1)

enum process_state {
	PROCESS_STOPPED,
	PROCESS_WAITING,  /* for other processes, then for start_when */
	PROCESS_STARTING, /* runs; not yet ready */
	PROCESS_READY,
	PROCESS_STOPPING,
	PROCESS_BACKOFF,      /* will be started again */
	PROCESS_FAILED,       /* gave up; see reason */
	PROCESS_BLOCKED,      /* a secret is missing; see reason */
	PROCESS_UNSUPERVISED, /* runs, and nobody looks after it */
	PROCESS_STATES
};

/* "stopped", ..., as people and the wire have it. */
const char *process_state_name(enum process_state state);

struct process_port {
	const char *name;
	unsigned port;
};

struct process_exit {
	const char *text; /* how it ended; NULL: it never did */
	const char *tail; /* its last lines */
	int64_t at, pid;
};

/* Of one that can be told to do no work. */
struct process_pause {
	bool can;
	bool asked;          /* by a person */
	bool on;             /* it was told so */
	const char *outage;  /* what is away, or NULL */
	const char *trouble; /* why it could not be told, or NULL */
	int64_t since;
};

/* Of one that uses one of several servers: the at-th of so many, after so
 * many turns to the next one. */
struct process_failover {
	const char *group; /* NULL: it does not */
	const char *why;   /* of the last turn, or NULL */
	int64_t at, of, turns, since;
};

struct process_status {
	const char *name;
	enum process_state state;
	bool ready;   /* runs, and its ready probes held */
	bool hold;    /* stopped by a person: an apply leaves it alone */
	bool wanted;  /* it should run */
	bool adopted; /* an earlier supervisor started it */
	bool stale;   /* a change of what it is started with waits for a
			 restart */
	bool stuck;   /* the last stop step is over, and it runs */
	int64_t pid;  /* 0: it does not run */
	int64_t since, uptime_ms, rss_bytes, cpu_ms;
	int64_t restarts, stop_order;
	int64_t log_free_bytes; /* of the disk that its log is on */
	/* Of the volume that its database is on, where it has one. */
	int64_t volume_bytes, volume_free_bytes;
	const char *reason, *code, *waits_for;
	const char *log;    /* where people find what it prints */
	const char *drift;  /* what somebody else changed of it, or NULL */
	const char *digest; /* of its definition */
	struct process_exit last_exit;
	struct process_pause pause;
	struct process_failover failover;
	const struct process_port *ports;
	size_t nports;
	/* "env:NAME", "var:NAME" of its secrets. */
	const char *const *needs;
	size_t nneeds;
	const json_t *pod;  /* clients/cluster/pod_status.h, or NULL */
	const json_t *note; /* of its definition, as it was put; or NULL */
};

/* A status with nothing known but the name, borrowed. */
struct process_status process_status_of(const char *name);

static inline bool
process_runs(const struct process_status *p)
{
	return p && p->pid > 0;
}

/* The wire's and `opl2 status -json`'s form. New reference. */
json_t *process_status_encode(const struct process_status *p);
/* Texts are borrowed from j, lists are in the arena. What does not belong is
 * passed over: another release may have written it. */
struct process_status process_status_decode(struct arena *a, const json_t *j);

/* All processes of a chain that were asked for, and who looks after them. */
struct runtime_status {
	const struct process_status *procs;
	size_t n;
	/* Does anybody look after them now? Without that, what is known is
	 * what was recorded, and nothing is ready. */
	bool attended;
	int64_t keeper_rss_bytes; /* of who does; PROCESS_UNKNOWN: none */
	const char *keeper_text;  /* one line about that for people */
	const json_t *keeper;     /* the runtime's own object, or NULL */
	/* Owners of the above. */
	struct arena arena;
	json_t *json;
};

/* {"procs": [...], "supervisor": {...} or null} as a supervisor answers it.
 * Takes a new reference. Release with runtime_status_free(). */
struct runtime_status *runtime_status_decode(const json_t *answer);
void runtime_status_free(struct runtime_status *st); /* NULL is fine */
void runtime_status_freep(struct runtime_status **st);

/* The process of this name, or NULL; also when st is. */
const struct process_status *runtime_proc(const struct runtime_status *st,
					  const char *name);

#endif
