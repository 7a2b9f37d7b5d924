/* opl2 status: what the chain's processes do, and how far the chain is. */
#include "cmd/opl2/chain/status.h"

#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/snapshot.h"
#include "cmd/opl2/view/text.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/run/host.h"
#include "providers/health/findings.h"
#include "providers/health/view.h"
#include "state/state.h"

#define WATCH_S  2
#define NODE_MAX 64

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "watch", OPT_FLAG, NULL, "refresh every two seconds" },
	{ "json", OPT_FLAG, NULL,
	  "print one JSON object; with -watch, one line per refresh" },
	OPTS_END,
};

/* As somebody wants it to be: what should run is ready, and at work. */
static bool
healthy(const struct process_status *p)
{
	if (health_log_disk_low(p) || p->pause.outage)
		return false;
	return p->ready || (!p->wanted && !process_runs(p));
}

bool
status_healthy(const struct runtime_status *st, const json_t *view)
{
	for (size_t i = 0; i < st->n; i++)
		if (!healthy(&st->procs[i]))
			return false;
	return json_array_size(jx_get(view, "problems")) == 0;
}

static void
print_ports(struct cmd *c, const struct process_status *p)
{
	for (size_t i = 0; i < p->nports; i++)
		fprintf(c->out, "%s%s %u", i ? ", " : "  ", p->ports[i].name,
			p->ports[i].port);
	fputc('\n', c->out);
}

/* What keeps it from its work, if it can be kept from it. */
static void
print_pause(struct cmd *c, const struct process_pause *z, int width)
{
	const char *is = z->on ? "paused" : "to be paused";

	if (z->asked)
		fprintf(c->out, "%*s  %s by 'opl2 batcher pause'\n", width, "",
			is);
	if (z->outage)
		fprintf(c->out, "%*s  %s until it answers: %s\n", width, "", is,
			z->outage);
	if (z->trouble)
		fprintf(c->out, "%*s  could not be signalled: %s\n", width, "",
			z->trouble);
}

static void
print_line(struct cmd *c, const struct process_status *p, int width, int node)
{
	char up[16] = "-", num[NODE_MAX] = "-", mem[24] = "-";

	if (p->pod)
		snprintf(num, sizeof(num), "%s", jx_str(p->pod, "node", "-"));
	if (process_runs(p)) {
		if (!p->pod)
			snprintf(num, sizeof(num), "%lld", (long long)p->pid);
		if (p->rss_bytes != PROCESS_UNKNOWN)
			snprintf(mem, sizeof(mem), "%lld MiB",
				 (long long)(p->rss_bytes >> 20));
	}
	if (p->uptime_ms != PROCESS_UNKNOWN)
		text_elapsed((uint64_t)p->uptime_ms, up, sizeof(up));
	fprintf(c->out, "%-*s  %-12s  %*s  %8s  %8lld  %9s", width, p->name,
		process_state_name(p->state), node, num, up,
		(long long)p->restarts, mem);
	print_ports(c, p);
}

/* What the cluster did to it. */
static void
print_pod(struct cmd *c, const struct process_status *p, int width)
{
	const char *why = jx_str(p->pod, "reason", NULL);
	int64_t restarts = jx_int(p->pod, "restarts", 0);

	if (restarts > 0)
		fprintf(c->out,
			"%*s  the cluster started its pod again: %lld\n", width,
			"", (long long)restarts);
	/* Else it is what the process waits for. */
	if (why && p->state != PROCESS_WAITING)
		fprintf(c->out, "%*s  its pod: %s\n", width, "", why);
	if (p->drift)
		fprintf(c->out, "%*s  changed in the cluster\n", width, "");
}

static void
print_one(struct cmd *c, const struct process_status *p, int width, int node)
{
	const struct process_failover *f = &p->failover;

	print_line(c, p, width, node);
	if (p->hold && !process_runs(p))
		fprintf(c->out, "%*s  held by 'opl2 stop'\n", width, "");
	if (p->reason)
		fprintf(c->out, "%*s  %s\n", width, "", p->reason);
	print_pod(c, p, width);
	if (p->waits_for)
		fprintf(c->out, "%*s  waits for %s\n", width, "", p->waits_for);
	print_pause(c, &p->pause, width);
	if (f->why)
		fprintf(c->out, "%*s  uses server %lld of %lld: %s\n", width,
			"", (long long)f->at, (long long)f->of, f->why);
	if (health_log_disk_low(p))
		fprintf(c->out, "%*s  the disk of its log is full\n", width,
			"");
	if (p->stale)
		fprintf(c->out, "%*s  a change takes effect at its restart\n",
			width, "");
}

