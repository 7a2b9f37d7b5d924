#ifndef OPL2_PROVIDERS_FACTS_L2_SCHEDULE_H
#define OPL2_PROVIDERS_FACTS_L2_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * When the forks of an L2 come, and whether they may: the rules of the kind
 * l2_forks, for both of its halves. Pure.
 *
 * A fork is active from the first block whose time is at or past its own, and
 * that block must be the first of no other fork: the transactions by which a
 * fork changes the predeployed contracts are put in that block, by the rules
 * of the fork before (op-node v1.19.6 ends for ever over an L1 info that is of
 * Isthmus where Jovian is active). None can be active in block 0, which gets
 * no such transactions.
 */
#define L2_FORKS 5
/* Oldest first. Granite, the first, is in block 0 unless genesis.granite says
 * otherwise; it changes no contract, but comes before the others. */
extern const char *const l2_fork_names[L2_FORKS];

/* How far ahead a change must be: the processes restart, one after another.
 * Less when it is done than when it is planned. */
#define L2_FORK_LEAD_PLAN_S  120
#define L2_FORK_LEAD_APPLY_S 60

enum l2_when_is { L2_NOT, L2_START, L2_AFTER, L2_AT };
struct l2_when {
	enum l2_when_is is;
	int64_t s; /* L2_AFTER: seconds after block 0; L2_AT: Unix time */
};

/* "start", "+3m", "2027-01-31T12:00:00Z", "1801396800"; NULL is L2_NOT.
 * -1, with *why an explanation. */
int l2_when_parse(const char *text, struct l2_when *out, const char **why);

struct l2_schedule {
	/* in, borrowed */
	const json_t *config; /* of the kind l2_forks */
	const json_t
		*unknown; /* as in engine/kind/kind.h; NULL: all is known */
	const json_t *recorded; /* its attrs if they are of the same block 0;
				   NULL: the kind has none of this chain */
	int64_t now, lead_s;

	/* out */
	int64_t at[L2_FORKS];    /* Unix time; 0: not scheduled */
	bool on_start[L2_FORKS]; /* 'start' that cannot mean anything now */
	bool running;            /* it has blocks, or may have */
	bool known; /* block 0's time is; else times count from now */
};

/* Is a place unknown without which there is no schedule? */
bool l2_schedule_open(const json_t *unknown);
/* What can be said of a config without its past. */
int l2_schedule_check(const json_t *config, const json_t *unknown,
		      struct diags *ds) MUST_CHECK;
/* Settles the times by the rules; 0, or -1 with diags that have a path. */
int l2_schedule_settle(struct l2_schedule *s, struct diags *ds) MUST_CHECK;

/* Recorded time of fork i; 0: none. */
int64_t l2_schedule_had(const struct l2_schedule *s, size_t i);
/* Are two configs of the same block 0? */
bool l2_same_chain(const json_t *before, const json_t *now);

/* {times, overrides, newest, digest}; without times when they are not known
 * yet. New reference. */
json_t *l2_schedule_attrs(const struct l2_schedule *s);
/* True when rollup.json is that of genesis. */
bool l2_schedule_empty(const struct l2_schedule *s);
/* A copy of a rollup.json with the times in it. */
json_t *l2_schedule_render(const struct l2_schedule *s, const json_t *rollup);

#endif
