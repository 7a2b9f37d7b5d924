/* process: the effect half. It only talks to the chain's supervisor. */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/process/effect_process_def.h"
#include "providers/kinds/process/effect_process_gate.h"
#include "providers/runtime/runtime.h"

/* Every event is progress; between events, cancellation is looked for. */
static bool
process_on_event(void *arg, const char *name, const char *state,
		 const char *text)
{
	struct effect_ctx *ctx = arg;

	if (name)
		effect_progress(ctx, "%s%s%s", state, *text ? ": " : "", text);
	return effect_cancelled(ctx);
}

/* An operation and the runtime that it asks. */
struct job {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct runtime_chain *c;
	const struct runtime *rt;
	json_t *names; /* this one */
	struct runtime_wait wait;
};

/* The name that it was made, or begun, by: it may have moved since. */
static const char *
made_as(const struct effect_op *op)
{
	return jx_str(op->prior, "name", jx_str(op->token, "name", op->name));
}

static int
job_open(struct job *j, struct effect_ctx *ctx, const struct effect_op *op)
{
	*j = (struct job){ .ctx = ctx, .op = op };
	if (runtime_open(op->env->places->runtime, &j->c, ctx->ds))
		return -1;
	j->rt = j->c->rt;
	j->names = json_pack("[s]", op->name);
	j->wait = (struct runtime_wait){ process_on_event, ctx };
	return 0;
}

static void
job_close(struct job *j)
{
	runtime_closep(&j->c);
	json_decref(j->names);
}

/* The result of a wait, with why when it was given up. */
static int
waited(struct job *j, int rc)
{
	if (rc == 1)
		diag_err(j->ctx->ds, "E0919",
			 "interrupted while the supervisor was working");
	return rc;
}

/* Is it there at all? Else there is nobody to ask. */
static bool
is_known(struct job *j, const char *name)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };

	diags_init(&quiet);
	return j->rt->recall(j->c, name, &r, &quiet) != 1;
}

/* The status of the process with that name; NULL (no diagnostic) when there is
 * none. */
static struct runtime_status *
status_of(struct effect_ctx *ctx, const struct effect_op *op, const char *name)
{
	CLEANUP(job_close) struct job j = { 0 };
	CLEANUP(put_json) json_t *names = json_pack("[s]", name);
	struct runtime_status *st = NULL;

	if (job_open(&j, ctx, op) || !is_known(&j, name) ||
	    j.rt->status(j.c, names, true, &st, ctx->ds))
		return NULL;
	return st;
}

static const struct process_status *
first(const struct runtime_status *st)
{
	return st && st->n ? &st->procs[0] : NULL;
}

/* One that waits for its next try does not run: an apply tries at once. */
static bool
counts_as_running(const struct process_status *p)
{
	return p->state == PROCESS_WAITING || p->state == PROCESS_STARTING ||
	       p->state == PROCESS_READY || p->hold;
}

static json_t *
attrs_of(const struct effect_op *op, const char *name,
	 const struct process_status *p)
{
	struct process_status none = process_status_of(name);
	CLEANUP(freep)
	char *log = runtime_of(op->env->places->runtime)
			    ->log_place(op->env->places->runtime, name);
	json_t *status = NULL;

	if (p)
		status = jx_strf("%s%s%s%s",
				 p->hold ? "held by opl2 stop"
					 : process_state_name(p->state),
				 p->reason ? ": " : "",
				 p->reason ? p->reason : "",
				 p->stale ? "; a restart is pending" : "");
	else
		p = &none;
	return json_pack("{s:s, s:s, s:b, s:s, s:I, s:o}", "name", name,
			 "log_file", log, "running",
			 counts_as_running(p) && !p->stale, "definition",
			 p->drift    ? "changed by others"
			 : p->digest ? p->digest
				     : "",
			 "pid", (json_int_t)p->pid, "status",
			 status ? status : json_string("unknown"));
}

static void
say_wishes(struct effect_ctx *ctx, const struct process_status *p)
{
	if (p->hold && !process_runs(p)) {
		diag_warn(ctx->ds, "W0930", "'%s' is held by 'opl2 stop'",
			  p->name);
		diag_hint(ctx->ds, "'opl2 start %s' ends the hold", p->name);
	}
	if (p->drift) {
		diag_warn(ctx->ds, "W1308", "'%s' was changed in the cluster",
			  p->name);
		diag_detail(ctx->ds, p->drift);
	}
	if (p->pause.asked) {
		diag_warn(ctx->ds, "W0935", "'%s' is paused", p->name);
		diag_hint(ctx->ds, "'opl2 batcher resume %s' ends the pause",
			  p->name);
	}
}

