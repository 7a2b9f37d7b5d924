#ifndef OPL2_PROVIDERS_RUNTIME_PROCESS_DEF_H
#define OPL2_PROVIDERS_RUNTIME_PROCESS_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/runtime/process_status.h"

/*
 * What a runtime is told of a process. Times are ms. Texts that may be secret
 * tokens (providers/clients/tools/secret.h) stay json_t: env, and the url of
 * calls and probes. A list that there is not is empty, a text NULL.
 */
struct process_texts {
	const char *const *v;
	size_t n;
};

struct process_call { /* of JSON-RPC */
	const json_t *url;
	const char *method;
	const json_t *params; /* array or NULL */
	int64_t timeout_ms;   /* 0: the runtime's own */
	const char *or_error; /* an error with this text is as good, or NULL */
};

struct process_calls {
	const struct process_call *v;
	size_t n;
};

enum probe_kind { PROBE_RPC, PROBE_HTTP, PROBE_TCP };

#define PROBE_SUCCESS    (-1) /* status: any 2xx */
#define PROBE_ANY_STATUS 0

struct process_probe {
	enum probe_kind kind;
	struct process_call call; /* rpc; of http its url and timeout_ms */
	/* rpc: a JSON pointer into the result, and what must be there. Hex and
	 * decimal numbers compare equal; without a condition any result that
	 * is neither an error nor null will do. */
	const char *at;
	const json_t *equals, *at_least; /* or NULL */
	int64_t age_below_ms;            /* it is a Unix time; 0: no limit */
	bool grows;       /* in a gate: above the one that was seen first */
	bool passes;      /* above what it was before, or grows */
	int64_t status;   /* http */
	const char *host; /* tcp */
	unsigned port;
	bool or_next; /* if not, the one after it may hold in its place */
};

struct process_probes {
	const struct process_probe *v;
	size_t n;
};

struct process_step {       /* of stopping */
	const char *signal; /* "INT" ...; NULL: the call */
	int64_t grace_ms;
	struct process_call call;
};

struct process_steps {
	const struct process_step *v;
	size_t n;
};

/* What is made once, before the first start, in the folder of `unless`. */
struct process_prepare {
	const char
		*unless; /* absolute; made when all is done, and not before */
	struct process_texts command; /* program by absolute path, arguments */
	const json_t *unpack;         /* {gzip file: where to, for the time of
					 the command}, absolute; or NULL */
	/* Names in the folder that the command makes: what an attempt left is
	 * removed before the next one, what was there before is a fault. */
	struct process_texts clean;
};

/* Texts in its log, and what each means. */
struct process_signs {
	const struct process_sign {
		const char *log, *reason;
	} * v;
	size_t n;
};

struct process_def {
	struct process_texts command; /* program by absolute path, arguments */
	/* {NAME: text or token}; PATH, HOME, LANG, TZ, TMPDIR and the proxies
	 * come from whoever started the runtime, nothing else does. */
	const json_t *env;
	const char *dir; /* working directory, absolute */
	struct {
		const char *path;
		int64_t max_bytes, keep;
	} log;
	const struct process_port *ports; /* looked at before each start */
	size_t nports;
	struct process_texts depends;  /* ready before the first start */
	struct process_texts bound_to; /* restarted when one of these broke
					  off and is ready again */
	const struct process_prepare *prepare; /* in this order */
	size_t nprepare;
	struct process_probes start_when; /* hold before each start */
	struct process_probes ready;      /* hold once after each start */
	int64_t ready_timeout_ms;
	struct process_steps stop;
	int64_t stop_order; /* lower ones stop first */
	struct {
		bool never;
		int64_t min_ms, max_ms, limit, window_ms;
	} restart;
	/* How one tells that it gets on with its work. same: any; the gate
	 * says nothing when it is not what it was. */
	struct {
		bool there;
		struct process_probes probes;
		const json_t *same;
	} gate;
	struct process_signs fatal; /* it is not started again */
	struct process_signs hangs; /* it is killed, and started again */
	/* How it is told to do no work; args start it so; it also is while
	 * when_down fails for longer than after. */
	struct {
		bool there;
		struct process_calls steps, resume;
		struct process_texts args;
		struct process_probes when_down;
		int64_t after_ms, kill_after_ms; /* 0: never killed */
	} pause;
	/* A variable of env gets one of a list, a text or token with spaces
	 * between; when the log tells so often that it fails, the group's
	 * processes restart with the next one. */
	struct {
		const char *group; /* NULL: none */
		const json_t *env;
		bool turns; /* it has a sign; else it follows its group */
		struct process_texts texts;
		bool rate_limit; /* or a line tells of too many requests */
		int64_t times, within_ms;
	} failover;
	/* {storage, resources, expose, together_with, datadir} of the config,
	 * for a runtime that places processes; or NULL. */
	const json_t *place;
	const json_t *triggers; /* a change makes what runs stale */
	const json_t *note;     /* kept and shown in status, not looked at */

	/* Owners of the above; owner is what it was decoded from. */
	struct arena arena;
	json_t *owner;
	unsigned refs;
};

#define PROCESS_AFTER_MS 5000 /* of pause */

/* An empty one that keeps owner (a new reference is taken, NULL is fine) as
 * long as it lives; its parts are filled in by the caller, from the arena and
 * from owner. Release with process_def_put(). */
struct process_def *process_def_new(const json_t *owner);
struct process_def *process_def_share(const struct process_def *d);
void process_def_put(struct process_def *d); /* NULL is fine */
void process_def_putp(struct process_def **d);

/* The parts of the wire's form that a spec has as well; a duration is a number
 * of ms or a text such as "30s". */
struct process_texts process_texts_decode(struct arena *a, const json_t *list);
struct process_probes process_probes_decode(struct arena *a,
					    const json_t *list);
struct process_steps process_steps_decode(struct arena *a, const json_t *list);
struct process_calls process_calls_decode(struct arena *a, const json_t *list);
/* d's gate, fatal, hangs, pause and failover: the members of j of these names.
 */
void process_watch_decode(struct process_def *d, const json_t *j);
/* A duration in either form; def when there is none. */
int64_t process_ms(const json_t *o, const char *key, int64_t def);

json_t *process_texts_encode(struct process_texts t); /* new reference */
/* The wire's and the records' form. New reference. */
json_t *process_def_encode(const struct process_def *d);
/* NULL with E0901 when it is none that a runtime could carry out. */
struct process_def *process_def_decode(const char *name, const json_t *j,
				       struct diags *ds);
/* Of what process_def_encode() makes. */
void process_def_digest(const struct process_def *d, char out[65]);

/* 0, or -1 with E0901. decode does it as well. */
int process_def_check(const char *name, const struct process_def *d,
		      struct diags *ds) MUST_CHECK;

/* Does what runs by a run as it would by b? Command, env, dir, ports, triggers
 * and the path of the log are what a program takes with it at its start. */
bool process_def_same_start(const struct process_def *a,
			    const struct process_def *b);

/* `place` of what a spec says of a process. New reference. */
json_t *process_place_of(const json_t *fields);

#endif
