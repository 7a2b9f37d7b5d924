/* opl2 state: what is recorded, and the rare repair of it. */
#include "state/state.h"

#include <time.h>
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/state/state_edit.h"
#include "cmd/opl2/state/state_show.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/lockfile.h"
#include "state/backend.h"
#include "state/journal.h"
#include "state/store.h"

static const struct opt_def opts_json[] = {
	{ "json", OPT_FLAG, NULL, "print JSON" },
	OPTS_END,
};

static int
state_exec_list(struct cmd *c)
{
	CLEANUP(put_json) json_t *all = json_array();
	CLEANUP(freep) char *text = NULL;
	const struct state_entry **list;
	size_t i, n;

	list = state_list(c->state, &c->arena, &n);
	for (i = 0; i < n; i++) {
		bool whole = list[i]->status == ENTRY_OK;

		if (opt_flag(&c->opts, "json"))
			json_array_append_new(
				all, json_pack("{s:s, s:s, s:s}", "addr",
					       list[i]->addr, "kind",
					       list[i]->kind, "status",
					       whole ? "ok" : "incomplete"));
		else
			fprintf(c->out, "%s%s\n", list[i]->addr,
				whole ? "" : "  (incomplete)");
	}
	if (opt_flag(&c->opts, "json")) {
		text = jx_dump(all);
		fputs(text, c->out);
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_state_list = {
	.name = "state list",
	.args = "",
	.summary = "list the recorded resources",
	.opts = opts_json,
	.needs = NEED_STATE,
	.exec = state_exec_list,
};

static int
exec_show(struct cmd *c)
{
	const char *addr = c->opts.args[0];
	const struct state_entry *e = state_get(c->state, addr);
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;

	if (!e)
		return state_unknown(c, c->state, addr);
	if (!opt_flag(&c->opts, "json")) {
		state_show_entry(c->out, e, &c->arena);
		return EXIT_OK;
	}
	j = entry_to_json(e);
	text = jx_dump(j);
	fputs(text, c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_state_show = {
	.name = "state show",
	.args = "ADDR",
	.summary = "show one recorded resource",
	.opts = opts_json,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_STATE,
	.exec = exec_show,
};

static const struct opt_def opts_rm[] = {
	{ "auto-approve", OPT_FLAG, NULL, "do not ask" },
	OPTS_LOCK,
	OPTS_INPUT,
	OPTS_END,
};

/* Under the lock: each address is journalled as forgotten, then folded. */
static int
state_forget(struct cmd *c, struct state_store *st, const char *now)
{
	struct journal_left left;
	struct journal *j = NULL;
	struct state s;
	size_t i;
	int rc;

	state_init(&s);
	journal_left_init(&left);
	rc = state_store_load(st, &s, &left, &c->ds);
	for (i = 0; rc == 0 && i < c->opts.nargs; i++)
		if (!state_get(&s, c->opts.args[i]))
			rc = state_unknown(c, &s, c->opts.args[i]);
	if (rc == 0)
		rc = lockfile_settle(c->dir, left.records, &c->ds);
	if (rc == 0) {
		j = state_store_begin(st, &s, &left, "state rm", now, &c->ds);
		rc = j ? 0 : -1;
	}
	for (i = 0; rc == 0 && i < c->opts.nargs; i++) {
		rc = journal_forget(j, c->opts.args[i], &c->ds);
		if (rc == 0)
			state_remove(&s, c->opts.args[i]);
	}
	if (j && state_store_end(st, &s, j, &c->ds))
		rc = -1;
	journal_left_done(&left);
	state_done(&s);
	return rc;
}

static int
exec_rm(struct cmd *c)
{
	CLEANUP(backend_closep)
	struct state_backend *b = cmd_backend(c);
	struct lease_claim claim = {
		.command = "state rm",
		.timeout_ms = opt_num(&c->opts, "lock-timeout", 0),
	};
	char now[32];
	struct state_store st;
	size_t i;

	utc_now(now, sizeof(now));
	for (i = 0; i < c->opts.nargs; i++)
		if (!state_get(c->state, c->opts.args[i]))
			return state_unknown(c, c->state, c->opts.args[i]);
	if (!opt_flag(&c->opts, "auto-approve") &&
	    cmd_confirm(c,
			"opl2 removes these from its state. The objects "
			"themselves stay, and the next apply creates them "
			"again or adopts them.",
			"yes"))
		return -1;
	state_store_init(&st, b);
	claim.since = now;
	if ((opt_flag(&c->opts, "lock") &&
	     b->ops->acquire(b, &claim, &c->ds)) ||
	    state_forget(c, &st, now))
		return -1;
	for (i = 0; i < c->opts.nargs; i++)
		fprintf(c->out, "%s: forgotten\n", c->opts.args[i]);
	return EXIT_OK;
}

const struct cmd_entry cmd_state_rm = {
	.name = "state rm",
	.args = "ADDR...",
	.summary = "remove a resource from the state, leaving the object "
		   "itself alone",
	.opts = opts_rm,
	.min_args = 1,
	.max_args = 1000,
	.needs = NEED_STATE,
	.exec = exec_rm,
};

static int
exec_history(struct cmd *c)
{
	CLEANUP(backend_closep)
	struct state_backend *b = cmd_backend(c);
	struct state_generation *gen;
	struct state_store st;
	size_t n;

	state_store_init(&st, b);
	if (b->ops->generations(b, &c->arena, &gen, &n, &c->ds))
		return -1;
	for (size_t i = 0; i < n; i++) {
		time_t written = (time_t)gen[i].time;
		char when[32];
		struct state s;
		struct tm tm;

		state_init(&s);
		if (state_store_load_generation(&st, gen[i].serial, &s,
						&c->ds)) {
			state_done(&s);
			return -1;
		}
		gmtime_r(&written, &tm);
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%SZ", &tm);
		fprintf(c->out, "%6llu  %s  %zu resources%s\n",
			(unsigned long long)gen[i].serial, when, s.count,
			gen[i].serial == c->state->serial ? "  (current)" : "");
		state_done(&s);
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_state_history = {
	.name = "state history",
	.args = "",
	.summary = "list the saved generations of the state",
	.opts = opts_none,
	.needs = NEED_STATE,
	.exec = exec_history,
};
