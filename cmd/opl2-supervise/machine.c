/*
 * The state machine of a process. Everything here is level-triggered: a turn
 * looks at what is desired and what is, and takes at most the next step.
 */
#include "cmd/opl2-supervise/pod.h"
#include "cmd/opl2-supervise/sup.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* One that ran so long starts its back-off anew. */
#define RAN_WELL_MS 60000
/* Before it was ready for once, a wrong flag is likelier than bad luck. */
#define FIRST_LIMIT 3
#define TAIL_LINES  8
/* Without a probe, one that lives so long is taken for ready. */
#define SETTLE_MS 500

static void
kick(void *arg)
{
	struct proc *p = arg;

	sup_kick(p->sup);
}

static void
go_to(struct proc *p, enum process_state st)
{
	timer_off(&p->sup->loop, &p->timer);
	timer_off(&p->sup->loop, &p->settle);
	gate_off(&p->gate);
	prepare_off(p);
	if (st != PROCESS_STARTING)
		unlock_off(&p->unlock);
	proc_waits(p, NULL);
	p->late = false;
	p->state = st;
	sup_kick(p->sup);
}

static void
machine_save(struct proc *p)
{
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (proc_save(p, &ds))
		sup_log(p->sup, "%s: %s", p->name, ds.first->summary);
}

static void
ready_late(void *arg)
{
	struct proc *p = arg;

	p->late = true;
	sup_kick(p->sup);
}

void
machine_await_ready(struct proc *p)
{
	int64_t ms = p->run_def->ready_timeout_ms;

	gate_on(&p->gate, &p->sup->loop, p->run_def, p->run_def->ready,
		(const json_t *const *)&p->sup->secrets, kick, p);
	timer_on(&p->sup->loop, &p->timer, (uint64_t)ms, ready_late, p);
	if (p->execfd < 0)
		machine_executed(p);
}

void
machine_executed(struct proc *p)
{
	if (p->state == PROCESS_STARTING && p->gate.open)
		timer_on(&p->sup->loop, &p->settle, SETTLE_MS, kick, p);
	sup_kick(p->sup);
}

/* ---- what is asked for ---- */

void
machine_start(struct proc *p)
{
	p->up = true;
	p->hold = false;
	p->force = false;
	if (p->pid == 0 && !p->restart) {
		p->nfailed = 0;
		p->backoff_ms = 0;
		p->was_ready = false;
		proc_clear_reason(p);
		go_to(p, PROCESS_STOPPED);
	} else if (p->state == PROCESS_STARTING && p->pid > 0) {
		/* Its time to become ready begins anew. */
		p->late = false;
		machine_await_ready(p);
	}
	machine_save(p);
	sup_kick(p->sup);
}

void
machine_unblock(struct proc *p)
{
	if (p->state != PROCESS_BLOCKED)
		return;
	proc_clear_reason(p);
	go_to(p, PROCESS_STOPPED);
}

void
machine_stop(struct proc *p, bool force)
{
	p->up = false;
	p->restart = false;
	p->force = force;
	if (force)
		stop_force(p);
	machine_save(p);
	sup_kick(p->sup);
}

void
machine_restart(struct proc *p, bool force)
{
	p->up = true;
	p->hold = false;
	p->force = force;
	p->restart = true;
	p->nfailed = 0;
	p->backoff_ms = 0;
	p->was_ready = false;
	if (force)
		stop_force(p);
	machine_save(p);
	sup_kick(p->sup);
}

/* ---- going down ---- */

bool
machine_wants_up(const struct proc *p)
{
	return p->up && !p->sup->suspended;
}

static bool
wants_down(const struct proc *p)
{
	return p->pid > 0 && (!machine_wants_up(p) || p->restart);
}

static bool
is_among(struct process_texts names, const char *name)
{
	for (size_t i = 0; i < names.n; i++)
		if (!strcmp(names.v[i], name))
			return true;
	return false;
}

/* The process that has to go down before p, or NULL. */
static const struct proc *
stops_before(const struct proc *p)
{
	int64_t order = p->run_def->stop_order, other;
	const struct proc *q;

	for (q = p->sup->procs; q; q = q->next) {
		if (q == p || !wants_down(q))
			continue;
		other = q->run_def->stop_order;
		if (other < order ||
		    (other == order && is_among(q->run_def->depends, p->name)))
			return q;
	}
	return NULL;
}

