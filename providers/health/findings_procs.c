/* What the runtime says of the processes, as findings. */
#include "providers/health/findings_impl.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

static void
find_process(struct job *j, const struct process_status *p)
{
	const char *reason = p->reason ? p->reason : "it ended by itself";
	CLEANUP(freep)
	char *again = xasprintf("opl2 logs %s, then 'opl2 start %s'", p->name,
				p->name);

	if (p->code && !strcmp(p->code, "E0905"))
		found(j, "E1128", p->name,
		      "stop the other program, or shift all ports of this "
		      "chain with 'port_offset'",
		      "%s", reason);
	else if (p->state == PROCESS_BLOCKED)
		found(j, "E1125", p->name,
		      "set the variable in the environment and run 'opl2 "
		      "start'",
		      "%s", reason);
	else if (p->state == PROCESS_FAILED || p->state == PROCESS_BACKOFF)
		found(j, "E1124", p->name, again, "%s", reason);
}

/* Logs may be on a disk of their own. */
static void
find_full_log(struct job *j, const struct process_status *p)
{
	if (health_log_disk_low(p))
		found(j, "E1127", "disk", "free some space, then 'opl2 start'",
		      "%lld KiB are free on the disk of %s",
		      (long long)(p->log_free_bytes >> 10),
		      p->log ? p->log : "the log");
}

/* A finding by which nothing is wrong. */
static void
findings_procs_note(struct job *j, const char *code, const char *what,
		    const char *cure, const char *why)
{
	json_t *f = finding(j, code, what, cure);

	/* Those of a group all say the same. */
	if (json_array_size(jx_get(f, "evidence")) == 0)
		found(j, code, what, cure, "%s", why);
	json_object_set_new(f, "note", json_true());
}

static void
note_failover(struct job *j, const struct process_failover *f)
{
	if (f->group && f->at > 1)
		findings_procs_note(
			j, "W1155", f->group,
			"find out why the first one failed; after the last "
			"server the first one is used again",
			f->why ? f->why : "the previous server failed");
}

void
find_processes(struct job *j)
{
	const struct runtime_status *st = j->in->procs;
	bool wanted = false;

	for (size_t i = 0; st && i < st->n; i++) {
		const struct process_status *p = &st->procs[i];

		find_process(j, p);
		find_full_log(j, p);
		find_pod(j, p);
		/* What somebody wants is no fault; but it may have been
		 * forgotten. */
		if (p->pause.asked)
			findings_procs_note(j, "W1152", p->name,
					    "opl2 batcher resume",
					    "the safe head does not advance");
		note_failover(j, &p->failover);
		wanted = wanted || p->wanted;
	}
	find_shared_nodes(j);
	if (wanted && !st->attended)
		found(j, "E1126", "supervisor", "opl2 start",
		      "no supervisor answers");
	if (j->in->disk_free >= 0 && j->in->disk_free < HEALTH_DISK_FREE)
		found(j, "E1127", "disk", "free some space, then 'opl2 start'",
		      "%lld MiB are free on the disk of .opl2",
		      (long long)(j->in->disk_free >> 20));
}