static void
print_table(struct cmd *c, const struct runtime_status *st)
{
	int width = 4, node = 8, n;
	bool pods = false;
	size_t i;

	for (i = 0; i < st->n; i++) {
		n = text_width(st->procs[i].name);
		width = n > width ? n : width;
		n = text_width(jx_str(st->procs[i].pod, "node", ""));
		node = n > node ? n : node;
		pods |= st->procs[i].pod != NULL;
	}
	fprintf(c->out, "%-*s  %-12s  %*s  %8s  %8s  %9s  %s\n", width, "NAME",
		"STATE", node, pods ? "NODE" : "PID", "UPTIME", "RESTARTS",
		"MEMORY", "PORTS");
	for (i = 0; i < st->n; i++)
		print_one(c, &st->procs[i], width, node);
	fprintf(c->out, "\n%s\n", st->keeper_text);
}

static void
status_print_json(struct cmd *c, const struct runtime_status *st,
		  const json_t *view, bool good)
{
	CLEANUP(put_json) json_t *j = json_object();
	CLEANUP(freep) char *text = NULL;
	json_t *procs = json_array();

	for (size_t i = 0; i < st->n; i++)
		json_array_append_new(procs,
				      process_status_encode(&st->procs[i]));
	if (view)
		json_object_update(j, (json_t *)(uintptr_t)view);
	json_object_set_new(j, "healthy", json_boolean(good));
	json_object_set_new(j, "processes", procs);
	json_object_set_new(j, "supervisor",
			    st->keeper ? jx_share(st->keeper) : json_null());
	if (!opt_flag(&c->opts, "watch")) {
		text = jx_dump(j);
		fputs(text, c->out);
		return;
	}
	text = jx_dump_line(j);
	fprintf(c->out, "%s\n", text);
}

/* What is recorded of processes that nobody can look at from here. */
static int
show_elsewhere(struct cmd *c)
{
	CLEANUP(put_json) json_t *j = json_object();
	CLEANUP(freep) char *text = NULL;
	json_t *names = json_array();
	const struct state_entry **list;
	size_t n;

	list = state_list(c->state, &c->arena, &n);
	for (size_t i = 0; i < n; i++)
		if (host_has_kind(list[i]->kind))
			json_array_append_new(names,
					      json_string(list[i]->addr));
	json_object_set_new(j, "healthy", json_null());
	json_object_set_new(j, "elsewhere", jx_share(c->elsewhere));
	json_object_set_new(j, "processes", names);
	if (opt_flag(&c->opts, "json")) {
		text = opt_flag(&c->opts, "watch") ? jx_dump_line(j)
						   : jx_dump(j);
		fprintf(c->out, "%s%s", text,
			opt_flag(&c->opts, "watch") ? "\n" : "");
		return EXIT_FAILED;
	}
	fprintf(c->out,
		"The processes run on '%s' in '%s', seen there on %s. They "
		"are not looked at from here:\n",
		jx_str(c->elsewhere, "host", ""),
		jx_str(c->elsewhere, "dir", ""),
		jx_str(c->elsewhere, "seen", "an unknown day"));
	for (size_t i = 0; i < json_array_size(names); i++)
		fprintf(c->out, "  %s\n",
			json_string_value(json_array_get(names, i)));
	return EXIT_FAILED;
}

/* One look: an exit code, or -1. The processes named are all that is shown. */
static int
status_show_once(struct cmd *c)
{
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *seen = NULL;
	CLEANUP(put_json) json_t *view = NULL;
	bool good;

	if (c->elsewhere)
		return show_elsewhere(c);
	if (procs_status(c, names, &st))
		return -1;
	if (c->opts.nargs == 0)
		seen = snapshot_take(c, st);
	if (seen)
		view = health_view(seen);
	good = status_healthy(st, view);
	if (opt_flag(&c->opts, "watch") && c->color)
		fputs("\033[H\033[2J", c->out);
	if (opt_flag(&c->opts, "json")) {
		status_print_json(c, st, view, good);
	} else {
		print_table(c, st);
		if (view)
			status_print_chain(c, view);
	}
	return c->ds.nerrors ? -1 : good ? EXIT_OK : EXIT_FAILED;
}

static int
exec_status(struct cmd *c)
{
	int rc;

	if (c->opts.nargs == 0)
		snapshot_load_spec(c);
	rc = status_show_once(c);
	while (opt_flag(&c->opts, "watch") && rc >= 0) {
		if (fflush(c->out))
			return EXIT_FAILED;
		sleep(WATCH_S);
		rc = status_show_once(c);
	}
	return rc;
}

const struct cmd_entry cmd_status = {
	.name = "status",
	.args = "[NAME...]",
	.summary = "show the processes and the progress of the chain",
	.text = "Shows the processes, the heads and their age, the newest "
		"batch and output, the balances of the accounts that pay on "
		"the L1 and how long they last, the DA server and peers. "
		"Compares the output on the L1 with the one that the node "
		"computes. Spending is the difference between an account's "
		"balance 120 L1 blocks ago and now. With names, shows only "
		"these processes.\n"
		"\n"
		"Exits with status 0 if every process that should run is "
		"ready, stopped processes are down and no problem is listed; "
		"else with status 1. 'opl2 doctor' looks for causes.\n"
		"\n"
		"When another machine that shares the state has the "
		"processes, says which, and exits with status 1.",
	.opts = opts,
	.max_args = 1000,
	.needs = NEED_STATE,
	.exec = exec_status,
};