static void
step_down(struct proc *p)
{
	const struct proc *q;

	if (p->state == PROCESS_STOPPING)
		return;
	q = stops_before(p);
	if (q) {
		CLEANUP(freep) char *text = xasprintf("%s to stop", q->name);

		proc_waits(p, text);
		return;
	}
	go_to(p, PROCESS_STOPPING);
	sup_log(p->sup, "%s: stopping pid %d", p->name, (int)p->pid);
	stop_begin(p);
}

/* ---- coming up ---- */

static const char *
missing_dependency(const struct proc *p)
{
	for (size_t i = 0; i < p->def->depends.n; i++) {
		const char *name = p->def->depends.v[i];
		const struct proc *q = proc_find(p->sup, name);

		if (!q || q->state != PROCESS_READY || q->restart)
			return name;
	}
	return NULL;
}

static void
launch(struct proc *p)
{
	go_to(p, PROCESS_STARTING);
	switch (child_spawn(p)) {
	case SPAWN_OK:
		proc_clear_reason(p);
		sup_log(p->sup, "%s: started pid %d", p->name, (int)p->pid);
		machine_await_ready(p);
		break;
	case SPAWN_BLOCKED:
		p->state = PROCESS_BLOCKED;
		sup_log(p->sup, "%s: %s", p->name, p->reason);
		break;
	case SPAWN_FAILED:
		break;
	}
	unlock_off(&p->unlock);
}

/* Opens the keystores that it takes keys from, then starts it. */
static void
open_and_launch(struct proc *p)
{
	switch (unlock_turn(&p->unlock, &p->sup->loop, p->def->env,
			    p->sup->secrets, kick, p)) {
	case UNLOCK_DONE:
		launch(p);
		break;
	case UNLOCK_BUSY:
		proc_waits(p, "its keystore to be opened");
		break;
	case UNLOCK_FAILED:
		proc_set_reason(p, "E0909", "cannot start: %s", p->unlock.why);
		go_to(p, PROCESS_BLOCKED);
		sup_log(p->sup, "%s: %s", p->name, p->reason);
		break;
	}
}

static void
step_waiting(struct proc *p)
{
	const char *dep;

	if (!prepare_turn(p))
		return;
	dep = missing_dependency(p);
	if (dep) {
		gate_off(&p->gate);
		proc_waits(p, dep);
		return;
	}
	proc_waits(p, NULL);
	if (!p->gate.on)
		gate_on(&p->gate, &p->sup->loop, p->def, p->def->start_when,
			(const json_t *const *)&p->sup->secrets, kick, p);
	if (p->gate.open)
		open_and_launch(p);
}

/* What a program that broke off had told those that are bound to it may not
 * hold any more: they begin anew. Not sooner, for without it they may not be
 * able to stop in order. */
static void
restart_bound(const struct proc *p)
{
	struct proc *q;

	for (q = p->sup->procs; q; q = q->next) {
		if (q->pid == 0 || !q->up || q->since > p->since ||
		    !is_among(q->def->bound_to, p->name))
			continue;
		sup_log(p->sup, "%s: restarted, because %s was interrupted",
			q->name, p->name);
		q->restart = true;
		machine_save(q);
		sup_kick(q->sup);
	}
}

/* On the disk it is so afterwards, too: what broke off once restarts them once.
 */
static void
settle_bound(struct proc *p)
{
	if (!p->broke)
		return;
	restart_bound(p);
	p->broke = false;
	machine_save(p);
}

static void
became_ready(struct proc *p)
{
	go_to(p, PROCESS_READY);
	p->was_ready = true;
	sup_log(p->sup, "%s: ready", p->name);
	machine_save(p);
	settle_bound(p);
}

static void
step_up(struct proc *p)
{
	switch (p->state) {
	case PROCESS_STOPPED:
		go_to(p, PROCESS_WAITING);
		break;
	case PROCESS_WAITING:
		step_waiting(p);
		break;
	case PROCESS_STARTING:
		if (p->pid == 0 || p->execfd >= 0 || !p->gate.open ||
		    p->settle.on)
			break;
		became_ready(p);
		break;
	case PROCESS_READY:
		/* A supervisor may have been killed before it did. */
		settle_bound(p);
		break;
	case PROCESS_STOPPING:
	case PROCESS_BACKOFF:
	case PROCESS_FAILED:
	case PROCESS_BLOCKED:
	case PROCESS_UNSUPERVISED:
	case PROCESS_STATES:
		break;
	}
}

static void
machine_step(struct proc *p)
{
	if (wants_down(p)) {
		step_down(p);
	} else if (p->pid == 0 && (!machine_wants_up(p) || p->restart)) {
		p->restart = false;
		if (p->state != PROCESS_STOPPED) {
			proc_clear_reason(p);
			go_to(p, PROCESS_STOPPED);
		}
	} else {
		step_up(p);
	}
	pause_turn(p);
}

