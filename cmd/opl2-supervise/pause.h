#ifndef OPL2_CMD_SUPERVISE_PAUSE_H
#define OPL2_CMD_SUPERVISE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "cmd/opl2-supervise/loop/fetch.h"
#include "cmd/opl2-supervise/gate.h"
#include "cmd/opl2-supervise/loop/loop.h"

/*
 * A pause: the program runs on and does no work. It is wanted while a person
 * asked for it, or while something that the program needs has been away for
 * long enough; the calls of the definition's `pause` tell the program. One
 * that an outage keeps from pausing is killed and started paused. What
 * is wanted outlives the program and the supervisor.
 */
struct proc;

struct pause {
	bool asked;    /* by a person */
	bool outage;   /* when_down has failed for `after` */
	bool told;     /* the running program is paused */
	bool killed;   /* it did not pause or end in time, and starts paused */
	int64_t since; /* of told, Unix seconds */
	char *why;     /* of the outage, or NULL */
	char *trouble; /* why it could not be told, or NULL */
	struct gate probe;
	struct timer tick, after, retry, limit;
	/* The calls being made. */
	struct process_def *by; /* whose calls they are; NULL: none are */
	struct process_calls calls;
	size_t at;
	bool to; /* what they make of it */
	struct fetch *fetch;
};

bool pause_wanted(const struct proc *p);
/* It can be paused at all. */
bool pause_can(const struct proc *p);
/* Looks and takes at most one step; often. */
void pause_turn(struct proc *p);
/* The program is gone, or going: nothing more is asked or told. */
void pause_rest(struct proc *p);
/* For status; texts are borrowed. */
struct process_pause pause_status(const struct proc *p);

#endif
