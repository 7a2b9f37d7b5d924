#ifndef OPL2_CMD_SUPERVISE_SUP_H
#define OPL2_CMD_SUPERVISE_SUP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <jansson.h>

#include "cmd/opl2-supervise/failover.h"
#include "cmd/opl2-supervise/gate.h"
#include "cmd/opl2-supervise/loop/loop.h"
#include "cmd/opl2-supervise/pause.h"
#include "cmd/opl2-supervise/unlock.h"
#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/pid.h"
#include "engine/diag/diag.h"
#include "providers/runtime/process_def.h"
#include "providers/runtime/process_status.h"

/*
 * The supervisor: desired set in, observed set out.
 *
 * Requests, exits, probes and timers only note what they learned in a process
 * and ask for a turn; machine_turn() then moves every process one step nearer
 * to what is desired. So it does not matter in which order things happen, nor
 * whether the supervisor was replaced in between.
 *
 * What a next supervisor needs is in .opl2/run/procs/NAME.json, written
 * before it matters: the pid of a child is on disk before the child may
 * execute its program. Secrets are in a memfd which the watchdog holds too.
 */
#define PROC_LIMIT_MAX 16u /* most failures that a restart policy counts */

struct stop_run;

struct proc {
	struct proc *next; /* by name */
	struct sup *sup;
	char *name;
	struct process_def *def;     /* desired */
	struct process_def *run_def; /* what runs was started by */
	char digest[65];             /* of def */
	bool up;                     /* desired state */
	bool hold;    /* stopped by a person: apply leaves it alone */
	bool restart; /* go down first, then follow `up` */
	bool force;   /* this stop may kill */
	bool removed; /* freed at the end of the turn */
	enum process_state state;

	/* What runs; pid 0: nothing does. */
	pid_t pid;
	uint64_t starttime; /* of pid, in ticks since boot */
	int64_t since;      /* Unix seconds */
	int pidfd;
	bool adopted;     /* not our child: its exit status is unknown */
	bool stuck;       /* the last stop step is over, and it runs */
	bool new_secrets; /* a value that it was started with changed */
	bool was_ready;   /* once since it was last asked to start */
	bool broke;       /* ended by itself, and is not ready again yet */
	struct watch pidw, execw;
	int execfd; /* tells whether execve worked */

	struct timer timer; /* back-off, or time-out of ready */
	struct timer settle;
	bool late;               /* ready_timeout is over */
	struct gate gate;        /* start_when or ready */
	struct fetch *preparing; /* what it needs once, or NULL */
	struct unlock unlock;
	struct pause pause;
	struct failover failover;
	int64_t log_from; /* length of the log when it started */
	int64_t hang_at;  /* so much of the log was looked at for `hangs` */
	const char *hung; /* why it was killed, of run_def; or NULL */
	int64_t copied;   /* so much of it is on standard output, in a pod */
	struct stop_run *stop;
	uint64_t failed_at[PROC_LIMIT_MAX]; /* loop_now, newest last */
	unsigned nfailed;
	unsigned backoff_ms, restarts;

	char *reason;      /* why it is in this state, or NULL */
	const char *code;  /* of the reason; static, or NULL */
	char *waits_for;   /* or NULL */
	json_t *last_exit; /* or NULL */
};

struct sup {
	struct loop loop;
	char *dir; /* absolute .opl2 */
	char boot_id[40];
	struct proc *procs;
	struct server *server;
	json_t *secrets;
	json_t *failover; /* GROUP -> which server is in use */
	int memfd;
	int watchdog_pidfd;
	pid_t watchdog_pid;
	struct watch watchdogw, sigw;
	struct timer kick, log_tick, watchdog_timer;
	unsigned log_ticks;
	struct diags scratch; /* reset by whoever uses it */
	char *upgrade;        /* program to re-exec, or NULL */
	bool suspended;       /* all go down, but what is desired stays */
	struct pod *pod;      /* --pod (pod.h), or NULL */
};

