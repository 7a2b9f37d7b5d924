#include "providers/health/metrics.h"

#include <string.h>
#include "engine/base/mem.h"

/* Numbers of a process' status; what is not known has no sample. */
enum field {
	F_READY,
	F_HELD,
	F_STALE,
	F_RESTARTS,
	F_SINCE,
	F_LAST_EXIT,
	F_RSS,
	F_CPU,
	F_LOG_FREE,
	F_VOLUME,
	F_VOLUME_FREE,
	F_PAUSED,
	F_SERVER,
	F_SERVERS,
	F_FAILOVERS
};

static const struct {
	const char *name, *type, *help;
} fields[] = {
	[F_READY] = { "opl2_process_ready", "gauge",
		      "Whether its ready probes held since it was started." },
	[F_HELD] = { "opl2_process_held", "gauge",
		     "Whether it was stopped by opl2 stop." },
	[F_STALE] = { "opl2_process_stale", "gauge",
		      "Whether a change waits for its restart." },
	[F_RESTARTS] = { "opl2_process_restarts_total", "counter",
			 "Restarts after an unexpected exit." },
	[F_SINCE] = { "opl2_process_start_time_seconds", "gauge",
		      "Start time of the running process, as Unix time." },
	[F_LAST_EXIT] = { "opl2_process_last_exit_timestamp_seconds", "gauge",
			  "Time of the last exit, as Unix time." },
	[F_RSS] = { "opl2_process_resident_memory_bytes", "gauge",
		    "Its resident memory." },
	[F_CPU] = { "opl2_process_cpu_seconds_total", "counter",
		    "CPU time of the running process." },
	[F_LOG_FREE] = { "opl2_process_log_disk_free_bytes", "gauge",
			 "Free bytes on the disk of its log." },
	[F_VOLUME] = { "opl2_process_volume_size_bytes", "gauge",
		       "Size of the volume that its database is on." },
	[F_VOLUME_FREE] = { "opl2_process_volume_free_bytes", "gauge",
			    "Free bytes on that volume." },
	[F_PAUSED] = { "opl2_process_paused", "gauge",
		       "Whether it is running but paused." },
	[F_SERVER] = { "opl2_process_server_index", "gauge",
		       "Which of its servers it uses; 1 is the first." },
	[F_SERVERS] = { "opl2_process_servers", "gauge",
			"Number of servers it can use; 0 before it was "
			"started." },
	[F_FAILOVERS] = { "opl2_process_failovers_total", "counter",
			  "How often its group switched to the next server." },
};

static int64_t
value_of(const struct process_status *p, enum field f)
{
	const struct process_failover *o = &p->failover;

	switch (f) {
	case F_READY:
		return p->ready;
	case F_HELD:
		return p->hold;
	case F_STALE:
		return p->stale;
	case F_RESTARTS:
		return p->restarts;
	case F_SINCE:
		return p->since;
	case F_LAST_EXIT:
		return p->last_exit.at;
	case F_RSS:
		return p->rss_bytes;
	case F_CPU:
		return p->cpu_ms;
	case F_LOG_FREE:
		return p->log_free_bytes;
	case F_VOLUME:
		return p->volume_bytes;
	case F_VOLUME_FREE:
		return p->volume_free_bytes;
	case F_PAUSED:
		return p->pause.can ? p->pause.on : PROCESS_UNKNOWN;
	case F_SERVER:
		return o->group ? o->at : PROCESS_UNKNOWN;
	case F_SERVERS:
		return o->group ? o->of : PROCESS_UNKNOWN;
	case F_FAILOVERS:
		return o->group ? o->turns : PROCESS_UNKNOWN;
	}
	return PROCESS_UNKNOWN;
}

static void
put_field(struct prom *p, const struct runtime_status *st, enum field f)
{
	prom_family(p, fields[f].name, fields[f].type, fields[f].help);
	for (size_t i = 0; i < st->n; i++) {
		const char *name = st->procs[i].name;
		int64_t v = value_of(&st->procs[i], f);

		if (v == PROCESS_UNKNOWN)
			continue;
		if (f == F_CPU)
			prom_milli(p, v, "process", name, NULL);
		else
			prom_int(p, v, "process", name, NULL);
	}
}

/* One series for each state, of which one is 1: a state that was left is 0 and
 * not merely old. */
static void
put_states(struct prom *p, const struct runtime_status *st)
{
	for (size_t i = 0; i < st->n; i++)
		for (int k = 0; k < PROCESS_STATES; k++)
			prom_int(p, (int)st->procs[i].state == k, "process",
				 st->procs[i].name, "state",
				 process_state_name((enum process_state)k),
				 NULL);
}

static void
put_ends(struct prom *p, const struct runtime_status *st)
{
	for (size_t i = 0; i < st->n; i++)
		if (st->procs[i].last_exit.text)
			prom_int(p, 1, "process", st->procs[i].name, "how",
				 st->procs[i].last_exit.text, NULL);
}

static void
put_pause_wanted(struct prom *p, const struct runtime_status *st)
{
	for (size_t i = 0; i < st->n; i++) {
		const struct process_pause *z = &st->procs[i].pause;
		const char *name = st->procs[i].name;

		if (!z->can)
			continue;
		prom_int(p, z->asked, "process", name, "by", "request", NULL);
		prom_int(p, z->outage != NULL, "process", name, "by", "outage",
			 NULL);
	}
}

static void
put_up(struct prom *p, const struct runtime_status *st)
{
	prom_family(p, "opl2_process_up", "gauge", "Whether it runs.");
	for (size_t i = 0; i < st->n; i++)
		prom_int(p, process_runs(&st->procs[i]), "process",
			 st->procs[i].name, NULL);
	prom_family(p, "opl2_process_desired_up", "gauge",
		    "Whether it should run.");
	for (size_t i = 0; i < st->n; i++)
		prom_int(p, st->procs[i].wanted, "process", st->procs[i].name,
			 NULL);
}

void
health_metrics_procs(struct prom *p, const struct runtime_status *st)
{
	prom_family(p, "opl2_supervisor_up", "gauge",
		    "Whether a supervisor answers.");
	prom_int(p, st->attended, NULL);
	prom_family(p, "opl2_supervisor_resident_memory_bytes", "gauge",
		    "Resident memory of supervisor and watchdog.");
	if (st->attended)
		prom_int(p, st->keeper_rss_bytes, NULL);
	put_up(p, st);
	prom_family(p, "opl2_process_state", "gauge",
		    "1 for the state that it is in.");
	put_states(p, st);
	for (size_t k = 0; k < COUNTOF(fields); k++)
		put_field(p, st, (enum field)k);
	prom_family(p, "opl2_process_last_exit_info", "gauge",
		    "How it last ended.");
	put_ends(p, st);
	prom_family(p, "opl2_process_pause_wanted", "gauge",
		    "Whether it should be paused, by request or because of an "
		    "outage.");
	put_pause_wanted(p, st);
}
