/* opl2 stop: takes processes down by their own steps, and holds them. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "force", OPT_FLAG, NULL,
	  "skip stop steps and kill what does not exit; a node may lose data" },
	{ "suspend", OPT_FLAG, NULL,
	  "stop all processes and the supervisor, without a hold; 'opl2 start "
	  "-resume' starts them again" },
	OPTS_END,
};

static int
exec_stop(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	bool suspend = opt_flag(&c->opts, "suspend"),
	     force = opt_flag(&c->opts, "force");

	if (procs_status(c, names, &st) ||
	    runtime_open(c->state_dir, &rc, &c->ds))
		return -1;
	if (suspend && json_array_size(names) > 0)
		return diag_err(&c->ds, "E0944", "-suspend stops all");
	if (suspend ? rc->rt->suspend(rc, &procs_printing, &c->ds)
		    : rc->rt->stop(rc, names, true, force, &procs_printing,
				   &c->ds))
		return -1;
	return EXIT_OK;
}

const struct cmd_entry cmd_stop = {
	.name = "stop",
	.args = "[NAME...]",
	.summary = "stop the chain's processes and hold them",
	.text = "Stops the named processes, or all, in stop order and by their "
		"own stop steps, and waits until they are down. They stay down "
		"until 'opl2 start'; 'opl2 apply' does not start them.\n"
		"\n"
		"Does not kill a process unless -force is given.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_stop,
};
