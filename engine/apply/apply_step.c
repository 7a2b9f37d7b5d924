/* What one task does, step by step. */
#include "engine/apply/apply_impl.h"

#include "engine/io/fault.h"
#include "engine/io/jx.h"

#define MAX_TRIES 4 /* the first and three more */

/* What may come meanwhile is asked for so often, or as often as the asking
 * takes a fifth of the time. */
#define LATER_MIN_MS 5000
#define LATER_MAX_MS 60000

static void
fail(struct applier *ap, struct task *t)
{
	task_end(ap, t, TASK_FAILED);
}

static int
contradiction(struct applier *ap, struct task *t, const char *what)
{
	diag_err(ap->ds, "E0606", "'%s' %s", t->c->addr, what);
	diag_addr(ap->ds, t->c->addr);
	diag_hint(ap->ds, "the plan no longer matches reality; make a new "
			  "plan. Completed steps are recorded");
	return -1;
}

static void
submit(struct applier *ap, struct task *t, enum step step)
{
	if (task_submit(ap, t, step))
		fail(ap, t);
}

/* --- beginning --- */

/* An update, decided again now that everything is known: it may have become
 * nothing, never something graver. */
static void
start_update(struct applier *ap, struct task *t)
{
	enum change_class class;

	if (!task_differs(ap, t, &class)) {
		task_end(ap, t, TASK_DONE);
		return;
	}
	if ((class == CLASS_ONE_WAY && !t->c->consented) ||
	    (class >= CLASS_REPLACE &&
	     (t->c->action != ACT_REPLACE || class > t->c->class))) {
		contradiction(
			ap, t,
			"would need a more severe change than was approved");
		fail(ap, t);
	} else if (class >= CLASS_REPLACE) {
		submit(ap, t,
		       stays_behind(ap, t->c) ? STEP_CREATE : STEP_REMOVE);
	} else {
		submit(ap, t, STEP_UPDATE);
	}
}

static void
start_main(struct applier *ap, struct task *t)
{
	switch (t->c->action) {
	case ACT_READ:
		submit(ap, t, STEP_READ);
		break;
	case ACT_CREATE:
		submit(ap, t,
		       run_open_intent(ap->r, t->c->addr) ? STEP_RECOVER
							  : STEP_CREATE);
		break;
	case ACT_IMPORT:
		submit(ap, t, STEP_IMPORT);
		break;
	case ACT_REPLACE:
		if (replace_is_open(t->c))
			start_update(ap, t);
		else
			submit(ap, t, STEP_CREATE);
		break;
	default:
		start_update(ap, t);
	}
}

static void
start_removal(struct applier *ap, struct task *t)
{
	const struct state_entry *e = task_entry(ap, t);
	bool replacing = t->c->action == ACT_REPLACE;

	if (!e) {
		task_end(ap, t, TASK_DONE);
	} else if (!replacing && t->c->action == ACT_FORGET) {
		task_end(ap, t,
			 record_forget(ap, t->c->addr) ? TASK_FAILED
						       : TASK_DONE);
	} else {
		submit(ap, t, STEP_REMOVE);
	}
}

/* Only what the plan read is recorded; nothing in the world changes. */
static void
start_refresh(struct applier *ap, struct task *t)
{
	const struct change *c = t->c;
	const struct state_entry *e = task_entry(ap, t);
	int rc = 0;

	if (c->drifted && e && c->nreasons && c->reasons[0].why == WHY_GONE) {
		rc = record_gone(ap, c->addr);
	} else if (c->drifted && e) {
		CLEANUP(put_json) json_t *priv = jx_share(entry_priv(e));
		CLEANUP(put_json) json_t *config = jx_share(e->config);

		rc = record_done(ap, t, config, c->prior, priv, NULL,
				 e->status);
	}
	task_end(ap, t, rc ? TASK_FAILED : TASK_DONE);
}

void
task_start(struct applier *ap, struct task *t)
{
	const struct change *c = t->c;

	t->began = mono_ms();
	t->status = TASK_RUNNING;
	if (ap->p->mode == PLAN_REFRESH_ONLY) {
		start_refresh(ap, t);
		return;
	}
	if (t->acts)
		task_event(ap, t, EV_START, NULL);
	if (t->removal) {
		start_removal(ap, t);
		return;
	}
	if (!c->kept && record_depends(ap, t)) {
		fail(ap, t);
	} else if (c->action == ACT_NOOP && !t->verify) {
		task_end(ap, t, TASK_DONE);
	} else if (c->action != ACT_NOOP && task_eval(ap, t)) {
		fail(ap, t);
	} else if (t->verify) {
		submit(ap, t, STEP_VERIFY);
	} else {
		start_main(ap, t);
	}
}

