/* opl2 batcher pause, batcher resume: suspends the posting of batches. */
#include "cmd/opl2/chain/procs.h"

#include "engine/io/jx.h"

#define WAIT_MS 180000 /* stopping waits for receipts on the L1 */

/* Those that were named, or all that can be paused. New reference; NULL with a
 * diagnostic. */
static json_t *
whom(struct cmd *c)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);

	if (procs_status(c, names, &st))
		return NULL;
	if (json_array_size(names) > 0)
		return TAKE(names);
	for (size_t i = 0; i < st->n; i++)
		if (st->procs[i].pause.can)
			json_array_append_new(names,
					      json_string(st->procs[i].name));
	if (json_array_size(names) > 0)
		return TAKE(names);
	diag_err(&c->ds, "E0936", "no process of this chain can be paused");
	diag_hint(&c->ds, "add 'pause' to the batcher in the spec, then run "
			  "'opl2 apply'");
	return NULL;
}

/* What still keeps it from working, after a resume. */
static void
say_outages(struct cmd *c, const json_t *names)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;

	if (procs_status(c, names, &st))
		return;
	for (size_t i = 0; i < st->n; i++)
		if (st->procs[i].pause.outage)
			fprintf(c->out, "%s stays paused: %s\n",
				st->procs[i].name, st->procs[i].pause.outage);
}

static int
batcher_set(struct cmd *c, bool on)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(put_json) json_t *names = whom(c);
	const json_t *v;
	size_t i;

	if (!names || runtime_open(c->state_dir, &rc, &c->ds) ||
	    procs_give_secrets(c, rc) ||
	    rc->rt->pause(rc, names, on, WAIT_MS, &procs_printing, &c->ds))
		return -1;
	json_array_foreach(names, i, v)
		fprintf(c->out, "%s: %s\n", json_string_value(v),
			on ? "paused" : "resumed");
	if (!on)
		say_outages(c, names);
	return EXIT_OK;
}

static int
exec_pause(struct cmd *c)
{
	return batcher_set(c, true);
}

static int
exec_resume(struct cmd *c)
{
	return batcher_set(c, false);
}

const struct cmd_entry cmd_batcher_pause = {
	.name = "batcher pause",
	.args = "[NAME...]",
	.summary = "pause the batcher: it runs but posts nothing",
	.text = "Tells the batcher, or the named processes, to stop working, "
		"and waits until transactions in flight are mined. 'opl2 "
		"status' shows the pause. It outlasts restarts of the batcher "
		"and of the supervisor, until 'opl2 batcher resume'.\n"
		"\n"
		"The safe head does not advance while the batcher is paused. "
		"Batches that are not on the L1 within the sequencing window "
		"are lost.",
	.opts = opts_none,
	.max_args = 1000,
	.needs = NEED_HERE,
	.exec = exec_pause,
};

const struct cmd_entry cmd_batcher_resume = {
	.name = "batcher resume",
	.args = "[NAME...]",
	.summary = "end the pause of the batcher",
	.text = "The batcher continues from the safe head. If something it "
		"needs, such as a DA server, does not answer, it stays paused "
		"and the command reports this.",
	.opts = opts_none,
	.max_args = 1000,
	.needs = NEED_HERE,
	.exec = exec_resume,
};
