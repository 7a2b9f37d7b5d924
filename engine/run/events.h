#ifndef OPL2_ENGINE_RUN_EVENTS_H
#define OPL2_ENGINE_RUN_EVENTS_H

#include <stdint.h>

#include "engine/diag/diag.h"

/* What is done with a resource. */
enum action {
	ACT_NOOP,
	ACT_READ,    /* "<=" a read-only kind is read */
	ACT_CREATE,  /* "+" also: an incomplete one is continued */
	ACT_UPDATE,  /* "~" */
	ACT_REPLACE, /* "-/+" remove, then create */
	ACT_DELETE,  /* "-" */
	ACT_FORGET,  /* "." leaves the state; the thing itself stays */
	ACT_IMPORT   /* "+" adopts what is there */
};

/*
 * What the engine tells a view while it works. Everything pointed to is valid
 * during the call only. The engine never prints.
 */
enum event_type {
	EV_REFRESH_START, /* a read began */
	EV_REFRESH_DONE,  /* text: NULL, or "gone", "drifted", "unreachable" */
	EV_START,         /* an operation of apply began */
	EV_PROGRESS,      /* text: what goes on, or what is waited for */
	EV_DONE,
	EV_ERROR,   /* diag: the first error; all are in the diags */
	EV_SKIPPED, /* text: the address that failed before it */
	EV_MESSAGE  /* text: for the whole run; addr is NULL */
};

struct event {
	enum event_type type;
	const char *addr, *kind; /* NULL for EV_MESSAGE */
	enum action action;
	uint64_t elapsed_ms; /* of this operation; of the run for messages */
	const char *text;
	const struct diag *diag;
	/* How far apply is, over all operations. */
	unsigned done, total, running;
};

struct events {
	void (*emit)(void *arg, const struct event *ev);
	/* MAY. Called about every tick_ms while something runs, so that a live
	 * display can show the time go by. */
	void (*tick)(void *arg);
	unsigned tick_ms;
	void *arg;
};

#endif
