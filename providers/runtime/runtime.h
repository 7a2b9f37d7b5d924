#ifndef OPL2_PROVIDERS_RUNTIME_RUNTIME_H
#define OPL2_PROVIDERS_RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/runtime/process_def.h"
#include "providers/runtime/process_status.h"

/*
 * Where the processes of a chain run: desired set in, observed set out. Kinds,
 * commands and health ask a runtime; none of them knows how it does it.
 *
 * To add one:
 *   1. providers/runtime/R/...       `const struct runtime runtime_R = {...};`
 *   2. providers/runtime/runtimes.def  the line RUNTIME(R)
 * tests/conform/test_runtime.c holds all of them to what stands here. A
 * runtime is linked into the front end and into workers: it needs neither
 * libcurl nor a thread.
 *
 * `names` is an array of names of processes; NULL or empty means all. One that
 * is not known is E0911. What waits takes a struct runtime_wait and gives 0,
 * -1 with diagnostics, or 1 when the caller gave up: what was asked for still
 * happens, and only close() may follow.
 */

/* Called for each thing that happens to a process, and about four times a
 * second with name NULL while nothing does. A true return gives up. */
typedef bool (*runtime_event_fn)(void *arg, const char *name, const char *state,
				 const char *text);
struct runtime_wait {
	runtime_event_fn fn; /* or NULL */
	void *arg;
};

/* What a chain's runtime remembers of a process. */
struct runtime_recall {
	struct process_def *def; /* as it was put last */
	struct process_def *ran; /* what runs was started by; NULL: nothing
				    runs */
	bool wanted;             /* it should run */
};
void runtime_recall_done(struct runtime_recall *r);

/* A database on its way between a folder of this machine and the volume of a
 * process elsewhere. */
struct runtime_volume {
	const char *process;
	/* {PROCESS: {"def"}} of the whole chain as it will be there, with
	 * `place`; NULL: as it is there. */
	const json_t *records;
	bool out;  /* to this machine */
	bool live; /* processes run on it meanwhile: a first copy, to have less
		      to do when they are stopped */
};

/* One chain's processes; made by open(). */
struct runtime_chain {
	const struct runtime *rt;
};

struct runtime {
	const char *name;
	/* Processes run, and keep their data, on other machines: opl2 cannot
	 * look into their folders, `prepare` makes a database, and `place` of
	 * a definition says what a process needs there. */
	bool elsewhere;

	/* state_dir is the absolute .opl2. Starts nothing. */
	int (*open)(const char *state_dir, struct runtime_chain **out,
		    struct diags *ds);
	void (*close)(struct runtime_chain *c);
	/* From now until close() this machine reaches the ports of processes at
	 * 127.0.0.1; asked again, whether that is still so. NULL: it always
	 * does. */
	int (*reachable)(struct runtime_chain *c, struct diags *ds);
	/* May whoever runs this do all that the others here need? -1 with what
	 * lacks. NULL: nobody can be kept from it. */
	int (*check_rights)(struct runtime_chain *c, struct diags *ds);
	/* Where people find what a process of this name prints; malloc'd. */
	char *(*log_place)(const char *state_dir, const char *name);

	/* Sees to it that somebody looks after the processes: those that are
	 * desired up go up. */
	int (*attend)(struct runtime_chain *c, struct diags *ds);
	/* Defines or redefines. It starts nothing, and what runs keeps running
	 * by its old definition. secrets: {"env:NAME": value, ...} that the
	 * definition's tokens need; they are kept out of records. */
	int (*put)(struct runtime_chain *c, const char *name,
		   const struct process_def *def, const json_t *secrets,
		   struct diags *ds);
	/* Values for tokens, for every process. */
	int (*give_secrets)(struct runtime_chain *c, const json_t *secrets,
			    struct diags *ds);
	/* Desired up; ends the hold. Does not wait. */
	int (*start)(struct runtime_chain *c, const json_t *names,
		     struct diags *ds);
	/* By their stop steps, in stop order; waits until all are down. hold:
	 * an apply leaves them alone until start(). force: they may be
	 * killed. */
	int (*stop)(struct runtime_chain *c, const json_t *names, bool hold,
		    bool force, const struct runtime_wait *w, struct diags *ds);
	/* Stops all; what is desired stays as it is, for resume() by start().
	 * Who looks after them ends too. */
	int (*suspend)(struct runtime_chain *c, const struct runtime_wait *w,
		       struct diags *ds);
	/* Down, then up again by the newest definition; waits until down. */
	int (*restart)(struct runtime_chain *c, const json_t *names, bool force,
		       const struct runtime_wait *w, struct diags *ds);
	/* Waits until they do no work, or work again; within ms (0: for as
	 * long as it takes). E0936: one cannot be paused. */
	int (*pause)(struct runtime_chain *c, const json_t *names, bool on,
		     int64_t ms, const struct runtime_wait *w,
		     struct diags *ds);
	/* The first that failed ends it. */
	int (*wait_ready)(struct runtime_chain *c, const json_t *names,
			  const struct runtime_wait *w, struct diags *ds);
	/* Until it is ready and the probes of its gate held. above: for each
	 * probe what it said before, null, or false: any answer will do. */
	int (*wait_gate)(struct runtime_chain *c, const char *name,
			 const json_t *above, int64_t ms,
			 const struct runtime_wait *w, struct diags *ds);
	/* asked: of who looks after them, where anybody does; else, and where
	 * there is nobody, what was recorded. *out: runtime_status_free(). */
	int (*status)(struct runtime_chain *c, const json_t *names, bool asked,
		      struct runtime_status **out, struct diags *ds);
	/* 0; 1: there is no such process; -1. Asks nobody. */
	int (*recall)(struct runtime_chain *c, const char *name,
		      struct runtime_recall *out, struct diags *ds);
	/* Stops it and forgets it; one that is not there is fine. The last one
	 * out ends who looks after them. */
	int (*remove)(struct runtime_chain *c, const char *name, bool force,
		      const struct runtime_wait *w, struct diags *ds);

