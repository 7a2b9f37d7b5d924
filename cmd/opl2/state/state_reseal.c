/* opl2 state reseal: changes the key of a shared state. */
#include "cmd/opl2/cli/cmd.h"
#include "engine/base/clock.h"
#include "engine/io/jx.h"
#include "state/backend.h"

static const struct opt_def opts_reseal[] = {
	{ "lock-timeout", OPT_TIME, "TIME",
	  "wait so long for a run that holds the lease" },
	OPTS_END,
};

/* As the spec has it, not as the copy remembers. */
static struct state_backend *
open_shared(struct cmd *c)
{
	struct state_backend *b = cmd_spec_backend(c);

	if (b->ops->reseal)
		return b;
	backend_close(b);
	diag_err(&c->ds, "E0546", "a state in this folder is not encrypted");
	diag_hint(&c->ds, "'encryption' is for a 'backend' elsewhere");
	return NULL;
}

static int
exec_reseal(struct cmd *c)
{
	CLEANUP(backend_closep) struct state_backend *b = open_shared(c);
	CLEANUP(put_json) json_t *done = NULL;
	char now[32];
	const struct lease_claim claim = {
		.command = "state reseal",
		.since = now,
		.timeout_ms = opt_num(&c->opts, "lock-timeout", 0),
		.reseals = true,
	};

	utc_now(now, sizeof(now));
	if (!b || b->ops->prepare(b, &c->ds) < 0 ||
	    b->ops->acquire(b, &claim, &c->ds) < 0 ||
	    b->ops->reseal(b, &done, &c->ds) < 0)
		return -1;
	if (!done) {
		fputs("Nothing to do: the state has the key of the spec.\n",
		      c->out);
		return EXIT_OK;
	}
	fprintf(c->out,
		"The state has the key of the spec. Rewritten: %lld (%lld "
		"bytes). Removed: %lld.\n"
		"Remove 'old' from 'encryption'.\n",
		(long long)jx_int(done, "objects", 0),
		(long long)jx_int(done, "bytes", 0),
		(long long)jx_int(done, "removed", 0));
	return EXIT_OK;
}

const struct cmd_entry cmd_state_reseal = {
	.name = "state reseal",
	.args = "",
	.summary = "encrypt a shared state with the new key of 'encryption'",
	.text = "To change the key, write the new one in 'encryption' and the "
		"one before it below 'old'. Runs go on with the old key until "
		"this command rewrites everything with the new one. Then "
		"nothing needs the old key, and 'old' can go. If it is cut "
		"off, run it again: both keys are needed until it is done. "
		"'unencrypted: true' in the place of a key is a state that is "
		"not encrypted: below 'old' to encrypt one, above it to get "
		"back. What a bucket keeps of earlier versions still has the "
		"old key.",
	.opts = opts_reseal,
	.needs = NEED_SPEC | NEED_LENIENT,
	.exec = exec_reseal,
};
