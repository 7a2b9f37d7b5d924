/* opl2 restart: takes processes down and up again. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "force", OPT_FLAG, NULL,
	  "skip the calls, and kill what does not end; a node may lose data" },
	OPTS_END,
};

static int
exec_restart(struct cmd *c)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(put_json)
	json_t *args = json_pack("{s:O, s:b}", "names", names, "force",
				 opt_flag(&c->opts, "force"));

	if (procs_status(c, names, &st) ||
	    supctl_ensure(c->state_dir, &s, &c->ds) ||
	    procs_give_secrets(c, s) ||
	    procs_call(c, s, "restart", args, NULL) ||
	    procs_call(c, s, "wait_ready", args, NULL))
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
	.exec = exec_restart,
};
