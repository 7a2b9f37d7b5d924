/*
 * The table of processes, and its records: one file per process, replaced
 * whole, without secrets. '/' in a name is '+' in the file's.
 */
#include "cmd/opl2-supervise/pod.h"
#include "cmd/opl2-supervise/sup.h"

#include <dirent.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"
#include "providers/runtime/local/records.h"
#include "providers/runtime/wire/supctl.h"

#define RECORD_VERSION 1

struct proc *
proc_find(const struct sup *s, const char *name)
{
	struct proc *p;

	for (p = s->procs; p && strcmp(p->name, name); p = p->next)
		;
	return p;
}

bool
proc_stale(const struct proc *p)
{
	return p->pid > 0 &&
	       (p->new_secrets || !process_def_same_start(p->run_def, p->def));
}

struct proc *
proc_define(struct sup *s, const char *name, const struct process_def *def)
{
	struct proc *p = proc_find(s, name), **at;

	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->sup = s;
		p->name = xstrdup(name);
		p->pidfd = p->execfd = -1;
		for (at = &s->procs; *at && strcmp((*at)->name, name) < 0;
		     at = &(*at)->next)
			;
		p->next = *at;
		*at = p;
	}
	process_def_put(p->def);
	p->def = process_def_share(def);
	jx_digest(def->owner, p->digest);
	/* Stop steps, limits and the like hold from now on. */
	if (p->run_def && process_def_same_start(p->run_def, def)) {
		process_def_put(p->run_def);
		p->run_def = process_def_share(def);
	}
	p->removed = false;
	return p;
}

bool
procs_run(const struct sup *s)
{
	for (const struct proc *p = s->procs; p; p = p->next)
		if (p->pid > 0)
			return true;
	return false;
}

void
proc_unlink(struct sup *s, struct proc *p)
{
	struct proc **at;

	for (at = &s->procs; *at != p; at = &(*at)->next)
		;
	*at = p->next;
}

void
proc_free(struct proc *p)
{
	timer_off(&p->sup->loop, &p->timer);
	timer_off(&p->sup->loop, &p->settle);
	gate_off(&p->gate);
	prepare_off(p);
	unlock_off(&p->unlock);
	stop_end(p);
	pause_rest(p);
	child_forget(p);
	process_def_put(p->def);
	process_def_put(p->run_def);
	json_decref(p->last_exit);
	free(p->name);
	free(p->reason);
	free(p->waits_for);
	free(p);
}

void
proc_set_reason(struct proc *p, const char *code, const char *fmt, ...)
{
	va_list ap;
	char text[1024];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(p->reason);
	p->reason = xstrdup(text);
	p->code = code;
}

void
proc_clear_reason(struct proc *p)
{
	free(TAKE(p->reason));
	p->code = NULL;
}

void
proc_waits(struct proc *p, const char *text)
{
	free(p->waits_for);
	p->waits_for = text ? xstrdup(text) : NULL;
}

/* ---- records ---- */

static json_t *
run_record(const struct proc *p)
{
	json_t *run =
		json_pack("{s:s, s:I, s:s, s:I, s:b, s:b, s:b, s:I}", "boot_id",
			  p->sup->boot_id, "pid", (json_int_t)p->pid, "start",
			  "0", "since", (json_int_t)p->since, "was_ready",
			  p->was_ready, "new_secrets", p->new_secrets, "paused",
			  p->pause.told, "log_from", (json_int_t)p->log_from);

	/* Ticks do not fit a JSON integer for ever; text does. */
	json_object_set_new(run, "start",
			    jx_strf("%llu", (unsigned long long)p->starttime));
	if (p->failover.count)
		json_object_set_new(run, "servers",
				    json_integer(p->failover.count));
	if (p->run_def && !json_equal(p->run_def->owner, p->def->owner))
		json_object_set(run, "def", p->run_def->owner);
	return run;
}

