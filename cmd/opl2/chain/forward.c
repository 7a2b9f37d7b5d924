/* opl2 forward: keeps the ports of processes within reach of this machine. */
#include "cmd/opl2/chain/procs.h"

#include <poll.h>
#include <signal.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define LOOK_MS 1000

static const struct opt_def opts[] = {
	{ "json", OPT_FLAG, NULL, "print one JSON object per port" },
	OPTS_END,
};

/* A port that a person uses. */
struct wish {
	const char *process, *port;
	bool reached, said; /* said: why it is not reached */
};

static size_t
wishes_of(const struct runtime_status *st, bool http_alone, struct wish *v)
{
	size_t n = 0;

	for (size_t i = 0; i < st->n; i++) {
		const struct process_status *p = &st->procs[i];

		for (size_t k = 0; k < p->nports; k++) {
			const char *port = p->ports[k].name;

			if (!strcmp(port, "p2p") ||
			    (http_alone && !strcmp(port, "ws")))
				continue;
			if (v)
				v[n] = (struct wish){ .process = p->name,
						      .port = port };
			n++;
		}
	}
	return n;
}

static void
print_reached(struct cmd *c, const struct wish *w, const char *at)
{
	const char *scheme = strcmp(w->port, "ws") ? "http" : "ws";
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;

	if (!opt_flag(&c->opts, "json")) {
		fprintf(c->out, "%s %s  %s://%s\n", w->process, w->port, scheme,
			at);
		return;
	}
	j = json_pack("{s:s, s:s, s:o}", "process", w->process, "port", w->port,
		      "url", jx_strf("%s://%s", scheme, at));
	text = jx_dump_line(j);
	fprintf(c->out, "%s\n", text);
}

/* How many are not reached yet; another program that has a port is named
 * once. */
static size_t
look(struct cmd *c, struct runtime_chain *rc, struct wish *v, size_t n)
{
	size_t missing = 0;

	for (size_t i = 0; i < n; i++) {
		CLEANUP(diags_done) struct diags why;
		CLEANUP(freep) char *at = NULL;

		if (v[i].reached)
			continue;
		diags_init(&why);
		at = rc->rt->reach(rc, v[i].process, v[i].port, &why);
		v[i].reached = at;
		missing += !at;
		if (at)
			print_reached(c, &v[i], at);
		else if (!v[i].said && why.first)
			fprintf(stderr, "%s %s: %s\n", v[i].process, v[i].port,
				why.first->summary);
		v[i].said = true;
	}
	return missing;
}

static volatile sig_atomic_t interrupted;

static void
on_signal(int sig UNUSED)
{
	interrupted = 1;
}

/* Until Ctrl-C, which is how this ends. */
static int
keep_up(struct cmd *c, struct runtime_chain *rc, struct wish *v, size_t n)
{
	const struct sigaction sa = { .sa_handler = on_signal };
	size_t missing;

	/* Whoever reads the first port may end it at once. */
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (rc->rt->reachable(rc, &c->ds))
		return -1;
	missing = look(c, rc, v, n);
	if (missing == n)
		return diag_err(&c->ds, "E0905", "no port can be forwarded");
	while (!interrupted && fflush(c->out) == 0) {
		poll(NULL, 0, LOOK_MS);
		if (interrupted)
			break;
		if (rc->rt->reachable(rc, &c->ds))
			return -1;
		if (missing)
			missing = look(c, rc, v, n);
	}
	return EXIT_OK;
}

static int
exec_forward(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(freep) struct wish *v = NULL;
	bool elsewhere;
	size_t n;

	if (procs_status(c, names, &st) ||
	    runtime_open(c->state_dir, &rc, &c->ds))
		return -1;
	elsewhere = rc->rt->reachable;
	n = wishes_of(st, elsewhere, NULL);
	v = xcalloc(n + 1, sizeof(*v));
	wishes_of(st, elsewhere, v);
	if (n == 0) {
		diag_err(&c->ds, "E0911",
			 "these processes have no port to forward");
		return -1;
	}
	if (elsewhere)
		return keep_up(c, rc, v, n);
	look(c, rc, v, n);
	if (!opt_flag(&c->opts, "json"))
		fputs("The processes run on this machine: nothing has to be "
		      "forwarded.\n",
		      c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_forward = {
	.name = "forward",
	.args = "[NAME...]",
	.summary = "make processes in a cluster reachable at 127.0.0.1",
	.text = "Keeps the ports of the named processes, or of all, reachable "
		"at 127.0.0.1 of this machine under their own numbers, until "
		"Ctrl-C. Requests pass through the API server of the cluster, "
		"which finds the pod anew for each: a forward outlasts the "
		"restart of a pod. Only HTTP is passed on, no WebSocket and "
		"no p2p.\n"
		"\n"
		"A port that another program of this machine uses is named on "
		"stderr and forwarded once it is free. With processes on this "
		"machine, prints their ports and ends.",
	.opts = opts,
	.max_args = 1000,
	.needs = NEED_HERE,
	.exec = exec_forward,
};