void
machine_turn(void *arg)
{
	struct sup *s = arg;
	struct proc *p, *next;

	for (p = s->procs; p; p = next) {
		next = p->next;
		if (p->removed && p->pid == 0) {
			proc_unlink(s, p);
			proc_forget(p);
			proc_free(p);
		} else {
			machine_step(p);
		}
	}
	server_turn(s);
	if (s->pod)
		pod_turn(s);
}

/* ---- what happened ---- */

static void
again(void *arg)
{
	struct proc *p = arg;

	go_to(p, PROCESS_WAITING);
}

/* Notes a failure; true when there were too many of them. */
static bool
too_many(struct proc *p)
{
	uint64_t now = loop_now(), window = (uint64_t)p->def->restart.window_ms;
	int64_t limit = p->def->restart.limit;
	unsigned keep = 0;

	for (unsigned i = 0; i < p->nfailed; i++)
		if (now - p->failed_at[i] < window)
			p->failed_at[keep++] = p->failed_at[i];
	if (keep == PROC_LIMIT_MAX)
		memmove(p->failed_at, p->failed_at + 1,
			--keep * sizeof(p->failed_at[0]));
	p->failed_at[keep++] = now;
	p->nfailed = keep;
	if (!p->was_ready && limit > FIRST_LIMIT)
		limit = FIRST_LIMIT;
	/* Whoever asked for the start wants to know who has the port. */
	if (!p->was_ready && p->code && !strcmp(p->code, "E0905"))
		limit = 1;
	return keep >= limit;
}

static void
give_up(struct proc *p)
{
	go_to(p, PROCESS_FAILED);
	sup_log(p->sup, "%s: gave up: %s", p->name, p->reason);
}

static void
retry_or_give_up(struct proc *p, bool counts)
{
	unsigned min = (unsigned)p->def->restart.min_ms,
		 max = (unsigned)p->def->restart.max_ms;
	char text[48];

	if (p->def->restart.never || (counts && too_many(p))) {
		give_up(p);
		return;
	}
	p->backoff_ms = p->backoff_ms ? p->backoff_ms * 2 : min;
	if (p->backoff_ms > max)
		p->backoff_ms = max;
	go_to(p, PROCESS_BACKOFF);
	snprintf(text, sizeof(text), "next attempt in %u ms", p->backoff_ms);
	proc_waits(p, text);
	sup_log(p->sup, "%s: %s; %s", p->name, p->reason, text);
	timer_on(&p->sup->loop, &p->timer, p->backoff_ms, again, p);
}

void
machine_start_failed(struct proc *p, bool counts, const char *code,
		     const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	proc_set_reason(p, code, "%s", text);
	retry_or_give_up(p, counts);
	machine_save(p);
}

void
machine_note_exit(struct proc *p, const struct process_def *ran,
		  const char *how, int64_t pid)
{
	CLEANUP(freep) char *tail = log_tail(p->sup, ran, TAIL_LINES);

	json_decref(p->last_exit);
	p->last_exit = json_pack("{s:s, s:I, s:s, s:I}", "text", how, "at",
				 (json_int_t)unix_now(), "tail", tail, "pid",
				 (json_int_t)pid);
}

void
machine_exited(struct proc *p, const char *text)
{
	const char *how = text ? text : "ended, status unknown", *fatal;
	bool wanted = wants_down(p);
	int64_t ran = unix_now() - p->since;

	sup_log(p->sup, "%s: pid %d %s", p->name, (int)p->pid, how);
	machine_note_exit(p, p->run_def, how, p->pid);
	stop_end(p);
	p->pid = 0;
	p->stuck = p->force = false;
	pause_rest(p);
	if (wanted) {
		proc_clear_reason(p);
		go_to(p, PROCESS_STOPPED);
		machine_save(p);
		return;
	}
	p->broke = true;
	/* execve's own error says more than the status 127 that follows. */
	if (!p->code || strcmp(p->code, "E0902"))
		proc_set_reason(p, "E0904", "%s after %lld s%s%s", how,
				(long long)ran, p->hung ? ": " : "",
				p->hung ? p->hung : "");
	if (ran * 1000 > RAN_WELL_MS)
		p->backoff_ms = 0;
	fatal = scan_fatal(p);
	if (fatal) {
		proc_set_reason(p, "E0935", "%s: %s", how, fatal);
		give_up(p);
	} else {
		p->restarts++;
		retry_or_give_up(p, !disk_full(p));
	}
	machine_save(p);
}