/* A turn of the machine will be run soon. */
void sup_kick(struct sup *s);
/* One dated line in the supervisor's own log. Never a secret. */
void sup_log(const struct sup *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
int64_t unix_now(void);

/* procs.c: the table and its records on disk. */
struct proc *proc_find(const struct sup *s, const char *name);
/* Takes a new reference to def. New or redefined. */
struct proc *proc_define(struct sup *s, const char *name,
			 const struct process_def *def);
void proc_free(struct proc *p); /* must be out of the table */
void proc_unlink(struct sup *s, struct proc *p);
/* 0, or -1 with a diagnostic. */
int proc_save(struct proc *p, struct diags *ds);
void proc_forget(struct proc *p);    /* removes the record */
bool procs_run(const struct sup *s); /* any of them? */
int procs_load(struct sup *s, struct diags *ds);
void proc_set_reason(struct proc *p, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void proc_clear_reason(struct proc *p);
void proc_waits(struct proc *p, const char *text); /* NULL: for nothing */
/* It runs by an older definition, as far as that matters. */
bool proc_stale(const struct proc *p);
json_t *proc_status(const struct proc *p); /* new reference */

/* machine.c */
/* It is to run now. */
bool machine_wants_up(const struct proc *p);
void machine_turn(void *arg); /* struct sup */
void machine_start(struct proc *p);
/* It runs: ask its ready probes. */
void machine_await_ready(struct proc *p);
/* Its program has been executed: what has no probes settles from now on. */
void machine_executed(struct proc *p);
/* Secrets have come: try again. */
void machine_unblock(struct proc *p);
void machine_stop(struct proc *p, bool force);
void machine_restart(struct proc *p, bool force);
/* The process is gone. text says how; NULL: unknown. */
void machine_exited(struct proc *p, const char *text);
/* Before or at execve. counts: towards the crash-loop limit. */
void machine_start_failed(struct proc *p, bool counts, const char *code,
			  const char *fmt, ...) PRINTF_LIKE(4, 5);
/* The end of something, for its status; pid PROCESS_UNKNOWN: none of its own */
void machine_note_exit(struct proc *p, const struct process_def *ran,
		       const char *how, int64_t pid);

/* child.c */
enum spawn_result { SPAWN_OK, SPAWN_FAILED, SPAWN_BLOCKED };
/* On SPAWN_FAILED the machine has been told; on SPAWN_BLOCKED the reason is
 * set. */
enum spawn_result child_spawn(struct proc *p);
/* Watches a running process by pid and start time; false: it is not there. */
bool child_adopt(struct proc *p);
void child_forget(struct proc *p); /* closes and unwatches */
/* To all of its process group, also after its own end. -1: nobody is left. */
int child_signal_group(const struct proc *p, int sig);

/* "exited with status 1" and the like. */
void child_how_it_ended(const siginfo_t *si, char *out, size_t n);

/* prepare.c: what a definition's `prepare` makes before the first start. */
/* True when nothing is left to do; else it is being done, in a process of its
 * own, and another turn comes. */
bool prepare_turn(struct proc *p);
void prepare_off(struct proc *p);
/* prepare_main.c: `opl2-supervise --prepare`, which does it. */
int prepare_main(void);

/* stop.c */
void stop_begin(struct proc *p);
void stop_end(struct proc *p);   /* frees; the process may run on */
void stop_force(struct proc *p); /* one in progress may kill now */

/* logs.c */
int log_open(const struct process_def *def, int *fd, struct diags *ds);
void logs_tick(void *arg); /* struct sup; rotates */
/* Bytes free on the disk that its log is on; PROCESS_UNKNOWN. */
int64_t log_space(const struct process_def *def);
#define DISK_FULL_BYTES (1 << 20)
/* What ends on a full disk is started again for as long as it takes. */
bool disk_full(const struct proc *p);
/* Up to n last lines, redacted; malloc'd, "" when there are none. */
char *log_tail(const struct sup *s, const struct process_def *def, unsigned n);

/* scan.c */
int64_t scan_mark(const struct process_def *def); /* how long its log is */
/* The reason of the first `fatal` text in what p wrote since it started;
 * borrowed from its definition, or NULL. */
const char *scan_fatal(const struct proc *p);
/* The same of the `hangs` texts in the whole lines since *at, which moves on.
 */
const char *scan_hang(const struct proc *p, int64_t *at);
/* How many of the whole lines since *at, which moves on, tell what d's failover
 * turns at: one of its texts, or too many requests; *seen is the last one that
 * was found, if any. */
unsigned scan_count(const struct proc *p, const struct process_def *d,
		    int64_t *at, const char **seen);

/* secret_memory.c: secrets in the memfd. */
int secret_memory_create(void);        /* memfd, or -1 with errno */
json_t *secret_memory_load(int memfd); /* new reference, {} at first */
int secret_memory_store(int memfd, const json_t *secrets);
/* The supervisor's word to the watchdog: do not start another one. */
void secret_memory_end(int memfd);
bool secret_memory_ended(int memfd);

/* server.c: connections. */
struct conn;
int server_open(struct sup *s, struct diags *ds);
void server_close(struct sup *s);
/* Lets waiting requests look at what a turn changed. */
void server_turn(struct sup *s);
/* Sends a message, whose reference it takes, to that connection. */
void conn_send(struct conn *c, json_t *msg);
/* One that is none of the socket: say() gets the messages (borrowed), until it
 * is closed, which say() may do. */
typedef void (*conn_say_fn)(void *arg, const json_t *msg);
struct conn *conn_open(struct sup *s, conn_say_fn say, void *arg);
void conn_close(struct conn *c); /* NULL is fine */

/* requests.c: what they mean. Replies at once, or leaves a waiter. */
void request(struct sup *s, struct conn *c, const json_t *msg);

/* waiters.c: replies that come later. */
struct waiter;
enum wait_for { WAIT_DOWN, WAIT_RESTARTED, WAIT_READY, WAIT_GATE, WAIT_PAUSE };
/* Takes names; ms 0: for as long as it takes. */
void wait_for(struct sup *s, struct conn *c, const json_t *id,
	      enum wait_for what, json_t *names, int64_t ms);
/* WAIT_GATE, of one process; above: see gate_above(). */
void wait_for_gate(struct sup *s, struct conn *c, const json_t *id,
		   json_t *names, const json_t *above, int64_t ms);
/* One look at the waiters of a connection; frees those that are done. */
void waiters_turn(struct sup *s, struct waiter **list);
void waiters_free(struct waiter **list);
struct waiter **conn_waiters(struct conn *c);
/* The reply to request id that says no, with why. */
void conn_refuse(struct conn *c, const json_t *id, const struct diags *ds);

/* upgrade.c */
/* 0 when that program runs as this one would, or -1 with E0914. */
int upgrade_try(const char *path, struct diags *ds);
/* Becomes s->upgrade; comes back, with a line in the log, when it cannot. */
void upgrade_exec(struct sup *s);

/* watchdog.c */
int watchdog_main(const char *dir, int memfd, pid_t watch, int notify);
/* Starts a watchdog for this supervisor. */
void watchdog_spawn(struct sup *s);
/* Starts a watchdog or a supervisor, in a session of its own, that looks after
 * `peer`; 0: a watchdog that starts one. notify: -1, or where it says that it
 * runs. -1 with errno. */
pid_t self_spawn(const char *dir, bool watchdog, pid_t peer, int memfd,
		 int notify);

#endif
