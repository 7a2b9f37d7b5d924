/* opl2 status: what the chain's processes do, and how far the chain is. */
#include "cmd/opl2/chain/status.h"

#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/watch.h"
#include "cmd/opl2/view/text.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/health/findings.h"
#include "providers/health/view.h"

#define WATCH_S 2

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "watch", OPT_FLAG, NULL, "show it again every two seconds" },
	{ "json", OPT_FLAG, NULL,
	  "print one JSON object; a line each time with "
	  "-watch" },
	OPTS_END,
};

static bool
disk_low(const json_t *p)
{
	return jx_int(p, "log_free_bytes", INT64_MAX) < HEALTH_LOG_DISK_FREE;
}

/* As somebody wants it to be: what should run is ready, and at work. */
static bool
healthy(const json_t *p)
{
	if (disk_low(p) || jx_str(jx_get(p, "pause"), "outage", NULL))
		return false;
	return jx_bool(p, "ready", false) ||
	       (!strcmp(jx_str(p, "desired", ""), "down") &&
		jx_int(p, "pid", 0) == 0);
}

bool
status_healthy(const json_t *st, const json_t *view)
{
	const json_t *p;
	size_t i;

	json_array_foreach(jx_get(st, "procs"), i,
			   p) if (!healthy(p)) return false;
	return json_array_size(jx_get(view, "problems")) == 0;
}

static void
print_ports(struct cmd *c, const json_t *p)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(p, "ports"), i, v) fprintf(
		c->out, "%s%s %lld", i ? ", " : "  ", jx_str(v, "name", "?"),
		(long long)jx_int(v, "port", 0));
	fputc('\n', c->out);
}

/* What keeps it from its work, if it can be kept from it. */
static void
print_pause(struct cmd *c, const json_t *p, int width)
{
	const json_t *z = jx_get(p, "pause");
	const char *outage = jx_str(z, "outage", NULL);
	const char *trouble = jx_str(z, "trouble", NULL);
	const char *is = jx_bool(z, "on", false) ? "paused" : "to be paused";

	if (jx_bool(z, "asked", false))
		fprintf(c->out, "%*s  %s by 'opl2 batcher pause'\n", width, "",
			is);
	if (outage)
		fprintf(c->out, "%*s  %s until it answers: %s\n", width, "", is,
			outage);
	if (trouble)
		fprintf(c->out, "%*s  could not be told: %s\n", width, "",
			trouble);
}

static void
print_failover(struct cmd *c, const json_t *p, int width)
{
	const json_t *f = jx_get(p, "failover");
	const char *why = jx_str(f, "why", NULL);

	if (why)
		fprintf(c->out, "%*s  uses server %lld of %lld: %s\n", width,
			"", (long long)jx_int(f, "at", 1),
			(long long)jx_int(f, "of", 1), why);
}

static void
print_one(struct cmd *c, const json_t *p, int width)
{
	int64_t pid = jx_int(p, "pid", 0);
	const char *why = jx_str(p, "reason", NULL);
	const char *waits = jx_str(p, "waits_for", NULL);
	char up[16] = "-", num[24] = "-", mem[24] = "-";

	if (pid > 0) {
		snprintf(num, sizeof(num), "%lld", (long long)pid);
		snprintf(mem, sizeof(mem), "%lld MiB",
			 (long long)(jx_int(p, "rss_bytes", 0) >> 20));
	}
	if (jx_get(p, "uptime_ms"))
		text_elapsed((uint64_t)jx_int(p, "uptime_ms", 0), up,
			     sizeof(up));
	fprintf(c->out, "%-*s  %-12s  %8s  %8s  %8lld  %9s", width,
		jx_str(p, "name", "?"), jx_str(p, "state", "?"), num, up,
		(long long)jx_int(p, "restarts", 0), mem);
	print_ports(c, p);
	if (jx_bool(p, "hold", false) && pid == 0)
		fprintf(c->out, "%*s  held by 'opl2 stop'\n", width, "");
	if (why)
		fprintf(c->out, "%*s  %s\n", width, "", why);
	if (waits)
		fprintf(c->out, "%*s  waits for %s\n", width, "", waits);
	print_pause(c, p, width);
	print_failover(c, p, width);
	if (disk_low(p))
		fprintf(c->out, "%*s  the disk of its log is full\n", width,
			"");
	if (jx_bool(p, "stale", false))
		fprintf(c->out, "%*s  a change waits for its restart\n", width,
			"");
}

