/* process: the effect half. It only talks to the chain's supervisor. */
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/supctl.h"
#include "providers/clients/tools/secret.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/process/effect_process_def.h"
#include "providers/kinds/process/effect_process_gate.h"

static json_t *
only_name(const struct op *op)
{
	return json_pack("{s:[s]}", "names", op->name);
}

/* Every event is progress; between events, cancellation is looked for. */
static bool
on_event(void *arg, const char *name, const char *state, const char *text)
{
	struct op_ctx *ctx = arg;

	if (name)
		op_progress(ctx, "%s%s%s", state, *text ? ": " : "", text);
	return op_cancelled(ctx);
}

/* 0, or the outcome of a call that did not do it. */
static int
call(struct op_ctx *ctx, struct supctl *s, const char *what, const json_t *args,
     json_t **out)
{
	int rc = supctl_call(s, what, args, on_event, ctx, out, ctx->ds);

	if (rc == 1)
		diag_err(ctx->ds, "E0919",
			 "interrupted while the supervisor was at work");
	return rc;
}

/* The status of this process; NULL (no diagnostic) when there is none. */
static json_t *
status_of(struct op_ctx *ctx, const struct op *op)
{
	CLEANUP(freep)
	char *path = supctl_record_path(op->env->places->runtime, op->name);
	CLEANUP(put_json) json_t *names = json_pack("[s]", op->name);
	CLEANUP(put_json) json_t *st = NULL;

	if (!file_exists(path) ||
	    supctl_status(op->env->places->runtime, names, &st, ctx->ds))
		return NULL;
	return jx_share(json_array_get(json_object_get(st, "procs"), 0));
}

/* One that waits for its next try does not run: an apply tries at once. */
static bool
counts_as_running(const json_t *st)
{
	static const char *const up[] = { "waiting", "starting", "ready" };
	const char *state = jx_str(st, "state", "");

	for (size_t i = 0; i < COUNTOF(up); i++)
		if (!strcmp(state, up[i]))
			return true;
	return jx_bool(st, "hold", false);
}

static json_t *
attrs_of(const struct op *op, const json_t *st)
{
	CLEANUP(freep)
	char *log = supctl_log_path(op->env->places->runtime, op->name);
	const char *why = jx_str(st, "reason", NULL);
	json_t *status = jx_strf(
		"%s%s%s%s",
		jx_bool(st, "hold", false) ? "held by opl2 stop"
					   : jx_str(st, "state", "unknown"),
		why ? ": " : "", why ? why : "",
		jx_bool(st, "stale", false) ? "; a restart is due" : "");

	return json_pack("{s:s, s:s, s:b, s:s, s:I, s:o}", "name", op->name,
			 "log_file", log, "running",
			 counts_as_running(st) && !jx_bool(st, "stale", false),
			 "definition", jx_str(st, "digest", ""), "pid",
			 (json_int_t)jx_int(st, "pid", 0), "status", status);
}

static enum outcome
process_read(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	size_t before = ctx->ds->nerrors;
	CLEANUP(put_json) json_t *st = status_of(ctx, op);

	if (!st)
		return ctx->ds->nerrors > before ? OC_UNREACHABLE : OC_GONE;
	if (jx_bool(st, "hold", false) && jx_int(st, "pid", 0) == 0) {
		diag_warn(ctx->ds, "W0930", "'%s' is held by 'opl2 stop'",
			  op->name);
		diag_hint(ctx->ds, "'opl2 start %s' ends the hold", op->name);
	}
	if (jx_bool(jx_get(st, "pause"), "asked", false)) {
		diag_warn(ctx->ds, "W0935", "'%s' is paused", op->name);
		diag_hint(ctx->ds, "'opl2 batcher resume %s' ends the pause",
			  op->name);
	}
	out->attrs = attrs_of(op, st);
	out->down = !jx_bool(st, "ready", false) && counts_as_running(st);
	return OC_OK;
}

/* ---- create and update ---- */

static json_t *
secrets_for(const struct op *op, const json_t *def)
{
	CLEANUP(put_json) json_t *names = json_array();
	json_t *out = json_object();
	const json_t *v;
	size_t i;

	secret_names(def, names);
	json_array_foreach(names, i, v)
	{
		const char *key = json_string_value(v);
		const json_t *value = jx_get(op->env->secrets, key);

		if (value)
			json_object_set_new(out, key, jx_share(value));
	}
	return out;
}

