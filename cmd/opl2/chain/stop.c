/* opl2 stop: takes processes down by their own steps, and holds them. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "force", OPT_FLAG, NULL,
	  "skip the calls, and kill what does not end; a node may lose data" },
	{ "suspend", OPT_FLAG, NULL,
	  "stop all for now, without a hold, and the supervisor too; 'opl2 "
	  "start -resume' goes on" },
	OPTS_END,
};

static bool
something_runs(const json_t *st)
{
	const json_t *p;
	size_t i;

	json_array_foreach(jx_get(st, "procs"), i,
			   p) if (jx_int(p, "pid", 0) > 0) return true;
	return false;
}

static int
suspend(struct cmd *c, const json_t *st)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;

	if (!jx_get(st, "supervisor") && !something_runs(st))
		return EXIT_OK;
	if (supctl_ensure(c->state_dir, &s, &c->ds) ||
	    procs_call(c, s, "suspend", NULL, NULL) ||
	    procs_call(c, s, "shutdown", NULL, NULL))
		return -1;
	return EXIT_OK;
}

static int
exec_stop(struct cmd *c)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(put_json)
	json_t *args = json_pack("{s:O, s:b, s:b}", "names", names, "hold", 1,
				 "force", opt_flag(&c->opts, "force"));

	if (procs_status(c, names, &st))
		return -1;
	if (opt_flag(&c->opts, "suspend")) {
		if (json_array_size(names) == 0)
			return suspend(c, st);
		return diag_err(&c->ds, "E0944", "-suspend stops all");
	}
	if (!jx_get(st, "supervisor")) {
		/* A supervisor that starts now must not start them first. */
		if (supctl_hold_records(c->state_dir, names, &c->ds))
			return -1;
		if (!something_runs(st))
			return EXIT_OK;
	}
	if (supctl_ensure(c->state_dir, &s, &c->ds) ||
	    procs_call(c, s, "stop", args, NULL))
		return -1;
	return EXIT_OK;
}

const struct cmd_entry cmd_stop = {
	.name = "stop",
	.args = "[NAME...]",
	.summary = "stop the chain's processes and hold them",
	.text = "Stops the named processes, or all, in stop order and by their "
		"own stop steps, and waits until they are down. They stay "
		"down, also for 'opl2 apply', until 'opl2 start'.\n\nNothing "
		"is killed hard without -force.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_stop,
};