int
proc_save(struct proc *p, struct diags *ds)
{
	CLEANUP(freep) char *path = records_path(p->sup->dir, p->name);
	CLEANUP(put_json) json_t *j = NULL;

	j = json_pack("{s:i, s:s, s:O, s:b, s:b, s:i, s:b, s:b, s:b, s:b}",
		      "version", RECORD_VERSION, "name", p->name, "def",
		      p->def->owner, "up", p->up, "hold", p->hold, "restarts",
		      (int)p->restarts, "pause", p->pause.asked, "restart",
		      p->restart, "force", p->force, "broke", p->broke);
	if (p->pid > 0)
		json_object_set_new(j, "run", run_record(p));
	if (p->last_exit)
		json_object_set(j, "last_exit", p->last_exit);
	if (p->state == PROCESS_FAILED && p->reason)
		json_object_set_new(j, "failed",
				    json_pack("{s:s, s:s}", "code",
					      p->code ? p->code : "E0904",
					      "reason", p->reason));
	return file_replace_json(path, j, 0600, ds);
}

void
proc_forget(struct proc *p)
{
	CLEANUP(freep) char *path = records_path(p->sup->dir, p->name);

	unlink(path);
}

/* It ended while nobody looked: was it by something that a restart would
 * meet again? */
static void
judge_gone(struct proc *p, const struct process_def *def)
{
	const char *fatal;

	p->run_def = process_def_share(def);
	fatal = scan_fatal(p);
	if (fatal) {
		p->state = PROCESS_FAILED;
		proc_set_reason(p, "E0935", "ended, status unknown: %s", fatal);
	}
	process_def_put(TAKE(p->run_def));
}

/* What runs, or ran, by. New reference. */
static struct process_def *
def_of_run(const struct proc *p, const json_t *run)
{
	const json_t *def = jx_get(run, "def");
	struct process_def *ran =
		def ? process_def_decode(p->name, def, &p->sup->scratch) : NULL;

	return ran ? ran : process_def_share(p->def);
}

/* Takes up what a former supervisor left. */
static void
resume_run(struct proc *p, const json_t *run)
{
	CLEANUP(process_def_putp)
	struct process_def *def = def_of_run(p, run);
	struct diags *ds = &p->sup->scratch;
	uint64_t start;

	if (strcmp(jx_str(run, "boot_id", ""), p->sup->boot_id) ||
	    parse_u64(jx_str(run, "start", ""), UINT64_MAX, &start))
		return;
	p->pid = (pid_t)jx_int(run, "pid", 0);
	p->starttime = start;
	p->since = jx_int(run, "since", 0);
	p->was_ready = jx_bool(run, "was_ready", false);
	p->new_secrets = jx_bool(run, "new_secrets", false);
	p->log_from = p->hang_at = jx_int(run, "log_from", 0);
	p->failover.count = (unsigned)jx_int(run, "servers", 0);
	p->pause.told = jx_bool(run, "paused", false);
	p->pause.since = unix_now();
	if (p->pid > 0 && child_adopt(p)) {
		p->run_def = process_def_share(def);
		p->state = p->was_ready ? PROCESS_READY : PROCESS_STARTING;
		if (!p->was_ready)
			machine_await_ready(p);
		sup_log(p->sup, "%s: adopted pid %d", p->name, (int)p->pid);
		return;
	}
	sup_log(p->sup, "%s: pid %d is gone, status unknown", p->name,
		(int)p->pid);
	p->pid = 0;
	p->broke = p->up && !p->restart;
	p->was_ready = p->pause.told = false;
	json_decref(p->last_exit);
	p->last_exit = json_pack("{s:s, s:I}", "text", "status unknown", "at",
				 (json_int_t)unix_now());
	judge_gone(p, def);
	proc_save(p, ds);
}

