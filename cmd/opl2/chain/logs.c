/* opl2 logs: the last lines of a process's log, and what follows. */
#include "cmd/opl2/chain/procs.h"

#include <poll.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"

#define STEP       65536
#define POLL_MS    200
#define LINES_SHOW 50

static const struct opt_def opts[] = {
	{ "f", OPT_FLAG, NULL,
	  "follow the log: print new lines as they are written" },
	{ "n", OPT_COUNT, "N", "number of last lines to print, 50 by default" },
	OPTS_END,
};

struct tail {
	const char *name;
	int64_t at;
};

struct tails {
	struct cmd *c;
	struct runtime_chain *rc;
	struct tail *v;
	size_t n, said; /* whose lines came last */
};

/* Prints what is there since. */
static int
print_new(struct tails *t, size_t i)
{
	struct runtime_chain *rc = t->rc;
	CLEANUP(freep) char *step = xmalloc(STEP);
	FILE *out = t->c->out;
	ssize_t n;

	while ((n = rc->rt->log_read(rc, t->v[i].name, &t->v[i].at, step,
				     STEP)) > 0) {
		if (t->n > 1 && t->said != i)
			fprintf(out, "==> %s <==\n", t->v[i].name);
		t->said = i;
		if (fwrite(step, 1, (size_t)n, out) != (size_t)n)
			return -1;
	}
	return fflush(out) ? -1 : 0;
}

static int
show(struct tails *t)
{
	t->said = t->n;
	for (;;) {
		for (size_t i = 0; i < t->n; i++)
			if (print_new(t, i))
				return EXIT_OK; /* main() judges it */
		if (!opt_flag(&t->c->opts, "f"))
			return EXIT_OK;
		poll(NULL, 0, POLL_MS);
	}
}

/* Among all of them, one that never ran is no mistake. */
static int
logs_begin(struct tails *t, const struct runtime_status *st)
{
	struct cmd *c = t->c;
	uint64_t lines = opt_num(&c->opts, "n", LINES_SHOW);
	int rc = 0;

	for (size_t i = 0; i < st->n; i++) {
		CLEANUP(diags_done) struct diags said;
		struct tail *one = &t->v[t->n];

		diags_init(&said);
		one->name = st->procs[i].name;
		if (t->rc->rt->log_seek(t->rc, one->name, lines, 0, &one->at,
					&said) == 0) {
			t->n++;
		} else if (c->opts.nargs > 0) {
			diags_append(&c->ds, &said);
			rc = -1;
		}
	}
	return rc;
}

static int
exec_logs(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *chain = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(freep) struct tail *v = NULL;
	struct tails t = { .c = c };

	if (procs_status(c, names, &st) ||
	    runtime_open(c->state_dir, &chain, &c->ds))
		return -1;
	v = xcalloc(st->n, sizeof(*v));
	t.rc = chain;
	t.v = v;
	return logs_begin(&t, st) ? -1 : show(&t);
}

const struct cmd_entry cmd_logs = {
	.name = "logs",
	.args = "[NAME...]",
	.summary = "print the end of processes' logs",
	.text = "Prints the logs of the named processes, or of all. The files "
		"are in .opl2/logs; older parts end in .1, .2 and so on.",
	.opts = opts,
	.max_args = 1000,
	.exec = exec_logs,
};
