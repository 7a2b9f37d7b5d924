/* opl2 start: processes, and the supervisor when there is none. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "resume", OPT_FLAG, NULL,
	  "start only what ran before a reboot, a crash or 'stop -suspend'; "
	  "keep holds" },
	OPTS_END,
};

/* Leaves those that are to be up. */
static void
keep_wanted(const struct runtime_status *st, json_t *names)
{
	json_array_clear(names);
	for (size_t i = 0; i < st->n; i++)
		if (st->procs[i].wanted)
			json_array_append_new(names,
					      json_string(st->procs[i].name));
}

static int
exec_start(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);

	if (procs_status(c, names, &st) ||
	    runtime_open(c->state_dir, &rc, &c->ds))
		return -1;
	if (!opt_flag(&c->opts, "resume"))
		return procs_start(c, rc, names) ? -1 : EXIT_OK;
	keep_wanted(st, names);
	/* No name would mean all. */
	if (json_array_size(names) == 0)
		return rc->rt->attend(rc, &c->ds) ? -1 : EXIT_OK;
	return procs_start(c, rc, names) ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_start = {
	.name = "start",
	.args = "[NAME...]",
	.summary = "start the chain's processes and wait until they are ready",
	.text = "Starts the named processes, or all, in the order of their "
		"dependencies, and ends the hold of 'opl2 stop'. Also starts "
		"the supervisor if it is not running; it adopts running "
		"processes.\n"
		"\n"
		"Keys and URLs from the environment are kept in memory only: "
		"after a reboot, set the same variables again.",
	.opts = opts,
	.max_args = 1000,
	.needs = NEED_HERE,
	.exec = exec_start,
};
