#include "engine/apply/apply.h"

#include "engine/apply/apply_impl.h"

#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/plan/durations.h"

#define DEFAULT_TIMEOUT_MS (3600u * 1000)
#define READ_TIMEOUT_MS    (60u * 1000)

const struct state_entry *
task_entry(const struct applier *ap, const struct task *t)
{
	return state_get(ap->r->state, t->c->addr);
}

enum action
task_action(const struct task *t)
{
	if (t->removal && t->c->action == ACT_REPLACE)
		return ACT_DELETE;
	return t->verify && t->c->action == ACT_NOOP ? ACT_READ : t->c->action;
}

bool
task_was_stopped(const struct applier *ap, const struct task *t)
{
	const struct diag *why = t->op.ds.last;

	return ap->res->interrupted && t->op.outcome == OC_CANCELLED && why &&
	       strcmp(why->code, "E0623") == 0;
}

void
task_event(struct applier *ap, struct task *t, enum event_type type,
	   const char *text)
{
	struct event ev = {
		.type = type,
		.addr = t->c->addr,
		.kind = t->c->kind,
		.action = task_action(t),
		.text = text,
		.elapsed_ms = t->began ? mono_ms() - t->began : 0,
		.diag = type != EV_ERROR          ? NULL
			: task_was_stopped(ap, t) ? t->op.ds.last
						  : ap->ds->last,
		.done = ap->done,
		.total = ap->total,
		.running = (unsigned)ap->running,
	};

	run_emit(ap->r, &ev);
}

/* --- operations --- */

static const char *const step_ops[] = { "read",   "read",   "recover", "create",
					"update", "remove", "import" };

/* Did the user name it with -replace? */
static bool
requested(const struct change *c)
{
	for (size_t i = 0; i < c->nreasons; i++)
		if (c->reasons[i].why == WHY_REQUESTED)
			return true;
	return false;
}

/* What describes the object that is adopted: of `opl2 import`, else of
 * `import` in the spec. */
static json_t *
import_files(const struct applier *ap, const struct change *c)
{
	CLEANUP(freep) char *path = NULL;

	if (ap->files)
		return jx_share(ap->files);
	for (size_t i = 0; i < c->nreasons && !path; i++)
		if (c->reasons[i].why == WHY_IMPORT)
			path = path_join(ap->r->spec->dir, c->reasons[i].text);
	return json_pack("[s*]", path);
}

/* What depends on t, which runs, and has still to be changed. New; NULL:
 * nothing has, or none of it matters to such a kind. */
static json_t *
changed_later(const struct applier *ap, const struct task *t)
{
	json_t *later = NULL;

	if (!(kind_find(t->c->kind)->flags & KIND_RUNS))
		return NULL;
	for (size_t i = 0; i < t->nnext; i++) {
		const struct task *n = &ap->tasks[t->next[i]];

		if (!n->acts || n->removal || n->status != TASK_WAITING)
			continue;
		if (!later)
			later = json_array();
		json_array_append_new(later, json_string(n->c->addr));
	}
	return later;
}

