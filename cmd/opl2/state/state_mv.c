/* opl2 state mv: gives what is recorded another address. */
#include <string.h>
#include <jansson.h>

#include "cmd/opl2/state/state_edit.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/lockfile.h"
#include "engine/spec/spec_src.h"

static const struct opt_def opts_mv[] = {
	OPTS_STATE_EDIT,
	OPTS_END,
};

static int
check_target(struct cmd *c, const struct state *s, const char *from,
	     const char *to)
{
	const char *kind = state_get(s, from)->kind;
	char given[64];
	const char *name = addr_split(to, given, sizeof(given));

	if (!name || !resource_name_valid(name)) {
		diag_err(&c->ds, "E0520", "'%s' is not an address", to);
		diag_hint(&c->ds, "write %s.NAME", kind);
	} else if (strcmp(given, kind) != 0) {
		diag_err(&c->ds, "E0520", "'%s' is of kind '%s', not '%s'",
			 from, kind, given);
		diag_hint(&c->ds, "a resource keeps its kind: write %s.NAME",
			  kind);
	} else if (state_get(s, to)) {
		diag_err(&c->ds, "E0520", "'%s' is in the state already", to);
		diag_hint(&c->ds, "choose another name, or remove that entry "
				  "with 'opl2 state rm'");
	} else {
		return 0;
	}
	return -1;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The list with `to` for `from`, sorted; NULL when it does not have it. */
static json_t *
renamed(const json_t *depends, const char *from, const char *to)
{
	size_t n = json_array_size(depends), i;
	CLEANUP(freep) const char **all = xcalloc(n + 1, sizeof(*all));
	bool has = false;
	json_t *out;

	for (i = 0; i < n; i++) {
		all[i] = json_string_value(json_array_get(depends, i));
		if (strcmp(all[i], from) == 0) {
			all[i] = to;
			has = true;
		}
	}
	if (!has)
		return NULL;
	qsort(all, n, sizeof(*all), by_text);
	out = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(out, json_string(all[i]));
	return out;
}

static void
move(struct cmd *c, struct state *s, const char *from, const char *to)
{
	const struct state_entry **list;
	struct state_entry e = *state_get(s, from);
	size_t i, n;

	e.addr = to;
	state_put(s, &e);
	state_remove(s, from);
	list = state_list(s, &c->arena, &n);
	for (i = 0; i < n; i++) {
		CLEANUP(put_json)
		json_t *depends = renamed(list[i]->depends, from, to);

		e = *list[i];
		e.depends = depends;
		if (depends)
			state_put(s, &e);
	}
}

/* What opl2.lock has of it follows. */
static int
move_lock(struct cmd *c, const char *from, const char *to)
{
	CLEANUP(lockfile_done) struct lockfile lf = { 0 };

	if (lockfile_load(c->dir, &lf, &c->ds))
		return -1;
	lockfile_move(&lf, from, to);
	return lockfile_save(c->dir, &lf, &c->ds);
}

static int
change_mv(struct cmd *c, struct state_store *st UNUSED, struct state *s)
{
	const char *from = c->opts.args[0], *to = c->opts.args[1];

	if (!state_get(s, from))
		return state_unknown(c, s, from);
	if (check_target(c, s, from, to) ||
	    state_approve(c, arena_printf(&c->arena,
					  "opl2 records '%s' as '%s'. The "
					  "object itself stays as it is.",
					  from, to)))
		return -1;
	move(c, s, from, to);
	return move_lock(c, from, to);
}

static int
exec_mv(struct cmd *c)
{
	/* What is not there takes no lock. */
	if (!state_get(c->state, c->opts.args[0]))
		return state_unknown(c, c->state, c->opts.args[0]);
	if (state_edit(c, "state mv", change_mv))
		return -1;
	fprintf(c->out, "%s: now %s\n", c->opts.args[0], c->opts.args[1]);
	return EXIT_OK;
}

const struct cmd_entry cmd_state_mv = {
	.name = "state mv",
	.args = "OLD NEW",
	.summary = "record a resource under another address",
	.text = "For a resource that the spec calls by another name now: "
		"without it, the next apply would create NEW and destroy OLD. "
		"The object itself is not touched, and the dependencies of "
		"others follow. NEW has the same kind and is not in the state. "
		"'moved' in the spec does the same for everybody who has the "
		"spec.",
	.opts = opts_mv,
	.min_args = 2,
	.max_args = 2,
	.needs = NEED_STATE,
	.exec = exec_mv,
};
