#ifndef OPL2_STATE_STATE_EDIT_H
#define OPL2_STATE_STATE_EDIT_H

#include "cmd/opl2/cli/cmd.h"
#include "state/state.h"
#include "state/store.h"

/*
 * What changes the state alone and touches no object: one document takes the
 * place of another, whole or not at all.
 */

#define STATE_SAME 1 /* there is nothing to do */

/* Changes s, which is the state under the lease, or says why not: 0,
 * STATE_SAME, or -1 with a diagnostic. It may ask. */
typedef int (*state_change_fn)(struct cmd *c, struct state_store *st,
			       struct state *s);

/* Takes the lease, folds what an earlier run left, has the state changed and
 * saves it under the next serial; or under a higher one, when change() left
 * that in s->serial. A run that was cut off in the middle of an act is not
 * passed over (E0519). As change(). The command has OPTS_LOCK. */
int state_edit(struct cmd *c, const char *command, state_change_fn change);

/* -auto-approve, or the whole word. */
int state_approve(struct cmd *c, const char *question);

/* E1015, with the likeliest address as a hint; -1. */
int state_unknown(struct cmd *c, const struct state *s, const char *addr);

#define OPTS_STATE_EDIT                                                        \
	{ "auto-approve", OPT_FLAG, NULL, "do not ask" }, OPTS_LOCK, OPTS_INPUT

#endif
