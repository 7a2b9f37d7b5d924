#include "cmd/opl2/state/state_edit.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/spec/lockfile.h"
#include "state/backend.h"
#include "state/journal.h"

int
state_unknown(struct cmd *c, const struct state *s, const char *addr)
{
	const struct state_entry **list;
	CLEANUP(freep) const char **names = NULL;
	const char *near;
	size_t i, n;

	list = state_list(s, &c->arena, &n);
	names = xcalloc(n + 1, sizeof(*names));
	for (i = 0; i < n; i++)
		names[i] = list[i]->addr;
	near = opts_nearest(addr, names, n);
	diag_err(&c->ds, "E1015", "'%s' is not in the state", addr);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 state list' lists the resources");
	return -1;
}

int
state_approve(struct cmd *c, const char *question)
{
	return opt_flag(&c->opts, "auto-approve")
		       ? 0
		       : cmd_confirm(c, question, "yes");
}

/* What a run has begun is in its journal, which belongs to this state. */
static int
refuse_open(struct cmd *c, const struct journal_left *left)
{
	if (!left->nintents && !left->npgroups)
		return 0;
	diag_err(&c->ds, "E0519",
		 "'%s' was cut off in the middle, and the state waits for what "
		 "became of it",
		 left->command);
	diag_hint(&c->ds, "run 'opl2 apply', which finds that out, then this "
			  "again");
	return -1;
}

/* A left-over journal goes into the state first, and is gone then. */
static int
fold_left(struct cmd *c, struct state_store *st, struct state *s,
	  const struct journal_left *left, const char *command, const char *now)
{
	struct journal *j;

	if (!left->found)
		return 0;
	if (lockfile_settle(c->dir, left->records, &c->ds))
		return -1;
	j = state_store_begin(st, s, left, command, now, &c->ds);
	return j ? state_store_end(st, s, j, &c->ds) : -1;
}

static int
edit_loaded(struct cmd *c, struct state_store *st, struct state *s,
	    const char *command, const char *now, state_change_fn change)
{
	struct journal_left left;
	int rc;

	journal_left_init(&left);
	rc = state_store_load(st, s, &left, &c->ds);
	if (rc == 0)
		rc = refuse_open(c, &left);
	if (rc == 0)
		rc = fold_left(c, st, s, &left, command, now);
	if (rc == 0)
		rc = change(c, st, s);
	if (rc == 0 && (state_store_commit(st, s, &c->ds) ||
			backend_settle(st->b, &c->ds)))
		rc = -1;
	journal_left_done(&left);
	return rc;
}

int
state_edit(struct cmd *c, const char *command, state_change_fn change)
{
	CLEANUP(backend_closep) struct state_backend *b = cmd_backend(c);
	struct lease_claim claim = {
		.command = command,
		.timeout_ms = opt_num(&c->opts, "lock-timeout", 0),
	};
	struct state_store st;
	struct state s;
	char now[32];
	int rc;

	if (!b)
		return -1;
	utc_now(now, sizeof(now));
	claim.since = now;
	if (opt_flag(&c->opts, "lock") ? b->ops->acquire(b, &claim, &c->ds)
				       : backend_pull(b, &c->ds))
		return -1;
	state_store_init(&st, b);
	state_init(&s);
	rc = edit_loaded(c, &st, &s, command, now, change);
	state_done(&s);
	return rc;
}
