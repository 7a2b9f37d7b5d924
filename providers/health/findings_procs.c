/* What the supervisor says of the processes, as findings. */
#include "providers/health/findings_impl.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

static void
find_process(struct job *j, const json_t *p)
{
	const char *name = jx_str(p, "name", "?");
	const char *state = jx_str(p, "state", "");
	const char *reason = jx_str(p, "reason", "it ended by itself");
	CLEANUP(freep)
	char *again =
		xasprintf("opl2 logs %s, then 'opl2 start %s'", name, name);

	if (!strcmp(jx_str(p, "code", ""), "E0905"))
		found(j, "E1128", name,
		      "end the other program, or shift all ports of this "
		      "chain with 'port_offset'",
		      "%s", reason);
	else if (!strcmp(state, "blocked"))
		found(j, "E1125", name,
		      "set the variable in the environment and run 'opl2 "
		      "start'",
		      "%s", reason);
	else if (!strcmp(state, "failed") || !strcmp(state, "backoff"))
		found(j, "E1124", name, again, "%s", reason);
}

/* Logs may be on a disk of their own. */
static void
find_full_log(struct job *j, const json_t *p)
{
	int64_t left = jx_int(p, "log_free_bytes", INT64_MAX);

	if (left < HEALTH_LOG_DISK_FREE)
		found(j, "E1127", "disk", "make room, then 'opl2 start'",
		      "%lld KiB are free where %s is", (long long)(left >> 10),
		      jx_str(p, "log", "the log"));
}

/* A finding by which nothing is wrong. */
static void
note(struct job *j, const char *code, const char *what, const char *cure,
     const char *why)
{
	json_t *f = finding(j, code, what, cure);

	/* Those of a group all say the same. */
	if (json_array_size(jx_get(f, "evidence")) == 0)
		found(j, code, what, cure, "%s", why);
	json_object_set_new(f, "note", json_true());
}

static void
note_failover(struct job *j, const json_t *p)
{
	const json_t *f = jx_get(p, "failover");

	if (jx_int(f, "at", 1) > 1)
		note(j, "W1155", jx_str(f, "group", "?"),
		     "see why the first one failed; the next failure leads "
		     "back to it, after the last of the list",
		     jx_str(f, "why", "the one before failed"));
}

/* What somebody wants is no fault; but it may have been forgotten. */
static void
note_pause(struct job *j, const json_t *p)
{
	const json_t *z = jx_get(p, "pause");

	if (jx_bool(z, "asked", false))
		note(j, "W1152", jx_str(p, "name", "?"), "opl2 batcher resume",
		     "the safe head does not grow");
}

void
find_processes(struct job *j)
{
	const json_t *p;
	bool wanted = false;
	size_t i;

	json_array_foreach(jx_get(j->in->procs, "procs"), i, p)
	{
		find_process(j, p);
		find_full_log(j, p);
		note_pause(j, p);
		note_failover(j, p);
		wanted = wanted || !strcmp(jx_str(p, "desired", ""), "up");
	}
	if (wanted && !jx_get(j->in->procs, "supervisor"))
		found(j, "E1126", "supervisor", "opl2 start",
		      "nothing answers at .opl2/run/supervise.sock");
	if (j->in->disk_free >= 0 && j->in->disk_free < HEALTH_DISK_FREE)
		found(j, "E1127", "disk", "make room, then 'opl2 start'",
		      "%lld MiB are free where .opl2 is",
		      (long long)(j->in->disk_free >> 20));
}