static int
put(struct op_ctx *ctx, struct supctl *s, const struct op *op,
    const json_t *def)
{
	CLEANUP(put_json)
	json_t *args = json_pack("{s:s, s:O, s:o}", "name", op->name, "def",
				 (json_t *)(uintptr_t)def, "secrets",
				 secrets_for(op, def));

	return call(ctx, s, "put", args, NULL);
}

/* It runs, but not as it is wanted now. */
static bool
must_restart(const json_t *st)
{
	return jx_int(st, "pid", 0) > 0 && jx_bool(st, "stale", false);
}

/* A process as it was before its update. */
struct former {
	json_t *ran;   /* the definition that it runs by; NULL: it does not */
	json_t *def;   /* the one that it has, or NULL */
	json_t *above; /* gate_now(), or NULL */
	bool fell;     /* it was there and should run, but has ended */
};

static void
former_done(struct former *f)
{
	json_decref(f->ran);
	json_decref(f->def);
	json_decref(f->above);
}

static struct former
former_of(struct op_ctx *ctx, const struct op *op, bool creating)
{
	CLEANUP(freep)
	char *path = supctl_record_path(op->env->places->runtime, op->name);
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *rec = NULL;
	const json_t *run, *def;

	diags_init(&quiet);
	rec = jx_load_file(path, LIM_SPEC_BYTES, &quiet);
	run = jx_get(rec, "run");
	def = jx_get(run, "def");
	return (struct former){
		.ran = run ? jx_share(def ? def : jx_get(rec, "def")) : NULL,
		.def = jx_share(jx_get(rec, "def")),
		.above = creating ? NULL : gate_now(ctx, op),
		.fell = !creating && jx_bool(rec, "up", false) && !run,
	};
}

/* Is it started in another way than it was? */
static bool
starts_anew(const struct former *f, const json_t *st, const json_t *def)
{
	return must_restart(st) || (f->fell && !json_equal(f->def, def));
}

/* Brings it to run by the definition that was put, and waits. */
static int
bring_up(struct op_ctx *ctx, struct supctl *s, const struct op *op,
	 const json_t *st, const json_t *def, const struct former *f)
{
	CLEANUP(put_json) json_t *args = only_name(op);
	CLEANUP(put_json) json_t *gate = NULL;
	int rc = 0;

	json_object_set_new(args, "force", json_boolean(op->force));
	if (must_restart(st))
		rc = call(ctx, s, "restart", args, NULL);
	else if (!jx_bool(st, "ready", false))
		rc = call(ctx, s, "start", args, NULL);
	if (rc == 0)
		rc = call(ctx, s, "wait_ready", args, NULL);
	if (rc || !starts_anew(f, st, def) ||
	    !gate_tells(ctx, op, f->ran ? f->ran : f->def))
		return rc;
	gate = gate_args(op, f->above);
	op_progress(ctx, "waits until it gets on with its work");
	return call(ctx, s, "wait_gate", gate, NULL);
}

/* It is the process that failed, not the way to it. */
static bool
blames_process(const struct diags *ds)
{
	static const char *const codes[] = { "E0902", "E0903", "E0904",
					     "E0906", "E0935", "E0938" };
	const char *code = ds->last ? ds->last->code : "";

	for (size_t i = 0; i < COUNTOF(codes); i++)
		if (!strcmp(codes[i], code))
			return true;
	return false;
}

/* Back to the old definition. Why is in the diagnostics already. */
static enum outcome
fall_back(struct op_ctx *ctx, struct supctl *s, const struct op *op,
	  const json_t *old)
{
	CLEANUP(put_json) json_t *args = only_name(op);

	op_progress(ctx, "goes back to how it was started before");
	if (put(ctx, s, op, old) || call(ctx, s, "restart", args, NULL) ||
	    call(ctx, s, "wait_ready", args, NULL))
		return OC_FAIL;
	diag_err(ctx->ds, "E0939",
		 "'%s' runs as it did before: the change did not prove itself",
		 op->name);
	diag_hint(ctx->ds, "see what its log says of the time in between, mend "
			   "that and apply again");
	return OC_FAIL;
}

/* It is not put back by itself. Says how a person does it. */
static void
how_to_go_back(struct op_ctx *ctx, const struct op *op, const json_t *old)
{
	diag_err(ctx->ds, "E1154",
		 "'%s' stays with what it was changed to; it ran '%s' before",
		 op->name,
		 json_string_value(json_array_get(jx_get(old, "command"), 0)));
	diag_hint(ctx->ds, "mend what its log says and apply again; or go "
			   "back: the former program in the spec, then 'opl2 "
			   "apply', if its database was not changed");
}

