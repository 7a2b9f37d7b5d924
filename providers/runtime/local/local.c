/* local: the processes of a chain on this machine, by its supervisor. */
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/runtime/local/local_log.h"
#include "providers/runtime/local/records.h"
#include "providers/runtime/runtime.h"
#include "providers/runtime/wire/sup_chain.h"

extern const struct runtime runtime_local;

static int
local_open(const char *state_dir, struct runtime_chain **out,
	   struct diags *ds UNUSED)
{
	struct sup_chain *l = xcalloc(1, sizeof(*l));

	sup_chain_init(l, &runtime_local, &supctl_local, state_dir);
	*out = &l->c;
	return 0;
}

static int
local_recall(struct runtime_chain *c, const char *name,
	     struct runtime_recall *out, struct diags *ds)
{
	CLEANUP(freep) char *path = records_path(sup_chain_of(c)->dir, name);
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

/* Does any of them run? Nobody looks after them. */
static bool
any_runs(struct sup_chain *l, const json_t *names)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *st = NULL;
	const json_t *p;
	size_t i;

	diags_init(&quiet);
	if (records_status(l->dir, names, &st, &quiet))
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
	struct sup_chain *l = sup_chain_of(c);
	int rc = sup_chain_connect(l, ds);

	if (rc < 0)
		return -1;
	if (rc == 1 && hold) {
		/* A supervisor that starts now must not start them first. */
		if (records_hold(l->dir, names, ds))
			return -1;
		if (!any_runs(l, names))
			return 0;
	}
	return sup_chain_stop(c, names, hold, force, w, ds);
}

static int
local_suspend(struct runtime_chain *c, const struct runtime_wait *w,
	      struct diags *ds)
{
	struct sup_chain *l = sup_chain_of(c);
	int rc = sup_chain_connect(l, ds);

	if (rc < 0)
		return -1;
	if (rc == 1 && !any_runs(l, NULL))
		return 0;
	rc = sup_chain_call(l, "suspend", json_object(), w, NULL, ds);
	return rc ? rc
		  : sup_chain_call(l, "shutdown", json_object(), w, NULL, ds);
}

/* The last one out ends the supervisor; none is started for it. */
static void
end_supervisor(struct sup_chain *l)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *st = NULL;

	diags_init(&quiet);
	if (sup_chain_connect(l, &quiet) == 0 &&
	    sup_chain_call(l, "status", NULL, NULL, &st, &quiet) == 0 &&
	    json_array_size(jx_get(st, "procs")) == 0)
		sup_chain_call(l, "shutdown", NULL, NULL, NULL, &quiet);
}

static int
local_remove(struct runtime_chain *c, const char *name, bool force,
	     const struct runtime_wait *w, struct diags *ds)
{
	struct sup_chain *l = sup_chain_of(c);
	CLEANUP(freep) char *path = records_path(l->dir, name);
	CLEANUP(put_json) json_t *names = json_pack("[s]", name);
	int rc;

	if (!file_exists(path)) {
		/* Whoever removed it may have been killed before this. */
		end_supervisor(l);
		return 0;
	}
	json_t *args = sup_chain_named(names);
	json_object_set_new(args, "force", json_boolean(force));
	rc = sup_chain_call(l, "stop", args, w, NULL, ds);
	if (rc == 0)
		rc = sup_chain_call(l, "remove", sup_chain_named(names), w,
				    NULL, ds);
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
	struct sup_chain *l = sup_chain_of(c);
	CLEANUP(put_json) json_t *answer = NULL;
	int rc = asked ? sup_chain_connect(l, ds) : 1;

	if (rc < 0)
		return -1;
	rc = rc ? records_status(l->dir, names, &answer, ds)
		: sup_chain_call(l, "status", sup_chain_named(names), NULL,
				 &answer, ds);
	if (rc)
		return -1;
	*out = runtime_status_decode(answer);
	describe_keeper(*out);
	return 0;
}

/* The file that its log is; malloc'd. */
static char *
log_file(struct sup_chain *l, const char *name)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };

	diags_init(&quiet);
	if (local_recall(&l->c, name, &r, &quiet) == 0 && r.def->log.path)
		return xstrdup(r.def->log.path);
	return records_log_path(l->dir, name);
}

static int
local_log_seek(struct runtime_chain *c, const char *name, uint64_t lines,
	       uint64_t bytes, int64_t *at, struct diags *ds)
{
	CLEANUP(freep) char *path = log_file(sup_chain_of(c), name);

	return local_log_place(path, name, lines, bytes, at, ds);
}

static ssize_t
local_log_read(struct runtime_chain *c, const char *name, int64_t *at, char *to,
	       size_t n)
{
	CLEANUP(freep) char *path = log_file(sup_chain_of(c), name);

	return local_log_next(path, at, to, n);
}

const struct runtime runtime_local = {
	.name = "local",
	.open = local_open,
	.close = sup_chain_close,
	.log_place = records_log_path,
	.attend = sup_chain_attend,
	.put = sup_chain_put,
	.give_secrets = sup_chain_give_secrets,
	.start = sup_chain_start,
	.stop = local_stop,
	.suspend = local_suspend,
	.restart = sup_chain_restart,
	.pause = sup_chain_pause,
	.wait_ready = sup_chain_wait_ready,
	.wait_gate = sup_chain_wait_gate,
	.status = local_status,
	.recall = local_recall,
	.remove = local_remove,
	.log_seek = local_log_seek,
	.log_read = local_log_read,
	.reach = runtime_loopback,
};