static json_t *
make_msg(struct applier *ap, struct task *t, uint64_t timeout)
{
	const struct state_entry *e = task_entry(ap, t);
	const struct open_intent *o =
		t->fresh ? NULL : run_open_intent(ap->r, t->c->addr);
	CLEANUP(put_json) json_t *made = NULL;
	CLEANUP(put_json)
	json_t *files = t->step == STEP_IMPORT ? import_files(ap, t->c) : NULL;
	CLEANUP(put_json) json_t *later = changed_later(ap, t);
	struct effect_msg m = {
		.what = step_ops[t->step],
		.addr = t->c->addr,
		.kind = t->c->kind,
		.config = t->config,
		.prior_config = e ? e->config : NULL,
		.prior = e ? e->attrs : NULL,
		.priv = entry_priv(e),
		.token = o ? o->token : NULL,
		.files = files,
		.later = later,
		/* An update makes no new chain. */
		.accept = t->c->consented && t->c->action != ACT_UPDATE,
		.timeout_ms = timeout,
	};

	if (t->step == STEP_CREATE || t->step == STEP_UPDATE ||
	    t->step == STEP_RECOVER)
		m.planned = t->c->attrs;
	if (t->step == STEP_UPDATE)
		m.prior = t->found      ? t->found
			  : t->c->prior ? t->c->prior
					: m.prior;
	if (t->step == STEP_REMOVE)
		m.config = m.prior_config;
	if (t->step == STEP_VERIFY && e) {
		made = read_config(t->c->res->schema, e->config, t->config);
		m.config = made;
	}
	if (t->step == STEP_REMOVE)
		m.accept = requested(t->c);
	if (t->step == STEP_RECOVER && o && o->object)
		m.config = jx_get(o->object, "config");
	/* What is made anew has nothing to do with what was there before. */
	if (t->step == STEP_CREATE && e && e->status == ENTRY_OK && !o)
		m.prior_config = m.prior = m.priv = NULL;
	return effect_msg_make(ap->r, &m);
}

int
task_submit(struct applier *ap, struct task *t, enum step step)
{
	uint64_t timeout = t->c->res ? t->c->res->timeout_ms : 0;

	if (ap->stopping)
		return -1;
	if (!timeout)
		timeout = step == STEP_VERIFY || step == STEP_READ
				  ? READ_TIMEOUT_MS
				  : DEFAULT_TIMEOUT_MS;
	if (run_need_pool(ap->r, ap->ds) ||
	    (step >= STEP_RECOVER &&
	     journal_reserve(ap->r->impl->journal, ap->ds))) {
		ap->stopping = true;
		return -1;
	}
	if (t->op_live)
		pool_op_done(&t->op);
	pool_op_init(&t->op);
	t->op_live = true;
	t->step = step;
	t->op.msg = make_msg(ap, t, timeout);
	t->op.addr = t->c->addr;
	t->op.timeout_ms = timeout;
	t->op.data = t;
	t->status = TASK_RUNNING;
	ap->running++;
	FAULT("apply.before_op");
	pool_submit(ap->r->pool, &t->op);
	return 0;
}

void
task_retry(struct applier *ap, struct task *t, uint64_t ms, const char *why)
{
	t->retry_at = mono_ms() + ms;
	ap->waiting_retry++;
	task_event(ap, t, EV_PROGRESS, why);
}

/* --- ends --- */

static void
count_done(struct applier *ap, const struct task *t)
{
	struct apply_result *r = ap->res;

	if (t->removal && t->c->action == ACT_REPLACE)
		return;
	switch (t->c->action) {
	case ACT_CREATE:
		r->created++;
		break;
	case ACT_UPDATE:
		r->updated++;
		break;
	case ACT_REPLACE:
		r->replaced++;
		break;
	case ACT_DELETE:
		r->removed++;
		break;
	case ACT_FORGET:
		r->forgotten++;
		break;
	case ACT_READ:
		r->read++;
		break;
	case ACT_IMPORT:
		r->imported++;
		break;
	default:
		break;
	}
	if (t->c->kept)
		r->kept++;
}

/* What it took by itself. An update that turned out to be nothing, and what
 * an earlier run had begun, say nothing about the next time. */
static void
note_duration(struct applier *ap, const struct task *t)
{
	uint64_t took = mono_ms() - t->began;

	if (!t->op_live || t->c->incomplete ||
	    (t->step != STEP_CREATE && t->step != STEP_UPDATE))
		return;
	durations_note(ap->durations, t->c->addr, t->c->action,
		       took > t->op.waited_ms ? took - t->op.waited_ms : 0);
}

static void release(struct applier *ap, const struct task *t);

static void
skip_next(struct applier *ap, struct task *t, const char *because)
{
	size_t i;

	for (i = 0; i < t->nnext; i++) {
		struct task *n = &ap->tasks[t->next[i]];

		if (n->status != TASK_WAITING) {
			/* It began early: what waits for it will not. */
			if (n->held)
				skip_next(ap, n, because);
			continue;
		}
		n->status = TASK_SKIPPED;
		if (n->acts) {
			ap->res->skipped++;
			ap->done++;
			task_event(ap, n, EV_SKIPPED, because);
		}
		skip_next(ap, n, because);
	}
}