static enum outcome
finish(struct op_ctx *ctx, const struct op *op, int rc, struct op_result *out)
{
	CLEANUP(put_json) json_t *st = status_of(ctx, op);

	if (rc == 0 && !st) {
		diag_err(ctx->ds, "E0911", "'%s' vanished from the supervisor",
			 op->name);
		rc = -1;
	}
	out->attrs = attrs_of(op, st);
	return rc ? OC_PARTIAL : OC_OK;
}

static enum outcome
apply(struct op_ctx *ctx, const struct op *op, bool creating,
      struct op_result *out)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *def = process_def(op, ctx->ds);
	CLEANUP(put_json) json_t *token = NULL;
	CLEANUP(former_done) struct former f = former_of(ctx, op, creating);
	CLEANUP(put_json) json_t *st = NULL;
	char digest[65];
	int rc;

	if (!def)
		return OC_FAIL;
	jx_digest(def, digest);
	token = json_pack("{s:s, s:s}", "name", op->name, "definition", digest);
	if (creating && op_intend(ctx, token))
		return OC_FAIL;
	if (supctl_ensure(op->env->places->runtime, &s, ctx->ds) ||
	    put(ctx, s, op, def))
		return OC_FAIL;
	st = status_of(ctx, op);
	/* A hold is a person's wish: only `opl2 start` ends it. */
	if (!creating && jx_bool(st, "hold", false))
		return finish(ctx, op, 0, out);
	rc = bring_up(ctx, s, op, st, def, &f);
	if (rc < 0 && f.ran && must_restart(st) && blames_process(ctx->ds) &&
	    jx_get(op->config, "gate")) {
		if (jx_bool(jx_get(op->config, "gate"), "fall_back", false))
			return fall_back(ctx, s, op, f.ran);
		how_to_go_back(ctx, op, f.ran);
	}
	return finish(ctx, op, rc, out);
}

static enum outcome
process_create(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	return apply(ctx, op, true, out);
}

static enum outcome
process_update(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	return apply(ctx, op, false, out);
}

/* ---- the end ---- */

/* The last one out ends the supervisor. */
static void
end_supervisor(struct supctl *s, struct diags *ds)
{
	CLEANUP(put_json) json_t *st = NULL;

	if (supctl_call(s, "status", NULL, NULL, NULL, &st, ds) == 0 &&
	    json_array_size(json_object_get(st, "procs")) == 0)
		supctl_call(s, "shutdown", NULL, NULL, NULL, NULL, ds);
}

static enum outcome
process_remove(struct op_ctx *ctx, const struct op *op)
{
	CLEANUP(supctl_closep) struct supctl *s = NULL;
	CLEANUP(put_json) json_t *args = only_name(op);
	CLEANUP(freep)
	char *path = supctl_record_path(op->env->places->runtime, op->name);
	CLEANUP(diags_done) struct diags quiet;
	int rc;

	diags_init(&quiet);
	if (!file_exists(path))
		return OC_OK;
	if (supctl_ensure(op->env->places->runtime, &s, ctx->ds))
		return OC_FAIL;
	json_object_set_new(args, "force", json_boolean(op->force));
	rc = call(ctx, s, "stop", args, NULL);
	if (rc)
		return rc == 1 ? OC_CANCELLED : OC_FAIL;
	if (call(ctx, s, "remove", args, NULL))
		return OC_FAIL;
	end_supervisor(s, &quiet);
	return OC_OK;
}

/* Whatever was begun is in the records, and create() goes on from there. */
static enum outcome
process_recover(struct op_ctx *ctx, const struct op *op, struct op_result *out)
{
	size_t before = ctx->ds->nerrors;
	CLEANUP(put_json) json_t *st = status_of(ctx, op);

	if (!st && ctx->ds->nerrors > before)
		return OC_UNSURE;
	if (!st) {
		diag_err(ctx->ds, "E0911", "'%s' was not begun", op->name);
		return OC_RETRY;
	}
	out->attrs = attrs_of(op, st);
	if (jx_bool(st, "ready", false) && !jx_bool(st, "stale", false) &&
	    !strcmp(jx_str(st, "digest", ""),
		    jx_str(op->token, "definition", "-")))
		return OC_OK;
	diag_err(ctx->ds, "E0906", "'%s' was begun and is not ready yet",
		 op->name);
	return OC_PARTIAL;
}

const struct effects effects_process = {
	.kind = "process",
	.read = process_read,
	.create = process_create,
	.update = process_update,
	.remove = process_remove,
	.recover = process_recover,
	.needs = process_needs,
};
