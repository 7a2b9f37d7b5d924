/* Requests whose reply waits until processes are as they were asked to be. */
#include "cmd/opl2-supervise/sup.h"

#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/jx.h"

struct waiter {
	struct waiter *next;
	struct conn *conn;
	json_t *id, *names, *told; /* told: name -> last event text */
	json_t *above;             /* for the gate, or NULL */
	enum wait_for what;
	struct timer timer;
	struct sup *sup;
	bool timed_out;
	struct gate gate; /* WAIT_GATE, of its only process */
};

void
conn_refuse(struct conn *c, const json_t *id, const struct diags *ds)
{
	json_t *list = json_array();

	for (const struct diag *d = ds->first; d; d = d->next)
		json_array_append_new(list, diag_to_json(d));
	conn_send(c,
		  json_pack("{s:O?, s:b, s:o}", "id", (json_t *)(uintptr_t)id,
			    "ok", 0, "diags", list));
}

static void
waiter_late(void *arg)
{
	struct waiter *w = arg;

	w->timed_out = true;
	sup_kick(w->sup);
}

static struct waiter *
new_waiter(struct sup *s, struct conn *c, const json_t *id, enum wait_for what,
	   json_t *names, int64_t ms)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->sup = s;
	w->conn = c;
	w->id = jx_share(id);
	w->names = names;
	w->told = json_object();
	w->what = what;
	w->next = *conn_waiters(c);
	*conn_waiters(c) = w;
	if (ms > 0)
		timer_on(&s->loop, &w->timer, (uint64_t)ms, waiter_late, w);
	sup_kick(s);
	return w;
}

void
wait_for(struct sup *s, struct conn *c, const json_t *id, enum wait_for what,
	 json_t *names, int64_t ms)
{
	(void)new_waiter(s, c, id, what, names, ms);
}

void
wait_for_gate(struct sup *s, struct conn *c, const json_t *id, json_t *names,
	      const json_t *above, int64_t ms)
{
	new_waiter(s, c, id, WAIT_GATE, names, ms)->above = jx_share(above);
}

static void
waiter_free(struct waiter *w)
{
	timer_off(&w->sup->loop, &w->timer);
	gate_off(&w->gate);
	json_decref(w->id);
	json_decref(w->names);
	json_decref(w->told);
	json_decref(w->above);
	free(w);
}

void
waiters_free(struct waiter **list)
{
	struct waiter *w;

	while ((w = *list)) {
		*list = w->next;
		waiter_free(w);
	}
}

static void
waiters_tell(struct waiter *w, const struct proc *p)
{
	const char *state = process_state_name(p->state);
	const char *waits = p->waits_for ? p->waits_for : p->gate.waits_for;
	CLEANUP(freep)
	char *text = xasprintf("%s%s%s%s", p->reason ? p->reason : "",
			       p->reason && waits ? "; " : "",
			       waits ? "waits for " : "", waits ? waits : "");
	CLEANUP(put_json) json_t *now = jx_strf("%s|%s", state, text);

	if (json_equal(json_object_get(w->told, p->name), now))
		return;
	json_object_set(w->told, p->name, now);
	/* A text that was cut may end in half a character. */
	conn_send(w->conn,
		  json_pack("{s:O?, s:s, s:s, s:s, s:o}", "id", w->id, "event",
			    "progress", "name", p->name, "state", state, "text",
			    jx_strf("%s", text)));
}

static void
fail_with_tail(const struct proc *p, struct diags *ds)
{
	CLEANUP(freep) char *live = NULL;
	const char *tail = jx_str(p->last_exit, "tail", "");

	if (p->code && !strcmp(p->code, "E0905")) {
		diag_hint(ds, "stop that program or choose another port; "
			      "port_offset shifts all ports");
		return;
	}
	if (p->pid > 0) {
		live = log_tail(p->sup, p->run_def, 12);
		tail = live;
	}
	if (*tail)
		diag_detail(ds, tail);
	diag_hint(ds, "see the log: %s",
		  p->def->log.path ? p->def->log.path : "none");
}

/* It waits for another one that will not come by itself. */
static bool
waits_in_vain(const struct proc *p, struct diags *ds)
{
	const struct proc *q;

	if (p->state != PROCESS_WAITING || !p->waits_for || p->unlock.fetch ||
	    p->preparing)
		return false;
	q = proc_find(p->sup, p->waits_for);
	if (q && q->up && q->state != PROCESS_FAILED &&
	    q->state != PROCESS_BLOCKED)
		return false;
	diag_err(ds, "E0912", "'%s' waits for '%s', which %s", p->name,
		 p->waits_for,
		 !q       ? "does not exist"
		 : !q->up ? "is stopped"
			  : "is not running");
	if (q && q->up && q->reason)
		diag_detail(ds, q->reason);
	diag_hint(ds, "run `opl2 start %s`", p->waits_for);
	return true;
}

/* Paused or not, as somebody asked; what does not run will be. */
static bool
is_paused_as_asked(const struct proc *p)
{
	return p->state != PROCESS_READY || pause_wanted(p) == p->pause.told;
}

static void
waiter_kick(void *arg)
{
	struct waiter *w = arg;

	sup_kick(w->sup);
}

/* It is ready: does it get on with its work? */
static int
waiter_check_gate(struct waiter *w, const struct proc *p)
{
	if (!w->gate.on) {
		gate_on(&w->gate, &w->sup->loop, p->run_def,
			p->run_def->gate.probes,
			(const json_t *const *)&w->sup->secrets, waiter_kick,
			w);
		gate_above(&w->gate, w->above);
	}
	return w->gate.open;
}

