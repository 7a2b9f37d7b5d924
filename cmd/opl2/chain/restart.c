/* opl2 restart: takes processes down and up again. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "force", OPT_FLAG, NULL,
	  "skip stop steps and kill what does not exit; a node may lose data" },
	OPTS_END,
};

static int
exec_restart(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	bool force = opt_flag(&c->opts, "force");

	if (procs_status(c, names, &st) ||
	    runtime_open(c->state_dir, &rc, &c->ds) ||
	    procs_give_secrets(c, rc) ||
	    rc->rt->restart(rc, names, force, &procs_printing, &c->ds) ||
	    rc->rt->wait_ready(rc, names, &procs_printing, &c->ds))
		return -1;
	return EXIT_OK;
}

const struct cmd_entry cmd_restart = {
	.name = "restart",
	.args = "NAME...",
	.summary = "restart processes and wait until they are ready",
	.opts = opts,
	.min_args = 1,
	.max_args = 1000,
	.needs = NEED_HERE,
	.exec = exec_restart,
};
