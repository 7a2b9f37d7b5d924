/* local: the processes of a chain on this machine, by its supervisor. */
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/runtime/local/local_log.h"
#include "providers/runtime/local/supctl.h"
#include "providers/runtime/runtime.h"

struct local {
	struct runtime_chain c; /* first: one is the other */
	char *dir;
	struct supctl *s; /* NULL: not connected yet */
};

static struct local *
of(struct runtime_chain *c)
{
	return (struct local *)c;
}

extern const struct runtime runtime_local;

static int
local_open(const char *state_dir, struct runtime_chain **out,
	   struct diags *ds UNUSED)
{
	struct local *l = xcalloc(1, sizeof(*l));

	l->c.rt = &runtime_local;
	l->dir = xstrdup(state_dir);
	*out = &l->c;
	return 0;
}

static void
local_close(struct runtime_chain *c)
{
	struct local *l = of(c);

	supctl_close(l->s);
	free(l->dir);
	free(l);
}

/* 0, 1: there is no supervisor, -1. */
static int
connect_to(struct local *l, struct diags *ds)
{
	return l->s ? 0 : supctl_connect(l->dir, &l->s, ds);
}

static int
local_attend(struct runtime_chain *c, struct diags *ds)
{
	struct local *l = of(c);

	return l->s ? 0 : supctl_ensure(l->dir, &l->s, ds);
}

static int
call(struct local *l, const char *op, json_t *args,
     const struct runtime_wait *w, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *mine = args;

	if (local_attend(&l->c, ds))
		return -1;
	return supctl_call(l->s, op, mine, w ? w->fn : NULL, w ? w->arg : NULL,
			   out, ds);
}

static json_t *
named(const json_t *names)
{
	return json_pack("{s:o}", "names",
			 names ? jx_share(names) : json_array());
}

/* ---- definitions ---- */

static int
local_put(struct runtime_chain *c, const char *name,
	  const struct process_def *def, const json_t *secrets,
	  struct diags *ds)
{
	json_t *args = json_pack("{s:s, s:o}", "name", name, "def",
				 process_def_encode(def));

	if (secrets)
		json_object_set_new(args, "secrets", jx_share(secrets));
	return call(of(c), "put", args, NULL, NULL, ds);
}

static int
local_give_secrets(struct runtime_chain *c, const json_t *secrets,
		   struct diags *ds)
{
	return call(of(c), "secrets",
		    json_pack("{s:o}", "secrets", jx_share(secrets)), NULL,
		    NULL, ds);
}

static int
local_recall(struct runtime_chain *c, const char *name,
	     struct runtime_recall *out, struct diags *ds)
{
	CLEANUP(freep) char *path = supctl_record_path(of(c)->dir, name);
	CLEANUP(put_json) json_t *rec = NULL;
	const json_t *run, *ran;

	*out = (struct runtime_recall){ 0 };
	if (!file_exists(path))
		return 1;
	rec = jx_load_file(path, LIM_SPEC_BYTES, ds);
	if (!rec)
		return -1;
	run = jx_get(rec, "run");
	ran = jx_get(run, "def");
	out->wanted = jx_bool(rec, "up", false);
	out->def = process_def_decode(name, jx_get(rec, "def"), ds);
	if (out->def && ran)
		out->ran = process_def_decode(name, ran, ds);
	else if (run)
		out->ran = process_def_share(out->def);
	return out->def ? 0 : -1;
}

/* ---- up and down ---- */

static int
local_start(struct runtime_chain *c, const json_t *names, struct diags *ds)
{
	return call(of(c), "start", named(names), NULL, NULL, ds);
}

static int
local_wait_ready(struct runtime_chain *c, const json_t *names,
		 const struct runtime_wait *w, struct diags *ds)
{
	return call(of(c), "wait_ready", named(names), w, NULL, ds);
}

static int
local_wait_gate(struct runtime_chain *c, const char *name, const json_t *above,
		int64_t ms, const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = json_pack("{s:[s], s:I}", "names", name, "timeout_ms",
				 (json_int_t)ms);

	if (above)
		json_object_set_new(args, "above", jx_share(above));
	return call(of(c), "wait_gate", args, w, NULL, ds);
}

static int
local_restart(struct runtime_chain *c, const json_t *names, bool force,
	      const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = named(names);

	json_object_set_new(args, "force", json_boolean(force));
	return call(of(c), "restart", args, w, NULL, ds);
}

static int
local_pause(struct runtime_chain *c, const json_t *names, bool on, int64_t ms,
	    const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = named(names);

	json_object_set_new(args, "on", json_boolean(on));
	json_object_set_new(args, "timeout_ms", json_integer(ms));
	return call(of(c), "pause", args, w, NULL, ds);
}

/* Does any of them run? Nobody looks after them. */
static bool
any_runs(struct local *l, const json_t *names)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *st = NULL;
	const json_t *p;
	size_t i;

	diags_init(&quiet);
	if (supctl_status_records(l->dir, names, &st, &quiet))
		return true;
	json_array_foreach(jx_get(st, "procs"), i, p)
		if (jx_int(p, "pid", 0) > 0)
			return true;
	return false;
}