/* t is done, and n waits for one less. */
static void
let_go(struct applier *ap, const struct task *t, struct task *n)
{
	bool began = t->early && early_takes(n);

	if (!began && --n->wait == 0 && n->status == TASK_WAITING)
		ap->ready[ap->nready++] = (size_t)(n - ap->tasks);
	else if (began && n->held > 0 && --n->held == 0 &&
		 n->status == TASK_DONE)
		release(ap, n);
}

static void
release(struct applier *ap, const struct task *t)
{
	for (size_t i = 0; i < t->nnext; i++)
		let_go(ap, t, &ap->tasks[t->next[i]]);
}

void
task_end(struct applier *ap, struct task *t, enum task_status status)
{
	t->status = status;
	if (t->acts)
		ap->done++;
	if (status == TASK_DONE) {
		count_done(ap, t);
		note_duration(ap, t);
		if (t->acts)
			task_event(ap, t, EV_DONE, NULL);
		if (t->held == 0)
			release(ap, t);
	} else {
		ap->res->failed++;
		task_event(ap, t, EV_ERROR, NULL);
		skip_next(ap, t, t->c->addr);
	}
	early_over(ap, t);
	json_decref(t->config);
	json_decref(t->found);
	t->config = t->found = NULL;
}

/* --- the pool's hooks --- */

static int
on_intend(void *arg, struct pool_op *op, const json_t *token)
{
	struct applier *ap = arg;
	struct task *t = op->data;
	CLEANUP(put_json) json_t *full = intent_token(ap, t, token);

	if (journal_intent(ap->r->impl->journal, t->c->addr, step_ops[t->step],
			   full, ap->ds) < 0)
		return -1;
	/* What is paid, and what must not run twice. */
	if (kind_find(t->c->kind)->flags & (KIND_IRREVERSIBLE | KIND_RUNS))
		journal_ahead(ap->r->impl->journal, t->c->addr);
	return 0;
}

static int
on_pgroup(void *arg, struct pool_op *op UNUSED, pid_t pgid, uint64_t start)
{
	struct applier *ap = arg;

	return journal_pgroup(ap->r->impl->journal, pgid, ap->r->impl->boot_id,
			      start, ap->ds);
}

static void
on_pgroup_end(void *arg, struct pool_op *op UNUSED, pid_t pgid)
{
	struct applier *ap = arg;

	if (journal_pgroup_end(ap->r->impl->journal, pgid, ap->ds))
		ap->stopping = true;
}

static void
apply_on_progress(void *arg, struct pool_op *op, const char *text)
{
	task_event(arg, op->data, EV_PROGRESS, text);
}

static void
apply_on_early(void *arg, struct pool_op *op, const json_t *attrs)
{
	early_told(arg, op->data, attrs);
}

static void
apply_on_done(void *arg, struct pool_op *op)
{
	struct applier *ap = arg;

	ap->running--;
	task_op_done(ap, op->data);
}

/* One fdatasync for all that a round brought. */
static int
on_sync(void *arg)
{
	struct applier *ap = arg;
	struct journal *j = ap->r->impl->journal;

	if (journal_pending(j)) {
		if (journal_sync(j, ap->ds)) {
			ap->stopping = true;
			return -1;
		}
		FAULT("apply.after_sync");
	}
	if (ap->kept && backend_settle(ap->r->impl->backend, ap->ds)) {
		ap->stopping = true;
		return -1;
	}
	ap->kept = false;
	return 0;
}

static void
apply_on_keep(void *arg, const char *path, int64_t from)
{
	struct applier *ap = arg;

	backend_keep(ap->r->impl->backend, path, from);
	ap->kept = true;
}

/* --- the loop --- */