/* --- ends of operations --- */

/* Is all of what was told of the object what it became? */
static int
check_told(struct applier *ap, const struct task *t, json_t *told,
	   const json_t *attrs)
{
	const char *key;
	json_t *v;

	json_object_foreach(told, key, v) {
		if (json_equal(v, json_object_get(attrs, key)))
			continue;
		diag_err(ap->ds, "E0607",
			 "kind '%s' predicted a different '%s' from the result",
			 t->c->kind, key);
		diag_addr(ap->ds, t->c->addr);
		return -1;
	}
	return 0;
}

/* The kind said at plan time what a field would be, and others were planned
 * by it. Blamed by name; the object is recorded as it is. */
static int
check_prediction(struct applier *ap, struct task *t, const json_t *attrs)
{
	if (t->c->action == ACT_READ || t->c->action == ACT_IMPORT ||
	    (change_is_cache(t->c) && !json_equal(t->config, t->c->config)))
		return 0;
	return check_told(ap, t, t->c->attrs, attrs);
}

static void
finish_made(struct applier *ap, struct task *t, enum entry_status status)
{
	int rc = record_done(ap, t, t->config, t->op.attrs, t->op.priv,
			     t->op.lock, status);

	FAULT("apply.after_record");
	if (rc == 0 && status == ENTRY_OK)
		rc = check_prediction(ap, t, t->op.attrs);
	/* What began with another value, the next plan tells of. */
	if (rc == 0 && status == ENTRY_OK)
		rc = check_told(ap, t, t->early, t->op.attrs);
	if (rc || status != ENTRY_OK)
		fail(ap, t);
	else
		task_end(ap, t, TASK_DONE);
}

static void
on_removed(struct applier *ap, struct task *t)
{
	if (record_gone(ap, t->c->addr))
		fail(ap, t);
	else if (t->removal)
		task_end(ap, t, TASK_DONE);
	else
		submit(ap, t, STEP_CREATE);
}

/* A put-off read came: the plan was made on the recorded values. */
static void
on_verified(struct applier *ap, struct task *t)
{
	const struct state_entry *e = task_entry(ap, t);
	bool frozen = kind_find(t->c->kind)->flags & KIND_READ_ONLY;
	struct reasons rs = { 0 };
	struct diff d = { .arena = &ap->arena,
			  .schema = t->c->res->schema,
			  .why = WHY_DRIFT,
			  .computed = true,
			  .out = &rs };

	if (!e || t->op.outcome == OC_GONE) {
		contradiction(ap, t, "no longer exists");
		fail(ap, t);
		return;
	}
	diff_attrs(&d, e->attrs, t->op.attrs);
	if (t->c->action == ACT_UPDATE) {
		t->found = json_incref(t->op.attrs);
		start_update(ap, t);
	} else if (rs.n && !frozen) {
		contradiction(ap, t, "differs from the recorded state");
		diag_path(ap->ds, "%s", rs.v[0].pointer);
		fail(ap, t);
	} else {
		task_end(ap, t, TASK_DONE);
	}
}

static void
on_recovered(struct applier *ap, struct task *t)
{
	const struct open_intent *o = run_open_intent(ap->r, t->c->addr);
	const json_t *made = o->object ? jx_get(o->object, "config") : NULL;
	CLEANUP(put_json) json_t *config = TAKE(t->config);

	if (!made || json_equal(made, config)) {
		t->config = json_incref(config);
		finish_made(ap, t, ENTRY_OK);
		return;
	}
	t->config = jx_share(made);
	if (record_done(ap, t, t->config, t->op.attrs, t->op.priv, NULL,
			ENTRY_OK) == 0)
		contradiction(ap, t,
			      "was completed as it was started, which does not "
			      "match the current spec");
	fail(ap, t);
}

static void
on_ok(struct applier *ap, struct task *t)
{
	FAULT("apply.after_effect");
	switch (t->step) {
	case STEP_VERIFY:
		on_verified(ap, t);
		break;
	case STEP_RECOVER:
		on_recovered(ap, t);
		break;
	case STEP_REMOVE:
		on_removed(ap, t);
		break;
	default:
		finish_made(ap, t, ENTRY_OK);
	}
}

static void
on_gone(struct applier *ap, struct task *t)
{
	if (t->step == STEP_REMOVE) {
		on_removed(ap, t);
	} else if (t->step == STEP_VERIFY) {
		on_verified(ap, t);
	} else {
		contradiction(ap, t, "does not exist");
		fail(ap, t);
	}
}

/* What was announced has not begun: the recorded object, when there is one, is
 * still that of before. A replacement that leaves it behind is one still. */
