#ifndef OPL2_CMD_SUPERVISE_GATE_H
#define OPL2_CMD_SUPERVISE_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "cmd/opl2-supervise/loop/fetch.h"
#include "cmd/opl2-supervise/loop/loop.h"
#include "providers/runtime/probe.h"

/*
 * A gate is a list of probes that must all hold. They are asked one after the
 * other, again and again, until the last one held: then the gate is open.
 * A probe that `grows` holds when its number is above the one that was seen
 * first, one that `passes` when it is above what gate_above() said of it, or
 * else grows. changed() is called when it opened, and when what it waits for
 * changed.
 */
struct gate {
	struct loop *loop;
	struct process_def *def; /* that the probes are of; a reference */
	struct process_probes probes;
	const json_t *const *table;
	size_t at;
	bool on, open;
	unsigned tries;
	char *waits_for; /* or NULL */
	json_t *seen;    /* what the number of each probe must be above, or null
			    as long as that is not known */
	struct fetch *fetch;
	struct timer timer;
	void (*changed)(void *arg);
	void *arg;
};

/* probes: of def; none is open at once. table is where the secrets' table
 * is found when a URL is a token. */
void gate_on(struct gate *g, struct loop *l, const struct process_def *def,
	     struct process_probes probes, const json_t *const *table,
	     void (*changed)(void *arg), void *arg);
/* above: an array with what was seen before by each probe, or null; NULL for
 * nothing. For the time until gate_off(). */
void gate_above(struct gate *g, const json_t *above);
/* Asks once a second from the first on. */
void gate_calm(struct gate *g);
void gate_off(struct gate *g);

/* The request text of a call; malloc'd. */
char *rpc_body(const struct process_call *call);
#endif