bool
tasks_work(const struct applier *ap, const struct task *other)
{
	for (size_t i = 0; i < ap->ntasks; i++) {
		const struct task *t = &ap->tasks[i];

		if (t != other && t->status == TASK_RUNNING &&
		    !(t->later && t->retry_at))
			return true;
	}
	return false;
}

static void
start_ready(struct applier *ap)
{
	bool now;
	size_t i;

	while (ap->nready > 0 && !ap->stopping) {
		struct task *t = &ap->tasks[ap->ready[--ap->nready]];

		if (!t->held || early_suffices(ap, t))
			task_start(ap, t);
	}
	if (ap->waiting_retry == 0)
		return;
	now = ap->stopping || !tasks_work(ap, NULL);
	for (i = 0; i < ap->ntasks; i++) {
		struct task *t = &ap->tasks[i];

		if (!t->retry_at || (mono_ms() < t->retry_at && !now))
			continue;
		t->retry_at = 0;
		ap->waiting_retry--;
		if (task_submit(ap, t, t->step)) {
			diags_append(ap->ds, &t->op.ds);
			task_end(ap, t, TASK_FAILED);
		}
	}
}

static void
apply_check_interrupt(struct applier *ap)
{
	unsigned before = ap->intr.count;

	intr_check(&ap->intr);
	if (ap->intr.count == before)
		return;
	ap->stopping = ap->res->interrupted = true;
	if (ap->intr.count == 1) {
		run_message(ap->r, "stopping: running operations end at a safe "
				   "place; interrupt again to stop at once");
		if (ap->r->pool)
			pool_cancel(ap->r->pool);
	} else if (ap->r->pool) {
		run_message(ap->r, "stopping at once");
		pool_kill(ap->r->pool);
	}
}

static int
wait_ms(const struct applier *ap)
{
	const struct events *e = ap->r->opts.events;
	int ms = e && e->tick && e->tick_ms ? (int)e->tick_ms : -1;

	if (ap->waiting_retry && (ms < 0 || ms > 200))
		ms = 200;
	return ms;
}

static int
run_loop(struct applier *ap)
{
	const struct pool_hooks hooks = {
		.intend = on_intend,
		.pgroup = on_pgroup,
		.pgroup_end = on_pgroup_end,
		.progress = apply_on_progress,
		.early = apply_on_early,
		.done = apply_on_done,
		.sync = on_sync,
		.keep = apply_on_keep,
		.arg = ap,
	};
	const struct events *e = ap->r->opts.events;
	size_t i;

	for (i = ap->ntasks; i-- > 0;)
		if (ap->tasks[i].wait == 0)
			ap->ready[ap->nready++] = i;
	for (;;) {
		start_ready(ap);
		if (ap->running == 0 && ap->waiting_retry == 0)
			return 0;
		if (pool_turn(ap->r->pool, &hooks, wait_ms(ap), ap->intr.fd,
			      ap->ds))
			return -1;
		if (e && e->tick)
			e->tick(e->arg);
		apply_check_interrupt(ap);
	}
}

/* --- the whole --- */

static int
open_journal(struct run *r, struct diags *ds)
{
	struct run_impl *im = r->impl;
	char now[32];
	size_t i;

	/* A new journal knows no more what the old one had for opl2.lock. */
	if (im->left.found && run_lock_save(r, ds))
		return -1;
	utc_now(now, sizeof(now));
	im->journal = state_store_begin(
		&im->store, r->state, &im->left,
		r->opts.command ? r->opts.command : "apply", now, ds);
	if (!im->journal)
		return -1;
	/* These were swept when the run was opened. */
	for (i = 0; i < im->left.npgroups; i++)
		if (journal_pgroup_end(im->journal, im->left.pgroups[i].pgid,
				       ds))
			return -1;
	return 0;
}

static int
apply_begin(struct applier *ap)
{
	return run_apply_begins(ap->r, ap->ds) || open_journal(ap->r, ap->ds) ||
			       secret_key(ap->r, true, ap->ds)
		       ? -1
		       : 0;
}

/* What opl2.lock lacks is in the journal alone: the next apply takes it from
 * there. */