static int
local_stop(struct runtime_chain *c, const json_t *names, bool hold, bool force,
	   const struct runtime_wait *w, struct diags *ds)
{
	struct local *l = of(c);
	json_t *args;
	int rc = connect_to(l, ds);

	if (rc < 0)
		return -1;
	if (rc == 1 && hold) {
		/* A supervisor that starts now must not start them first. */
		if (supctl_hold_records(l->dir, names, ds))
			return -1;
		if (!any_runs(l, names))
			return 0;
	}
	args = named(names);
	json_object_set_new(args, "hold", json_boolean(hold));
	json_object_set_new(args, "force", json_boolean(force));
	return call(l, "stop", args, w, NULL, ds);
}

static int
local_suspend(struct runtime_chain *c, const struct runtime_wait *w,
	      struct diags *ds)
{
	struct local *l = of(c);
	int rc = connect_to(l, ds);

	if (rc < 0)
		return -1;
	if (rc == 1 && !any_runs(l, NULL))
		return 0;
	rc = call(l, "suspend", json_object(), w, NULL, ds);
	return rc ? rc : call(l, "shutdown", json_object(), w, NULL, ds);
}

/* The last one out ends the supervisor. */
static void
end_supervisor(struct local *l)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *st = NULL;

	diags_init(&quiet);
	if (call(l, "status", NULL, NULL, &st, &quiet) == 0 &&
	    json_array_size(jx_get(st, "procs")) == 0)
		call(l, "shutdown", NULL, NULL, NULL, &quiet);
}

static int
local_remove(struct runtime_chain *c, const char *name, bool force,
	     const struct runtime_wait *w, struct diags *ds)
{
	struct local *l = of(c);
	CLEANUP(freep) char *path = supctl_record_path(l->dir, name);
	CLEANUP(put_json) json_t *names = json_pack("[s]", name);
	int rc;

	if (!file_exists(path))
		return 0;
	json_t *args = named(names);
	json_object_set_new(args, "force", json_boolean(force));
	rc = call(l, "stop", args, w, NULL, ds);
	if (rc == 0)
		rc = call(l, "remove", named(names), w, NULL, ds);
	if (rc == 0)
		end_supervisor(l);
	return rc;
}

/* ---- what there is ---- */

static void
describe_keeper(struct runtime_status *st)
{
	const json_t *k = st->keeper;

	st->keeper_text =
		k ? arena_printf(
			    &st->arena,
			    "supervisor: pid %lld, watchdog %lld, %lld KiB",
			    (long long)jx_int(k, "pid", 0),
			    (long long)jx_int(k, "guard_pid", 0),
			    (long long)(jx_int(k, "rss_bytes", 0) >> 10))
		  : "supervisor: not running; 'opl2 start' starts it";
}

static int
local_status(struct runtime_chain *c, const json_t *names, bool asked,
	     struct runtime_status **out, struct diags *ds)
{
	struct local *l = of(c);
	CLEANUP(put_json) json_t *answer = NULL;
	int rc = asked ? connect_to(l, ds) : 1;

	if (rc < 0)
		return -1;
	rc = rc ? supctl_status_records(l->dir, names, &answer, ds)
		: call(l, "status", named(names), NULL, &answer, ds);
	if (rc)
		return -1;
	*out = runtime_status_decode(answer);
	describe_keeper(*out);
	return 0;
}

/* The file that its log is; malloc'd. */
static char *
log_file(struct local *l, const char *name)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };

	diags_init(&quiet);
	if (local_recall(&l->c, name, &r, &quiet) == 0 && r.def->log.path)
		return xstrdup(r.def->log.path);
	return supctl_log_path(l->dir, name);
}

static int
local_log_seek(struct runtime_chain *c, const char *name, uint64_t lines,
	       uint64_t bytes, int64_t *at, struct diags *ds)
{
	CLEANUP(freep) char *path = log_file(of(c), name);

	return local_log_place(path, name, lines, bytes, at, ds);
}

static ssize_t
local_log_read(struct runtime_chain *c, const char *name, int64_t *at, char *to,
	       size_t n)
{
	CLEANUP(freep) char *path = log_file(of(c), name);

	return local_log_next(path, at, to, n);
}

static char *
local_reach(struct runtime_chain *c, const char *process, const char *port,
	    struct diags *ds)
{
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };
	int rc = local_recall(c, process, &r, ds);

	if (rc < 0)
		return NULL;
	for (size_t i = 0; rc == 0 && i < r.def->nports; i++)
		if (!strcmp(r.def->ports[i].name, port))
			return xasprintf("127.0.0.1:%u", r.def->ports[i].port);
	diag_err(ds, "E0911", "the process '%s' has no port '%s'", port,
		 process);
	return NULL;
}

const struct runtime runtime_local = {
	.name = "local",
	.open = local_open,
	.close = local_close,
	.log_place = supctl_log_path,
	.attend = local_attend,
	.put = local_put,
	.give_secrets = local_give_secrets,
	.start = local_start,
	.stop = local_stop,
	.suspend = local_suspend,
	.restart = local_restart,
	.pause = local_pause,
	.wait_ready = local_wait_ready,
	.wait_gate = local_wait_gate,
	.status = local_status,
	.recall = local_recall,
	.remove = local_remove,
	.log_seek = local_log_seek,
	.log_read = local_log_read,
	.reach = local_reach,
};