static void
print_table(struct cmd *c, const json_t *st)
{
	const json_t *list = jx_get(st, "procs"), *p;
	const json_t *sup = jx_get(st, "supervisor");
	int width = 4, n;
	size_t i;

	json_array_foreach(list, i, p)
	{
		n = text_width(jx_str(p, "name", "?"));
		width = n > width ? n : width;
	}
	fprintf(c->out, "%-*s  %-12s  %8s  %8s  %8s  %9s  %s\n", width, "NAME",
		"STATE", "PID", "UPTIME", "RESTARTS", "MEMORY", "PORTS");
	json_array_foreach(list, i, p) print_one(c, p, width);
	if (sup)
		fprintf(c->out,
			"\nsupervisor: pid %lld, guard %lld, %lld "
			"KiB\n",
			(long long)jx_int(sup, "pid", 0),
			(long long)jx_int(sup, "guard_pid", 0),
			(long long)(jx_int(sup, "rss_bytes", 0) >> 10));
	else
		fputs("\nsupervisor: does not run; 'opl2 start' starts it\n",
		      c->out);
}

static void
print_json(struct cmd *c, const json_t *st, const json_t *view, bool good)
{
	CLEANUP(put_json) json_t *j = json_object();
	CLEANUP(freep) char *text = NULL;
	const json_t *sup = jx_get(st, "supervisor");

	if (view)
		json_object_update(j, (json_t *)(uintptr_t)view);
	json_object_set_new(j, "healthy", json_boolean(good));
	json_object_set_new(j, "processes", jx_share(jx_get(st, "procs")));
	json_object_set_new(j, "supervisor", sup ? jx_share(sup) : json_null());
	if (!opt_flag(&c->opts, "watch")) {
		text = jx_dump(j);
		fputs(text, c->out);
		return;
	}
	text = jx_dump_line(j);
	fprintf(c->out, "%s\n", text);
}

/* One look: an exit code, or -1. The processes named are all that is shown. */
static int
look(struct cmd *c)
{
	CLEANUP(put_json) json_t *names = procs_names(c);
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(put_json) json_t *seen = NULL;
	CLEANUP(put_json) json_t *view = NULL;
	bool good;

	if (procs_status(c, names, &st))
		return -1;
	if (c->opts.nargs == 0)
		seen = watch_look(c, st);
	if (seen)
		view = health_view(seen);
	good = status_healthy(st, view);
	if (opt_flag(&c->opts, "watch") && c->color)
		fputs("\033[H\033[2J", c->out);
	if (opt_flag(&c->opts, "json")) {
		print_json(c, st, view, good);
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
		watch_load_spec(c);
	rc = look(c);
	while (opt_flag(&c->opts, "watch") && rc >= 0) {
		if (fflush(c->out))
			return EXIT_FAILED;
		sleep(WATCH_S);
		rc = look(c);
	}
	return rc;
}

const struct cmd_entry cmd_status = {
	.name = "status",
	.args = "[NAME...]",
	.summary = "show what runs, and how far the chain is",
	.text = "Processes, and of the chain: the heads with their age, the "
		"newest batch and output, what the accounts that pay on the L1 "
		"own and how long it lasts, DA server and peers. The output on "
		"the L1 is compared with what the node computes. What an "
		"account spends is what it owned 120 L1 blocks ago less what "
		"it owns now. With names only these processes are shown.\n"
		"\n"
		"Ends with 0 when every process that should run is ready, what "
		"was stopped is down and nothing is listed as a problem; else "
		"with 1. 'opl2 doctor' looks for causes.",
	.opts = opts,
	.max_args = 1000,
	.needs = NEED_STATE,
	.exec = exec_status,
};