static int
load_one(struct sup *s, const char *path, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = jx_load_file(path, LIM_SPEC_BYTES, ds);
	CLEANUP(process_def_putp) struct process_def *def = NULL;
	const json_t *failed;
	struct proc *p;

	if (!j)
		return -1;
	if (jx_int(j, "version", 0) != RECORD_VERSION ||
	    !jx_str(j, "name", NULL) || !jx_get(j, "def"))
		return diag_err(
			ds, "E0910",
			"'%s' is not a record that this version can read",
			path);
	def = process_def_decode(jx_str(j, "name", ""), jx_get(j, "def"), ds);
	if (!def)
		return -1;
	p = proc_define(s, jx_str(j, "name", ""), def);
	p->up = jx_bool(j, "up", false);
	p->hold = jx_bool(j, "hold", false);
	p->restart = jx_bool(j, "restart", false);
	p->force = jx_bool(j, "force", false);
	p->broke = jx_bool(j, "broke", false);
	p->pause.asked = jx_bool(j, "pause", false);
	p->restarts = (unsigned)jx_int(j, "restarts", 0);
	p->last_exit = jx_share(jx_get(j, "last_exit"));
	failed = jx_get(j, "failed");
	if (jx_get(j, "run"))
		resume_run(p, jx_get(j, "run"));
	if (failed && p->pid == 0) {
		const struct diag_code *code =
			diag_code_find(jx_str(failed, "code", ""));

		p->state = PROCESS_FAILED;
		proc_set_reason(p, code ? code->code : "E0904", "%s",
				jx_str(failed, "reason", ""));
	}
	return 0;
}

int
procs_load(struct sup *s, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(s->dir, "run/procs");
	struct dirent *e;
	DIR *d;

	if (file_mkdirs(dir, 0700, ds))
		return -1;
	d = opendir(dir);
	if (!d)
		return diag_errno(ds, "E0910", "cannot read '%s'", dir);
	while ((e = readdir(d))) {
		CLEANUP(freep) char *path = path_join(dir, e->d_name);
		size_t n = strlen(e->d_name);

		if (n > 5 && !strcmp(e->d_name + n - 5, ".json"))
			load_one(s, path, ds);
	}
	closedir(d);
	return 0;
}

/* ---- status ---- */

/* A JSON array of texts as a list. */
static const char *const *
texts(struct arena *a, const json_t *list)
{
	return process_texts_decode(a, list).v;
}

static void
add_run(struct process_status *st, const struct proc *p)
{
	if (p->pid <= 0)
		return;
	st->pid = p->pid;
	st->since = p->since;
	st->uptime_ms = (unix_now() - p->since) * 1000;
	st->rss_bytes = pid_rss(p->pid);
	st->cpu_ms = pid_cpu_ms(p->pid);
	st->adopted = p->adopted;
}

static void
procs_add_definition(struct process_status *st, const struct proc *p)
{
	st->digest = p->digest;
	st->log = p->def->log.path ? p->def->log.path : "";
	st->log_free_bytes = log_space(p->def);
	pod_add_volume(p->sup, st);
	st->stop_order = p->def->stop_order;
	st->ports = p->def->ports;
	st->nports = p->def->nports;
	st->note = p->def->note;
}

json_t *
proc_status(const struct proc *p)
{
	struct process_status st = process_status_of(p->name);
	CLEANUP(put_json) json_t *needs = json_array();
	CLEANUP(arena_done) struct arena a;

	arena_init(&a);
	secret_names(p->def->owner, needs);
	st.state = p->state;
	st.ready = p->state == PROCESS_READY;
	st.hold = p->hold;
	st.wanted = p->up;
	st.stale = proc_stale(p);
	st.stuck = p->stuck;
	st.restarts = p->restarts;
	st.reason = p->reason;
	st.code = p->code;
	st.waits_for = p->waits_for ? p->waits_for : p->gate.waits_for;
	st.last_exit.text = jx_str(p->last_exit, "text", NULL);
	st.last_exit.tail = jx_str(p->last_exit, "tail", NULL);
	st.last_exit.at = jx_int(p->last_exit, "at", PROCESS_UNKNOWN);
	st.last_exit.pid = jx_int(p->last_exit, "pid", PROCESS_UNKNOWN);
	st.pause = pause_status(p);
	st.failover = failover_status(p);
	st.needs = texts(&a, needs);
	st.nneeds = json_array_size(needs);
	add_run(&st, p);
	procs_add_definition(&st, p);
	return process_status_encode(&st);
}
