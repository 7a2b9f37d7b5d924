/* What the processes of a chain do, also when no supervisor can be asked. */
#include "engine/supctl.h"

#include <dirent.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"

char *
supctl_log_path(const char *state_dir, const char *name)
{
	return xasprintf("%s/logs/%s.log", state_dir, name);
}

char *
supctl_record_path(const char *state_dir, const char *name)
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

static void
copy(json_t *to, const char *key, const json_t *from)
{
	if (from)
		json_object_set_new(to, key, jx_share(from));
}

static json_t *
from_record(const json_t *rec)
{
	const json_t *def = jx_get(rec, "def"), *run = jx_get(rec, "run");
	pid_t pid = live_pid(run);
	char digest[65];
	json_t *j;

	jx_digest(def, digest);
	j = json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:s, s:I, s:I}",
		      "name", jx_str(rec, "name", "?"), "state",
		      pid ? "unsupervised" : "stopped", "ready", 0, "stale", 0,
		      "hold", jx_bool(rec, "hold", false), "desired",
		      jx_bool(rec, "up", false) ? "up" : "down", "digest",
		      digest, "log", jx_str(jx_get(def, "log"), "path", ""),
		      "stop_order", (json_int_t)jx_int(def, "stop_order", 0),
		      "restarts", (json_int_t)jx_int(rec, "restarts", 0));
	if (pid) {
		json_object_set_new(j, "pid", json_integer(pid));
		json_object_set_new(j, "rss_bytes", json_integer(pid_rss(pid)));
		json_object_set_new(j, "cpu_ms", json_integer(pid_cpu_ms(pid)));
		copy(j, "since", jx_get(run, "since"));
	}
	if (jx_get(def, "pause"))
		json_object_set_new(j, "pause",
				    json_pack("{s:b, s:n, s:b}", "asked",
					      jx_bool(rec, "pause", false),
					      "outage", "on",
					      jx_bool(run, "paused", false)));
	copy(j, "reason", jx_get(jx_get(rec, "failed"), "reason"));
	copy(j, "code", jx_get(jx_get(rec, "failed"), "code"));
	copy(j, "last_exit", jx_get(rec, "last_exit"));
	copy(j, "ports", jx_get(def, "ports"));
	copy(j, "note", jx_get(def, "note"));
	return j;
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
by_name(const struct dirent **a, const struct dirent **b)
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
	int rc = 0, n = scandir(dir, &found, is_record, by_name);

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
	json_array_foreach(names, i, v)
	{
		const char *name = json_string_value(v);
		CLEANUP(freep)
		char *path = supctl_record_path(state_dir, name);

		if (!file_exists(path))
			return diag_err(ds, "E0911", "there is no process '%s'",
					name);
		if (with_record(path, fn, arg, ds))
			return -1;
	}
	return 0;
}

static int
collect(void *arg, const char *path UNUSED, json_t *rec,
	struct diags *ds UNUSED)
{
	json_array_append_new(arg, from_record(rec));
	return 0;
}

int
supctl_status_records(const char *state_dir, const json_t *names, json_t **out,
		      struct diags *ds)
{
	CLEANUP(put_json) json_t *list = json_array();

	if (records(state_dir, names, collect, list, ds))
		return -1;
	*out = json_pack("{s:O, s:n}", "procs", list, "supervisor");
	return 0;
}

int
supctl_status(const char *state_dir, const json_t *names, json_t **out,
	      struct diags *ds)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *args = json_object();
	int rc = supctl_connect(state_dir, &s, ds);

	copy(args, "names", names);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return supctl_call(s, "status", args, NULL, NULL, out, ds);
	return supctl_status_records(state_dir, names, out, ds);
}

static int
hold(void *arg UNUSED, const char *path, json_t *rec, struct diags *ds)
{
	json_object_set_new(rec, "up", json_false());
	json_object_set_new(rec, "hold", json_true());
	return file_replace_json(path, rec, 0600, ds);
}

int
supctl_hold_records(const char *state_dir, const json_t *names,
		    struct diags *ds)
{
	return records(state_dir, names, hold, NULL, ds);
}
