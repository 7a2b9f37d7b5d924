/* What the processes of a chain do when no supervisor can be asked. */
#include "providers/runtime/local/records.h"

#include <dirent.h>
#include <errno.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/runtime/process_def.h"

char *
records_log_path(const char *state_dir, const char *name)
{
	return xasprintf("%s/logs/%s.log", state_dir, name);
}

char *
records_path(const char *state_dir, const char *name)
{
	char *path = xasprintf("%s/run/procs/%s.json", state_dir, name);

	addr_flatten(path + strlen(path) - strlen(name) - strlen(".json"));
	return path;
}

/* The pid of a record's run, if that very process is still there. */
static pid_t
live_pid(const json_t *run)
{
	pid_t pid = (pid_t)jx_int(run, "pid", 0);
	char boot[40];
	uint64_t start;

	boot_id_read(boot);
	if (pid <= 0 || strcmp(jx_str(run, "boot_id", "-"), boot) ||
	    parse_u64(jx_str(run, "start", ""), UINT64_MAX, &start) ||
	    pid_starttime(pid) != start)
		return 0;
	return pid;
}

static struct process_exit
last_exit(const json_t *rec)
{
	const json_t *j = jx_get(rec, "last_exit");

	return (struct process_exit){
		.text = jx_str(j, "text", NULL),
		.tail = jx_str(j, "tail", NULL),
		.at = jx_int(j, "at", PROCESS_UNKNOWN),
		.pid = jx_int(j, "pid", PROCESS_UNKNOWN),
	};
}

static void
records_add_definition(struct process_status *p, const struct process_def *def)
{
	p->log = def->log.path ? def->log.path : "";
	p->stop_order = def->stop_order;
	p->ports = def->ports;
	p->nports = def->nports;
	p->note = def->note;
	p->pause.can = def->pause.there;
}

static void
add_run(struct process_status *p, const json_t *run)
{
	pid_t pid = live_pid(run);

	if (!pid)
		return;
	p->state = PROCESS_UNSUPERVISED;
	p->pid = pid;
	p->rss_bytes = pid_rss(pid);
	p->cpu_ms = pid_cpu_ms(pid);
	p->since = jx_int(run, "since", PROCESS_UNKNOWN);
}

static json_t *
from_record(const json_t *rec)
{
	const char *name = jx_str(rec, "name", "?");
	const json_t *run = jx_get(rec, "run"), *failed = jx_get(rec, "failed");
	struct process_status p = process_status_of(name);
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(process_def_putp) struct process_def *def = NULL;
	char digest[65];

	diags_init(&quiet);
	def = process_def_decode(name, jx_get(rec, "def"), &quiet);
	if (def)
		records_add_definition(&p, def);
	jx_digest(jx_get(rec, "def"), digest);
	p.digest = digest;
	p.hold = jx_bool(rec, "hold", false);
	p.wanted = jx_bool(rec, "up", false);
	p.restarts = jx_int(rec, "restarts", 0);
	p.reason = jx_str(failed, "reason", NULL);
	p.code = jx_str(failed, "code", NULL);
	p.last_exit = last_exit(rec);
	p.pause.asked = jx_bool(rec, "pause", false);
	p.pause.on = jx_bool(run, "paused", false);
	add_run(&p, run);
	return process_status_encode(&p);
}

/* What is done with each record; arg is the caller's. */
typedef int (*record_fn)(void *arg, const char *path, json_t *rec,
			 struct diags *ds);

static int
with_record(const char *path, record_fn fn, void *arg, struct diags *ds)
{
	CLEANUP(put_json) json_t *rec = jx_load_file(path, LIM_SPEC_BYTES, ds);

	return rec ? fn(arg, path, rec, ds) : -1;
}

static int
records_by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_record(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && !strcmp(e->d_name + n - 5, ".json");
}

static int
all_records(const char *state_dir, record_fn fn, void *arg, struct diags *ds)
{
	CLEANUP(freep) char *dir = path_join(state_dir, "run/procs");
	struct dirent **found = NULL;
	int rc = 0, n = scandir(dir, &found, is_record, records_by_name);

	if (n < 0 && errno != ENOENT)
		return diag_errno(ds, "E0501", "cannot read '%s'", dir);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_join(dir, found[i]->d_name);

		if (rc == 0)
			rc = with_record(path, fn, arg, ds);
		free(found[i]);
	}
	free(found);
	return rc;
}

static int
records(const char *state_dir, const json_t *names, record_fn fn, void *arg,
	struct diags *ds)
{
	const json_t *v;
	size_t i;

	if (json_array_size(names) == 0)
		return all_records(state_dir, fn, arg, ds);
	json_array_foreach(names, i, v) {
		const char *name = json_string_value(v);
		CLEANUP(freep)
		char *path = records_path(state_dir, name);

		if (!file_exists(path))
			return diag_err(ds, "E0911",
					"the process '%s' does not exist",
					name);
		if (with_record(path, fn, arg, ds))
			return -1;
	}
	return 0;
}

static int
records_collect(void *arg, const char *path UNUSED, json_t *rec,
		struct diags *ds UNUSED)
{
	json_array_append_new(arg, from_record(rec));
	return 0;
}

int
records_status(const char *state_dir, const json_t *names, json_t **out,
	       struct diags *ds)
{
	CLEANUP(put_json) json_t *list = json_array();

	if (records(state_dir, names, records_collect, list, ds))
		return -1;
	*out = json_pack("{s:O, s:n}", "procs", list, "supervisor");
	return 0;
}

static int
hold(void *arg UNUSED, const char *path, json_t *rec, struct diags *ds)
{
	json_object_set_new(rec, "up", json_false());
	json_object_set_new(rec, "hold", json_true());
	return file_replace_json(path, rec, 0600, ds);
}

int
records_hold(const char *state_dir, const json_t *names, struct diags *ds)
{
	return records(state_dir, names, hold, NULL, ds);
}
