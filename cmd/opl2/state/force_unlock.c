/* opl2 force-unlock: ends the lease of a run that does not live any more. */
#include "cmd/opl2/cli/cmd.h"
#include "state/backend.h"

static const struct opt_def opts_unlock[] = {
	{ "auto-approve", OPT_FLAG, NULL, "do not ask" },
	OPTS_END,
};

static int
exec_unlock(struct cmd *c)
{
	const char *id = c->opts.args[0];
	CLEANUP(backend_closep)
	struct state_backend *b = cmd_backend(c);

	if (!b)
		return -1;
	if (!b->ops->unlock) {
		diag_err(&c->ds, "E0516",
			 "the lock of a state in this folder cannot be ended");
		diag_hint(&c->ds, "it ends with the process that holds it: "
				  "'opl2 apply' says which that is");
		return -1;
	}
	if (!opt_flag(&c->opts, "auto-approve") &&
	    cmd_confirm(c,
			"If the run that holds this lease is alive, what it "
			"does next fails, and what it has just sent may still "
			"be on its way. End the lease only when its process "
			"is gone.",
			"yes"))
		return -1;
	if (b->ops->unlock(b, id, &c->ds) < 0)
		return -1;
	fprintf(c->out, "The lease %s has ended.\n", id);
	return EXIT_OK;
}

const struct cmd_entry cmd_force_unlock = {
	.name = "force-unlock",
	.args = "ID",
	.summary = "end the lease of a run that is gone, in a shared state",
	.text = "A run that cannot get the lease of a shared state says who "
		"holds it, and its ID. A lease ends with its run, or a minute "
		"after the last sign of life, so this is rarely needed. From "
		"then on the old run, should it be alive, writes nothing more.",
	.opts = opts_unlock,
	.min_args = 1,
	.max_args = 1,
	.exec = exec_unlock,
};
