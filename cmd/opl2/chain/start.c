/* opl2 start: processes, and the supervisor when there is none. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "resume", OPT_FLAG, NULL,
	  "only what was up before a boot, 'stop -suspend' or the death of "
	  "all; holds stay" },
	OPTS_END,
};

/* Leaves those that are to be up. */
static void
keep_wanted(const json_t *st, json_t *names)
{
	const json_t *p;
	size_t i;

	json_array_clear(names);
	json_array_foreach(jx_get(st, "procs"), i, p)
	{
		if (!strcmp(jx_str(p, "desired", ""), "up"))
			json_array_append_new(
				names, json_string(jx_str(p, "name", "")));
	}
}

static int
exec_start(struct cmd *c)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(put_json) json_t *st = NULL;

	if (procs_status(c, names, &st) ||
	    supctl_ensure(c->state_dir, &s, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "resume")) {
		keep_wanted(st, names);
		/* No name would mean all. */
		if (json_array_size(names) == 0)
			return EXIT_OK;
	}
	return procs_start(c, s, names) ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_start = {
	.name = "start",
	.args = "[NAME...]",
	.summary = "start the chain's processes and wait until they are ready",
	.text = "Starts the named processes, or all, in the order of their "
		"dependencies, and ends the hold of 'opl2 stop'. The "
		"supervisor is started too when it does not run; it adopts "
		"what runs.\n\nKeys and URLs that came from the environment "
		"are in memory only: after a reboot the same variables must "
		"be set once more.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_start,
};