static void
start_over(struct applier *ap, struct task *t)
{
	const struct state_entry *e = task_entry(ap, t);
	enum change_class class = CLASS_REPLACE;

	t->fresh = true;
	if (e && e->status == ENTRY_OK)
		(void)task_differs(ap, t, &class);
	if (class_needs_consent(class) && !t->c->consented) {
		contradiction(
			ap, t,
			"would need a more severe change than was approved");
		fail(ap, t);
	} else {
		submit(ap, t,
		       class >= CLASS_REPLACE ? STEP_CREATE : STEP_UPDATE);
	}
}

/* A server that does not answer yet may be started, as money may be sent,
 * while something is built: nothing is gained by giving it up before. */
static bool
may_come(const struct task *t)
{
	return t->op.outcome == OC_LATER ||
	       (t->op.outcome == OC_UNREACHABLE && t->step == STEP_READ &&
		t->c->action == ACT_READ);
}

static bool
will_ask_later(const struct applier *ap, const struct task *t)
{
	return may_come(t) && !ap->stopping && !t->op.died && tasks_work(ap, t);
}

static void
ask_later(struct applier *ap, struct task *t)
{
	const struct diag *why = t->op.ds.first;
	uint64_t ms = 4 * (mono_ms() - t->op.started);

	while (why && why->sev != SEV_ERROR)
		why = why->next;
	t->later = true;
	task_retry(ap, t,
		   ms < LATER_MIN_MS   ? LATER_MIN_MS
		   : ms > LATER_MAX_MS ? LATER_MAX_MS
				       : ms,
		   arena_printf(&ap->arena, "waits: %s",
				why ? why->summary : "asked again soon"));
}

/* Nothing has happened; whatever was announced is off. */
static void
on_nothing(struct applier *ap, struct task *t)
{
	if ((t->op.intended || t->step == STEP_RECOVER) &&
	    record_none(ap, t->c->addr)) {
		fail(ap, t);
		return;
	}
	if (will_ask_later(ap, t)) {
		ask_later(ap, t);
	} else if (t->op.outcome != OC_RETRY || ap->stopping) {
		fail(ap, t);
	} else if (t->step == STEP_RECOVER) {
		start_over(ap, t);
	} else if (++t->tries < MAX_TRIES) {
		task_retry(ap, t, 1000u << (t->tries - 1), "trying again soon");
	} else {
		fail(ap, t);
	}
}

static void
on_partial(struct applier *ap, struct task *t)
{
	if (t->step == STEP_RECOVER)
		submit(ap, t, STEP_CREATE);
	else if (t->step == STEP_REMOVE)
		fail(ap, t);
	else
		finish_made(ap, t, ENTRY_INCOMPLETE);
}

/* The journal keeps the intent open: the next run asks again. */
static void
on_unsure(struct applier *ap, struct task *t)
{
	diag_err(ap->ds, "E0608",
		 "cannot tell whether the last operation on '%s' took effect",
		 t->c->addr);
	diag_addr(ap->ds, t->c->addr);
	fail(ap, t);
}

static bool
will_retry(const struct applier *ap, const struct task *t)
{
	return t->op.outcome == OC_RETRY && !ap->stopping &&
	       (t->step == STEP_RECOVER || t->tries + 1 < MAX_TRIES);
}

/* What a recovery says of what is to be gone on with is no failure. */
static bool
goes_on(const struct task *t)
{
	return t->step == STEP_RECOVER && t->op.outcome == OC_PARTIAL;
}

void
task_op_done(struct applier *ap, struct task *t)
{
	/* Of an attempt that is made again only the last reasons count. */
	if (t->op.outcome == OC_UNSURE)
		on_unsure(ap, t);
	if (!will_retry(ap, t) && !will_ask_later(ap, t) && !goes_on(t) &&
	    !task_was_stopped(ap, t))
		diags_append(ap->ds, &t->op.ds);
	switch (t->op.outcome) {
	case OC_OK:
		on_ok(ap, t);
		break;
	case OC_GONE:
		on_gone(ap, t);
		break;
	case OC_PARTIAL:
		on_partial(ap, t);
		break;
	case OC_RETRY:
	case OC_LATER:
	case OC_FAIL:
		/* Of a worker that died nothing is known. */
		if (t->op.died || t->step == STEP_VERIFY ||
		    t->step == STEP_READ)
			fail(ap, t);
		else
			on_nothing(ap, t);
		break;
	case OC_UNREACHABLE:
		if (will_ask_later(ap, t))
			ask_later(ap, t);
		else
			fail(ap, t);
		break;
	case OC_UNSURE:
		break;
	default:
		fail(ap, t);
	}
}
