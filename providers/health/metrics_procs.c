#include "providers/health/metrics.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* A number or boolean of a process' status, by JSON pointer; what is not there
 * has no sample. */
struct proc_field {
	const char *at, *name, *type, *help;
	bool milli;
};

static const struct proc_field fields[] = {
	{ "/ready", "opl2_process_ready", "gauge",
	  "Whether its ready probes held since it was started.", false },
	{ "/hold", "opl2_process_held", "gauge",
	  "Whether it was stopped by opl2 stop.", false },
	{ "/stale", "opl2_process_stale", "gauge",
	  "Whether a change waits for its restart.", false },
	{ "/restarts", "opl2_process_restarts_total", "counter",
	  "Starts after an end that nobody asked for.", false },
	{ "/since", "opl2_process_start_time_seconds", "gauge",
	  "When what runs was started, as Unix time.", false },
	{ "/last_exit/at", "opl2_process_last_exit_timestamp_seconds", "gauge",
	  "When it last ended, as Unix time.", false },
	{ "/rss_bytes", "opl2_process_resident_memory_bytes", "gauge",
	  "Its resident memory.", false },
	{ "/cpu_ms", "opl2_process_cpu_seconds_total", "counter",
	  "Processor time of what runs.", true },
	{ "/log_free_bytes", "opl2_process_log_disk_free_bytes", "gauge",
	  "Free bytes of the disk that its log is on.", false },
	{ "/pause/on", "opl2_process_paused", "gauge",
	  "Whether it runs and was told to do no work.", false },
	{ "/failover/at", "opl2_process_server_index", "gauge",
	  "Which of its servers it uses; 1 is the first.", false },
	{ "/failover/of", "opl2_process_servers", "gauge",
	  "How many servers it can use; 0 before it was started.", false },
	{ "/failover/turns", "opl2_process_failovers_total", "counter",
	  "How often its group went on with the next server.", false },
};

static void
put_field(struct prom *p, const json_t *procs, const struct proc_field *f)
{
	const json_t *v, *of;
	const char *name;
	size_t i;

	prom_family(p, f->name, f->type, f->help);
	json_array_foreach(procs, i, v)
	{
		name = jx_str(v, "name", "?");
		of = jx_at(v, f->at);
		if (json_is_boolean(of))
			prom_int(p, json_is_true(of), "process", name, NULL);
		else if (json_is_integer(of) && f->milli)
			prom_milli(p, json_integer_value(of), "process", name,
				   NULL);
		else if (json_is_integer(of))
			prom_int(p, json_integer_value(of), "process", name,
				 NULL);
	}
}

static bool
is_up(const json_t *proc)
{
	return jx_int(proc, "pid", 0) > 0;
}

static bool
is_wanted(const json_t *proc)
{
	return !strcmp(jx_str(proc, "desired", ""), "up");
}

static void
put_is(struct prom *p, const json_t *procs, bool (*is)(const json_t *proc))
{
	const json_t *v;
	size_t i;

	json_array_foreach(procs, i, v)
		prom_int(p, is(v), "process", jx_str(v, "name", "?"), NULL);
}

/* One series for each state, of which one is 1: a state that was left is 0 and
 * not merely old. */
static void
put_states(struct prom *p, const json_t *procs)
{
	static const char *const states[] = {
		"stopped", "waiting", "starting", "ready",       "stopping",
		"backoff", "failed",  "blocked",  "unsupervised"
	};
	const json_t *v;
	const char *is;
	size_t i, k;

	json_array_foreach(procs, i, v)
	{
		is = jx_str(v, "state", "");
		for (k = 0; k < COUNTOF(states); k++)
			prom_int(p, !strcmp(is, states[k]), "process",
				 jx_str(v, "name", "?"), "state", states[k],
				 NULL);
	}
}

static void
put_ends(struct prom *p, const json_t *procs)
{
	const json_t *v;
	const char *how;
	size_t i;

	json_array_foreach(procs, i, v)
	{
		how = jx_str(jx_get(v, "last_exit"), "text", NULL);
		if (how)
			prom_int(p, 1, "process", jx_str(v, "name", "?"), "how",
				 how, NULL);
	}
}

static void
put_pause_wanted(struct prom *p, const json_t *procs)
{
	const json_t *v, *z;
	const char *name;
	size_t i;

	json_array_foreach(procs, i, v)
	{
		z = jx_get(v, "pause");
		name = jx_str(v, "name", "?");
		if (!z)
			continue;
		prom_int(p, jx_bool(z, "asked", false), "process", name, "by",
			 "request", NULL);
		prom_int(p, jx_str(z, "outage", NULL) != NULL, "process", name,
			 "by", "outage", NULL);
	}
}

void
health_metrics_procs(struct prom *p, const json_t *status)
{
	const json_t *sup = jx_get(status, "supervisor");
	const json_t *procs = jx_get(status, "procs");

	prom_family(p, "opl2_supervisor_up", "gauge",
		    "Whether a supervisor answers.");
	prom_int(p, json_is_object(sup), NULL);
	prom_family(p, "opl2_supervisor_resident_memory_bytes", "gauge",
		    "Resident memory of supervisor and guard.");
	if (json_is_object(sup))
		prom_int(p, jx_int(sup, "rss_bytes", 0), NULL);
	prom_family(p, "opl2_process_up", "gauge", "Whether it runs.");
	put_is(p, procs, is_up);
	prom_family(p, "opl2_process_desired_up", "gauge",
		    "Whether it should run.");
	put_is(p, procs, is_wanted);
	prom_family(p, "opl2_process_state", "gauge",
		    "1 for the state that it is in.");
	put_states(p, procs);
	for (size_t k = 0; k < COUNTOF(fields); k++)
		put_field(p, procs, &fields[k]);
	prom_family(p, "opl2_process_last_exit_info", "gauge",
		    "How it last ended.");
	put_ends(p, procs);
	prom_family(p, "opl2_process_pause_wanted", "gauge",
		    "Whether it is to be paused, by request or by an outage.");
	put_pause_wanted(p, procs);
}