static enum outcome
process_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	size_t before = ctx->ds->nerrors;
	CLEANUP(runtime_status_freep)
	struct runtime_status *st = status_of(ctx, op, made_as(op));
	const struct process_status *p = first(st);

	if (!p)
		return ctx->ds->nerrors > before ? OC_UNREACHABLE : OC_GONE;
	say_wishes(ctx, p);
	out->attrs = attrs_of(op, made_as(op), p);
	out->down = !p->ready && counts_as_running(p);
	return OC_OK;
}

/* ---- create and update ---- */

static json_t *
secrets_for(const struct effect_op *op, const struct process_def *def)
{
	CLEANUP(put_json) json_t *wire = process_def_encode(def);

	return secret_named(wire, op->env->secrets);
}

static int
process_put(struct job *j, const struct process_def *def)
{
	CLEANUP(put_json) json_t *secrets = secrets_for(j->op, def);

	return j->rt->put(j->c, j->op->name, def, secrets, j->ctx->ds);
}

/* It runs, but not as it is wanted now. */
static bool
must_restart(const struct process_status *p)
{
	return process_runs(p) && p->stale;
}

/* A process as it was before its update. */
struct former {
	struct runtime_recall was;
	struct gate_before gate;
	bool fell; /* it was there and should run, but has ended */
};

static void
former_done(struct former *f)
{
	runtime_recall_done(&f->was);
	gate_before_done(&f->gate);
}

static void
former_look(struct job *j, bool creating, struct former *f)
{
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	(void)j->rt->recall(j->c, j->op->name, &f->was, &quiet);
	f->fell = !creating && f->was.wanted && !f->was.ran;
	gate_look(j->ctx, j->op, !creating, f->was.wanted, &f->gate);
}

/* Is it started in another way than it was? */
static bool
starts_anew(const struct former *f, const struct process_status *p,
	    const struct process_def *def)
{
	CLEANUP(put_json) json_t *is = NULL;
	CLEANUP(put_json) json_t *was = NULL;

	if (must_restart(p))
		return true;
	if (!f->fell || !f->was.def)
		return f->fell;
	is = process_def_encode(def);
	was = process_def_encode(f->was.def);
	return !json_equal(was, is);
}