/* It runs, and nothing ends it. */
static bool
will_stay(const struct proc *p)
{
	return p->pid > 0 && machine_wants_up(p) && !p->restart &&
	       p->state != PROCESS_STOPPING;
}

static bool
waits_for_ready(const struct waiter *w)
{
	return w->what == WAIT_READY || w->what == WAIT_GATE;
}

/* 1 this one is as wanted, 0 not yet, -1 it will not be. */
static int
waiter_check(struct waiter *w, const struct proc *p, struct diags *ds)
{
	bool ready = waits_for_ready(w);

	/* What is to run again does not, before somebody has ended it. */
	if (p->stuck && (p->up || !ready)) {
		diag_err(ds, "E0907", "'%s' did not stop: %s", p->name,
			 p->reason);
		diag_hint(ds, "see its log; `opl2 stop -force %s` kills it",
			  p->name);
		return -1;
	}
	if (w->what == WAIT_DOWN && will_stay(p)) {
		diag_err(ds, "E0907", "'%s' did not stop: it was started again",
			 p->name);
		diag_hint(ds, "run `opl2 stop %s` again", p->name);
		return -1;
	}
	if (w->what == WAIT_DOWN)
		return p->pid == 0;
	if (w->what == WAIT_PAUSE)
		return is_paused_as_asked(p);
	if (w->what == WAIT_RESTARTED)
		return !p->restart;
	if (p->state == PROCESS_READY && !p->restart)
		return w->what == WAIT_GATE ? waiter_check_gate(w, p) : 1;
	/* It went down again: what it said before is of no use. */
	gate_off(&w->gate);
	if (p->state == PROCESS_FAILED) {
		diag_err(ds, p->code ? p->code : "E0904", "'%s': %s", p->name,
			 p->reason);
		fail_with_tail(p, ds);
		return -1;
	}
	if (p->state == PROCESS_BLOCKED) {
		diag_err(ds, "E0909", "'%s' %s", p->name, p->reason);
		diag_hint(ds, "fix that, then run `opl2 start`");
		return -1;
	}
	if (!p->up) {
		diag_err(ds, "E0912", "'%s' is stopped", p->name);
		diag_hint(ds, "run `opl2 start %s`", p->name);
		return -1;
	}
	if (waits_in_vain(p, ds))
		return -1;
	if (p->late) {
		diag_err(ds, "E0906", "'%s' did not become ready: %s", p->name,
			 p->gate.waits_for ? p->gate.waits_for : "no answer");
		fail_with_tail(p, ds);
		return -1;
	}
	return 0;
}

static void
say_who_is_late(const struct waiter *w, struct diags *ds)
{
	const json_t *v;
	size_t i;

	json_array_foreach(w->names, i, v) {
		const struct proc *p = proc_find(w->sup, json_string_value(v));
		const char *waits;

		if (p && w->what == WAIT_PAUSE && !is_paused_as_asked(p)) {
			diag_err(ds, "E0937", "'%s' did not %s: %s", p->name,
				 p->pause.told ? "resume" : "pause",
				 p->pause.trouble ? p->pause.trouble
						  : "no answer yet");
			diag_hint(ds, "the supervisor tries again; 'opl2 "
				      "status' shows the result");
		}
		if (p && w->what == WAIT_GATE) {
			waits = p->state == PROCESS_READY ? w->gate.waits_for
							  : p->reason;
			diag_err(ds, "E0938", "'%s' makes no progress: %s",
				 p->name, waits ? waits : "no answer");
			fail_with_tail(p, ds);
			continue;
		}
		if (p && w->what == WAIT_RESTARTED && p->restart) {
			diag_err(ds, "E0907", "'%s' did not stop in time: %s",
				 p->name,
				 p->waits_for ? p->waits_for : "still running");
			continue;
		}
		if (!p || w->what == WAIT_PAUSE || p->state == PROCESS_READY)
			continue;
		waits = p->waits_for ? p->waits_for : p->gate.waits_for;
		diag_err(ds, "E0906", "'%s' did not become ready in time: %s",
			 p->name, waits ? waits : process_state_name(p->state));
	}
}

/* Returns true when the waiter has got its reply. */
static bool
waiter_look(struct waiter *w)
{
	CLEANUP(diags_done) struct diags ds;
	bool done = true;
	const json_t *v;
	size_t i;

	diags_init(&ds);
	json_array_foreach(w->names, i, v) {
		const char *name = json_string_value(v);
		struct proc *p = proc_find(w->sup, name);

		if (!p && waits_for_ready(w))
			diag_err(&ds, "E0911", "the process '%s' was removed",
				 name);
		if (!p)
			continue;
		waiters_tell(w, p);
		if (waiter_check(w, p, &ds) == 0)
			done = false;
	}
	if (!done && w->timed_out && !ds.nerrors)
		say_who_is_late(w, &ds);
	if (ds.nerrors)
		conn_refuse(w->conn, w->id, &ds);
	else if (done)
		conn_send(w->conn,
			  json_pack("{s:O?, s:b}", "id", w->id, "ok", 1));
	return done || ds.nerrors;
}

void
waiters_turn(struct sup *s UNUSED, struct waiter **list)
{
	struct waiter *w;

	while ((w = *list)) {
		if (waiter_look(w)) {
			*list = w->next;
			waiter_free(w);
		} else {
			list = &w->next;
		}
	}
}