static int
keep_journal(struct applier *ap)
{
	struct run_impl *im = ap->r->impl;

	(void)journal_sync(im->journal, ap->ds);
	journal_free(TAKE(im->journal));
	(void)backend_settle(im->backend, ap->ds);
	return -1;
}

static int
conclude(struct applier *ap)
{
	struct run_impl *im = ap->r->impl;
	bool empty = ap->p->mode == PLAN_DESTROY && ap->r->state->count == 0;
	int rc = 0;

	if (ap->p->mode == PLAN_NORMAL && !ap->stopping) {
		rc = apply_outputs(ap);
	} else if (empty) {
		CLEANUP(put_json) json_t *none = json_object();

		state_set_outputs(ap->r->state, none);
	}
	durations_save(ap->r->impl->backend, ap->durations);
	if (run_lock_save(ap->r, ap->ds))
		return keep_journal(ap);
	FAULT("apply.before_end");
	if (state_store_end(&im->store, ap->r->state, TAKE(im->journal),
			    ap->ds))
		rc = -1;
	return rc;
}

/* What was never begun, because the run stopped. */
static void
count_left(struct applier *ap)
{
	size_t i;

	for (i = 0; i < ap->ntasks; i++)
		if (ap->tasks[i].status == TASK_WAITING && ap->tasks[i].acts)
			ap->res->skipped++;
	if (ap->res->interrupted)
		diag_err(ap->ds, "E0619",
			 "the run was interrupted; completed steps are "
			 "recorded");
	else if ((ap->stopping || ap->res->skipped) && ap->ds->nerrors == 0)
		diag_err(ap->ds, "E0600", "apply stopped without a reason");
}

static void
free_tasks(struct applier *ap)
{
	size_t i;

	for (i = 0; i < ap->ntasks; i++) {
		struct task *t = &ap->tasks[i];

		if (t->op_live)
			pool_op_done(&t->op);
		json_decref(t->early);
		json_decref(t->config);
		json_decref(t->found);
	}
	json_decref(ap->owner);
	json_decref(ap->durations);
	arena_done(&ap->arena);
}

int
run_apply(struct run *r, const struct plan *p, struct apply_result *res,
	  struct diags *ds)
{
	return apply_run(r, p, NULL, res, ds);
}

int
apply_run(struct run *r, const struct plan *p, const json_t *files,
	  struct apply_result *res, struct diags *ds)
{
	struct applier ap = {
		.r = r, .p = p, .files = files, .res = res, .ds = ds
	};
	size_t errors = ds->nerrors, i;
	int rc;

	memset(res, 0, sizeof(*res));
	if (p->refused)
		return diag_err(ds, "E0610", "the plan is rejected");
	if (intr_begin(&ap.intr, ds))
		return -1;
	arena_init(&ap.arena);
	ap.owner = json_array();
	ap.durations = durations_load(r->impl->backend);
	rc = apply_begin(&ap);
	if (rc == 0) {
		rc = p->mode == PLAN_NORMAL ? record_moves(&ap) : 0;
		apply_tasks(&ap);
		for (i = 0; i < ap.ntasks; i++)
			ap.total += ap.tasks[i].acts;
		if (rc == 0)
			rc = apply_claim_host(&ap) ? -1 : run_loop(&ap);
		count_left(&ap);
		if (conclude(&ap))
			rc = -1;
	}
	res->elapsed_ms = mono_ms() - r->impl->began;
	if (r->spec)
		spec_locate(r->spec, ds);
	free_tasks(&ap);
	intr_end(&ap.intr);
	if (rc || ds->nerrors > errors)
		return -1;
	run_apply_ended(r);
	return 0;
}

int
run_apply_nothing(struct run *r, const struct plan *p, struct diags *ds)
{
	struct run_impl *im = r->impl;

	if (im->left.found &&
	    (open_journal(r, ds) ||
	     state_store_end(&im->store, r->state, TAKE(im->journal), ds)))
		return -1;
	if (!p->limited)
		run_apply_ended(r);
	return 0;
}