/* Brings it to run by the definition that was put, and waits. */
static int
bring_up(struct job *j, const struct process_status *p,
	 const struct process_def *def, const struct former *f)
{
	struct effect_ctx *ctx = j->ctx;
	int rc = 0;

	if (must_restart(p))
		rc = j->rt->restart(j->c, j->names, j->op->force, &j->wait,
				    ctx->ds);
	else if (!p->ready)
		rc = j->rt->start(j->c, j->names, ctx->ds);
	if (rc == 0)
		rc = j->rt->wait_ready(j->c, j->names, &j->wait, ctx->ds);
	if (rc || !starts_anew(f, p, def) ||
	    !gate_tells(ctx, j->op, f->was.ran ? f->was.ran : f->was.def,
			&f->gate))
		return waited(j, rc);
	effect_progress(ctx, "waits until it makes progress");
	return waited(j, j->rt->wait_gate(j->c, j->op->name, f->gate.above,
					  gate_ms(j->op), &j->wait, ctx->ds));
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
fall_back(struct job *j, const struct process_def *old)
{
	struct effect_ctx *ctx = j->ctx;

	effect_progress(ctx, "restores its previous definition");
	if (process_put(j, old) ||
	    waited(j,
		   j->rt->restart(j->c, j->names, false, &j->wait, ctx->ds)) ||
	    waited(j, j->rt->wait_ready(j->c, j->names, &j->wait, ctx->ds)))
		return OC_FAIL;
	diag_err(ctx->ds, "E0939",
		 "'%s' runs its previous definition: the changed process did "
		 "not become healthy",
		 j->op->name);
	diag_hint(ctx->ds, "see its log for the time in between, fix the cause "
			   "and rerun apply");
	return OC_FAIL;
}

/* It is not put back by itself. Says how a person does it. */
static void
how_to_go_back(struct job *j, const struct process_def *old)
{
	diag_err(j->ctx->ds, "E1154",
		 "'%s' keeps its new definition; it ran '%s' before",
		 j->op->name, old->command.v[0]);
	diag_hint(j->ctx->ds,
		  "fix what its log reports and rerun apply; or, if its "
		  "database was not changed, restore the previous program in "
		  "the spec and run 'opl2 apply'");
}

static enum outcome
process_finish(struct job *j, int rc, struct effect_result *out)
{
	CLEANUP(runtime_status_freep)
	struct runtime_status *st = status_of(j->ctx, j->op, j->op->name);
	const struct process_status *p = first(st);

	if (!p && !j->ctx->ds->nerrors)
		diag_err(j->ctx->ds, "E0911",
			 "the supervisor no longer has '%s'", j->op->name);
	out->attrs = attrs_of(j->op, j->op->name, p);
	return rc || !p ? OC_PARTIAL : OC_OK;
}

static int
process_begin(struct job *j, const struct process_def *def, bool creating)
{
	CLEANUP(put_json) json_t *token = NULL;
	char digest[65];

	process_def_digest(def, digest);
	token = json_pack("{s:s, s:s}", "name", j->op->name, "definition",
			  digest);
	if (creating && effect_intend(j->ctx, token))
		return -1;
	return process_put(j, def);
}

/* What its update came to, when it did not come up. */
static enum outcome
failed_update(struct job *j, int rc, const struct former *f,
	      struct effect_result *out)
{
	const json_t *gate = jx_get(j->op->config, "gate");

	if (gate && jx_bool(gate, "fall_back", false))
		return fall_back(j, f->was.ran);
	if (gate)
		how_to_go_back(j, f->was.ran);
	return process_finish(j, rc, out);
}

static enum outcome
apply(struct effect_ctx *ctx, const struct effect_op *op, bool creating,
      struct effect_result *out)
{
	CLEANUP(job_close) struct job j = { 0 };
	CLEANUP(process_def_putp)
	struct process_def *def = process_def_of(op, ctx->ds);
	CLEANUP(former_done) struct former f = { 0 };
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	const struct process_status *p;
	int rc;

	if (!def || job_open(&j, ctx, op))
		return OC_FAIL;
	former_look(&j, creating, &f);
	if (process_begin(&j, def, creating))
		return OC_FAIL;
	st = status_of(ctx, op, op->name);
	p = first(st);
	/* Whether it has to be restarted is not known then. */
	if (!p)
		return process_finish(&j, -1, out);
	/* A hold is a person's wish: only `opl2 start` ends it. */
	if (!creating && p->hold)
		return process_finish(&j, 0, out);
	rc = bring_up(&j, p, def, &f);
	if (rc < 0 && f.was.ran && must_restart(p) && blames_process(ctx->ds))
		return failed_update(&j, rc, &f, out);
	return process_finish(&j, rc, out);
}

/* The one that was made, whatever the resource is called now. */
static enum outcome
process_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	CLEANUP(job_close) struct job j = { 0 };
	int rc;

	if (job_open(&j, ctx, op))
		return OC_FAIL;
	rc = waited(&j, j.rt->remove(j.c, made_as(op), op->force, &j.wait,
				     ctx->ds));
	return rc == 0 ? OC_OK : rc == 1 ? OC_CANCELLED : OC_FAIL;
}

static bool
has_moved(const struct effect_op *op)
{
	return strcmp(made_as(op), op->name) != 0;
}

static enum outcome
process_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	enum outcome oc = has_moved(op) ? process_remove(ctx, op) : OC_OK;

	return oc == OC_OK ? apply(ctx, op, true, out) : oc;
}

static enum outcome
process_update(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	return apply(ctx, op, false, out);
}

/* ---- what was begun ---- */

/* Whatever was begun is in the records, and create() goes on from there. */
static enum outcome
process_recover(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	size_t before = ctx->ds->nerrors;
	CLEANUP(runtime_status_freep)
	struct runtime_status *st = status_of(ctx, op, made_as(op));
	const struct process_status *p = first(st);
	enum outcome oc;

	if (!p && ctx->ds->nerrors > before)
		return OC_UNSURE;
	if (!p) {
		diag_err(ctx->ds, "E0911", "'%s' was not started", op->name);
		return OC_RETRY;
	}
	if (has_moved(op)) {
		oc = process_remove(ctx, op);
		return oc == OC_OK ? OC_RETRY : oc;
	}
	out->attrs = attrs_of(op, op->name, p);
	if (p->ready && !p->stale && p->digest &&
	    !strcmp(p->digest, jx_str(op->token, "definition", "-")))
		return OC_OK;
	diag_err(ctx->ds, "E0906", "'%s' was started and is not ready yet",
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
