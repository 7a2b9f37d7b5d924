/* Has a process's data made before its first start: prepare_main.c does it. */
#include "cmd/opl2-supervise/sup.h"

#include "cmd/opl2-supervise/loop/fetch.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

/* Its programs have no limit of their own. */
#define PREPARE_MS (24 * 3600 * 1000)

static void
prepared(void *arg, const struct fetch_reply *r)
{
	struct proc *p = arg;

	p->preparing = NULL;
	proc_waits(p, NULL);
	if (r->error) {
		machine_note_exit(p, p->def, r->error, PROCESS_UNKNOWN);
		machine_start_failed(p, !disk_full(p), "E1340",
				     "cannot be prepared: %s", r->error);
	} else {
		sup_log(p->sup, "%s: prepared", p->name);
	}
	sup_kick(p->sup);
}

static bool
all_made(const struct process_def *d)
{
	for (size_t i = 0; i < d->nprepare; i++)
		if (!file_exists(d->prepare[i].unless))
			return false;
	return true;
}

bool
prepare_turn(struct proc *p)
{
	CLEANUP(put_json) json_t *msg = NULL;

	if (p->preparing)
		return false;
	if (all_made(p->def))
		return true;
	sup_log(p->sup, "%s: to be prepared", p->name);
	proc_waits(p, "its data to be prepared");
	msg = json_pack("{s:s, s:O}", "name", p->name, "def", p->def->owner);
	p->preparing = fetch_helper(&p->sup->loop, "opl2-supervise",
				    "--prepare", msg, PREPARE_MS, prepared, p);
	return false;
}

void
prepare_off(struct proc *p)
{
	fetch_cancel(TAKE(p->preparing));
}