	/* A place in what a process printed: where its last `lines` lines or
	 * `bytes` bytes begin, whichever is less far back (0: no limit).
	 * E0925: it has printed nothing yet, or cannot be read. */
	int (*log_seek)(struct runtime_chain *c, const char *name,
			uint64_t lines, uint64_t bytes, int64_t *at,
			struct diags *ds);
	/* Up to n bytes from *at, which moves on; 0: nothing new. A log that
	 * was cut goes on at its beginning. -1 with errno. */
	ssize_t (*log_read)(struct runtime_chain *c, const char *name,
			    int64_t *at, char *to, size_t n);
	/* Copies what differs; NULL: there is no other place. Once more without
	 * `live` when the processes are down on both sides. *out: {"files",
	 * "bytes", "folders"} of .opl2/data, all empty when the process has no
	 * volume of its own; new reference. */
	int (*move_volume)(struct runtime_chain *c,
			   const struct runtime_volume *v,
			   const struct runtime_wait *w, json_t **out,
			   struct diags *ds);
	/* "HOST:PORT" by which this machine reaches a port of a process;
	 * malloc'd. NULL with E0911 when it is not known, with E0905 when
	 * another program has that port here. */
	char *(*reach)(struct runtime_chain *c, const char *process,
		       const char *port, struct diags *ds);
};

/* runtimes.def; "local" is the first. */
extern const struct runtime *const runtime_table[];
extern const size_t runtime_count;
const struct runtime *runtime_find(const char *name); /* or NULL */
/* That of a chain, by what runtime_settle() recorded. */
const struct runtime *runtime_of(const char *state_dir);
/* The namespace of the cluster that its processes run in, by what is recorded;
 * NULL: they run here. */
const char *runtime_namespace(struct arena *a, const char *state_dir);
/* Records the chain's runtime: `runtime` of its spec, or NULL. -1 with diags:
 * it cannot be recorded. From then on RUNTIME_BEGUN of the environment is when
 * the command began (boot_ms()), for those that it starts, too. */
#define RUNTIME_BEGUN "OPL2_COMMAND_BEGUN"
int runtime_settle(const char *state_dir, const char *chain,
		   const json_t *runtime, struct diags *ds) MUST_CHECK;
/* A move to where `runtime` of the spec says begins: its runtime can be opened
 * (runtime_find()), and nothing else changes until runtime_settle(). */
int runtime_prepare(const char *state_dir, const char *chain,
		    const json_t *runtime, struct diags *ds) MUST_CHECK;
/* Would processes run elsewhere after runtime_settle()? */
bool runtime_differs(const char *state_dir, const json_t *runtime);

/* The number of a port, by what recall() says; 0 with E0911. */
unsigned runtime_port(struct runtime_chain *c, const char *process,
		      const char *port, struct diags *ds);
/* reach() of one whose ports are at 127.0.0.1. */
char *runtime_loopback(struct runtime_chain *c, const char *process,
		       const char *port, struct diags *ds);

/* open() of the chain's runtime. */
int runtime_open(const char *state_dir, struct runtime_chain **out,
		 struct diags *ds) MUST_CHECK;
void runtime_closep(struct runtime_chain **c); /* for CLEANUP */

/* status() of a chain's runtime, opened for this alone. */
int runtime_read_status(const char *state_dir, const json_t *names, bool asked,
			struct runtime_status **out,
			struct diags *ds) MUST_CHECK;

#endif
