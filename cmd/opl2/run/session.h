#ifndef OPL2_RUN_SESSION_H
#define OPL2_RUN_SESSION_H

#include "cmd/opl2/cli/cmd.h"
#include "engine/plan/plan.h"
#include "engine/run/run.h"

/* What plan, apply and destroy share: options, the run, the plan. */

/* What to plan. */
#define OPTS_PLANNING                                                          \
	{ "destroy", OPT_FLAG, NULL, "plan to destroy everything" },           \
		{ "refresh-only", OPT_FLAG, NULL,                              \
		  "only record what changed outside opl2" },                   \
		{ "accept-irreversible", OPT_TEXT, "CHAIN",                    \
		  "approve irreversible changes (with -replace: a "            \
		  "new chain); CHAIN is the chain's name" },                   \
		{ "replace", OPT_LIST, "ADDR",                                 \
		  "replace this resource even if nothing requires it" },       \
		{ "take-over", OPT_FLAG, NULL,                                 \
		  "move the processes of a shared state from the machine "     \
		  "that has them to this one" },                               \
		OPTS_SCOPE
/* How to show it. */
#define OPTS_SHOWING                                                           \
	{                                                                      \
		"full", OPT_FLAG, NULL, "show the attributes of new resources" \
	}
#define OPTS_SCOPE                                                             \
	{ "target", OPT_LIST, "ADDR",                                          \
	  "only this resource, or all of this kind, and what they depend "     \
	  "on" },                                                              \
		{ "target-file", OPT_LIST, "FILE",                             \
		  "-target for each line of FILE; # begins a comment" },       \
		{ "exclude", OPT_LIST, "ADDR",                                 \
		  "not this resource, or none of this kind, nor what "         \
		  "depends on it" },                                           \
		{ "exclude-file", OPT_LIST, "FILE",                            \
		  "-exclude for each line of FILE; # begins a comment" },      \
		{ "refresh", OPT_ON, NULL,                                     \
		  "set to false to trust the state and read nothing" },        \
		{ "parallelism", OPT_COUNT, "N",                               \
		  "work on at most N resources at once (10)" },                \
		{ "delete-data", OPT_FLAG, NULL,                               \
		  "also delete data directories" },                            \
	{                                                                      \
		"force", OPT_FLAG, NULL,                                       \
			"kill processes that do not stop in time"              \
	}

struct session {
	struct cmd *c;
	struct run_opts ro;
	struct run *run;
	struct plan *plan;
};

/* Options to run_opts. destroy: the command itself means PLAN_DESTROY. */
int session_init(struct session *s, struct cmd *c, const char *command,
		 bool destroy);
/* Opens the run and makes the plan. As plan_make(): -1 with s->plan set when
 * there is a plan to show which cannot be applied. */
int session_plan(struct session *s, bool write);
/* Before a plan with -take-over is applied: proves from the L1 that the machine
 * which had the processes is silent (take_over.c). E0555. */
int session_take_over(struct session *s);
/* Shows the plan: what changes, the money, what to decide by. */
void session_show(struct session *s, const char *saved);
void session_done(struct session *s);

/* For CLEANUP(). */
#define SESSION_CLEANUP CLEANUP(session_done)

#endif
