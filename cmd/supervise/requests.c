/* The requests of engine/supctl.h. */
#include "cmd/supervise/sup.h"

#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/supctl.h"
#include "providers/lib/secret.h"

enum wait_for { WAIT_DOWN, WAIT_RESTARTED, WAIT_READY };

struct waiter {
	struct waiter *next;
	struct conn *conn;
	json_t *id, *names, *told; /* told: name -> last event text */
	enum wait_for what;
	struct timer timer;
	struct sup *sup;
	bool timed_out;
};

struct ask { /* one request in hand */
	struct sup *s;
	struct conn *c;
	const json_t *msg, *id;
	struct diags ds;
};

static void
reply(struct ask *a, json_t *body)
{
	json_t *msg = body ? body : json_object();

	json_object_set(msg, "id", (json_t *)(uintptr_t)a->id);
	json_object_set_new(msg, "ok", json_true());
	conn_send(a->c, msg);
}

static json_t *
refusal(const json_t *id, const struct diags *ds)
{
	json_t *list = json_array();

	for (const struct diag *d = ds->first; d; d = d->next)
		json_array_append_new(list, diag_to_json(d));
	return json_pack("{s:O?, s:b, s:o}", "id", (json_t *)(uintptr_t)id,
			 "ok", 0, "diags", list);
}

/* The names asked for, or all. New reference; NULL with a diagnostic when one
 * is unknown. */
static json_t *
names_of(struct ask *a)
{
	const json_t *want = jx_get(a->msg, "names"), *v;
	json_t *out = json_array();
	struct proc *p;
	size_t i;

	if (json_array_size(want) == 0)
		for (p = a->s->procs; p; p = p->next)
			json_array_append_new(out, json_string(p->name));
	json_array_foreach(want, i, v)
	{
		const char *name = json_string_value(v);

		if (name && proc_find(a->s, name)) {
			json_array_append(out, (json_t *)(uintptr_t)v);
			continue;
		}
		diag_err(&a->ds, "E0911", "there is no process '%s'",
			 name ? name : "?");
	}
	if (a->ds.nerrors) {
		json_decref(out);
		return NULL;
	}
	return out;
}

/* ---- waiting ---- */

static void
waiter_late(void *arg)
{
	struct waiter *w = arg;

	w->timed_out = true;
	sup_kick(w->sup);
}

static void
wait_for(struct ask *a, enum wait_for what, json_t *names, int64_t ms)
{
	struct waiter *w = xcalloc(1, sizeof(*w));

	w->sup = a->s;
	w->conn = a->c;
	w->id = jx_share(a->id);
	w->names = names;
	w->told = json_object();
	w->what = what;
	w->next = *conn_waiters(a->c);
	*conn_waiters(a->c) = w;
	if (ms > 0)
		timer_on(&a->s->loop, &w->timer, (uint64_t)ms, waiter_late, w);
	sup_kick(a->s);
}

static void
waiter_free(struct waiter *w)
{
	timer_off(&w->sup->loop, &w->timer);
	json_decref(w->id);
	json_decref(w->names);
	json_decref(w->told);
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
tell(struct waiter *w, const struct proc *p)
{
	const char *state = proc_state_name(p->state);
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
		diag_hint(ds, "end that program or choose another port; "
			      "port_offset shifts them all");
		return;
	}
	if (p->pid > 0) {
		live = log_tail(p->sup, p->run_def, 12);
		tail = live;
	}
	if (*tail)
		diag_detail(ds, tail);
	diag_hint(ds, "see the log: %s",
		  jx_str(jx_get(p->def, "log"), "path", "none"));
}

/* It waits for another one that will not come by itself. */
static bool
waits_in_vain(const struct proc *p, struct diags *ds)
{
	const struct proc *q;

	if (p->state != PS_WAITING || !p->waits_for || p->unlock.fetch)
		return false;
	q = proc_find(p->sup, p->waits_for);
	if (q && q->up && q->state != PS_FAILED && q->state != PS_BLOCKED)
		return false;
	diag_err(ds, "E0912", "'%s' waits for '%s', which %s", p->name,
		 p->waits_for,
		 !q       ? "does not exist"
		 : !q->up ? "is stopped"
			  : "does not run");
	if (q && q->up && q->reason)
		diag_detail(ds, q->reason);
	diag_hint(ds, "run `opl2 start %s`", p->waits_for);
	return true;
}

/* 1 this one is as wanted, 0 not yet, -1 it will not be. */
static int
look(const struct waiter *w, const struct proc *p, struct diags *ds)
{
	if (p->stuck && w->what != WAIT_READY) {
		diag_err(ds, "E0907", "'%s' did not stop: %s", p->name,
			 p->reason);
		diag_hint(ds,
			  "look into its log; `opl2 stop -force %s` kills "
			  "it",
			  p->name);
		return -1;
	}
	if (w->what == WAIT_DOWN)
		return p->pid == 0;
	if (w->what == WAIT_RESTARTED)
		return !p->restart;
	if (p->state == PS_READY && !p->restart)
		return 1;
	if (p->state == PS_FAILED) {
		diag_err(ds, p->code ? p->code : "E0904", "'%s': %s", p->name,
			 p->reason);
		fail_with_tail(p, ds);
		return -1;
	}
	if (p->state == PS_BLOCKED) {
		diag_err(ds, "E0909", "'%s' %s", p->name, p->reason);
		diag_hint(ds, "mend that, then run `opl2 start`");
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

	json_array_foreach(w->names, i, v)
	{
		const struct proc *p = proc_find(w->sup, json_string_value(v));
		const char *waits;

		if (!p || p->state == PS_READY)
			continue;
		waits = p->waits_for ? p->waits_for : p->gate.waits_for;
		diag_err(ds, "E0906", "'%s' did not become ready in time: %s",
			 p->name, waits ? waits : proc_state_name(p->state));
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
	json_array_foreach(w->names, i, v)
	{
		struct proc *p = proc_find(w->sup, json_string_value(v));

		if (!p)
			continue;
		tell(w, p);
		if (look(w, p, &ds) == 0)
			done = false;
	}
	if (!done && w->timed_out && !ds.nerrors)
		say_who_is_late(w, &ds);
	if (ds.nerrors)
		conn_send(w->conn, refusal(w->id, &ds));
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

/* ---- operations ---- */

static void
op_hello(struct ask *a)
{
	int64_t v = jx_int(a->msg, "version", 0);

	if (v != SUPCTL_VERSION) {
		diag_err(&a->ds, "E0908",
			 "the supervisor speaks protocol %d, not %lld",
			 SUPCTL_VERSION, (long long)v);
		return;
	}
	reply(a, json_pack("{s:i, s:s, s:i, s:i}", "version", SUPCTL_VERSION,
			   "program", OPL2_VERSION, "pid", (int)getpid(),
			   "guard_pid", (int)a->s->guard_pid));
}

/* Was p started with another value of one of these? */
static bool
changes_secrets(const struct proc *p, const json_t *now, const json_t *more)
{
	CLEANUP(put_json) json_t *names = json_array();
	const json_t *v;
	size_t i;

	secret_names(jx_get(p->run_def, "env"), names);
	json_array_foreach(names, i, v)
	{
		const char *key = json_string_value(v);
		const json_t *is = jx_get(now, key), *will = jx_get(more, key);

		if (is && will && !json_equal(is, will))
			return true;
	}
	return false;
}

static void
take_secrets(struct ask *a)
{
	const json_t *more = jx_get(a->msg, "secrets");
	struct proc *p;

	if (json_object_size(more) == 0)
		return;
	for (p = a->s->procs; p; p = p->next)
		if (p->pid > 0 && changes_secrets(p, a->s->secrets, more))
			p->new_secrets = true;
	json_object_update(a->s->secrets, (json_t *)(uintptr_t)more);
	if (vault_store(a->s->memfd, a->s->secrets))
		sup_log(a->s, "the guard cannot keep the secrets");
	for (p = a->s->procs; p; p = p->next)
		machine_unblock(p);
}

static void
op_put(struct ask *a)
{
	const char *name = jx_str(a->msg, "name", "");
	const json_t *def = jx_get(a->msg, "def");
	struct proc *p;

	if (def_check(name, def, &a->ds))
		return;
	take_secrets(a);
	p = proc_define(a->s, name, def);
	p->hold = jx_bool(a->msg, "hold", p->hold);
	if (proc_save(p, &a->ds) == 0)
		reply(a, NULL);
	sup_kick(a->s);
}

static void
op_secrets(struct ask *a)
{
	take_secrets(a);
	reply(a, NULL);
}

enum verb { V_START, V_STOP, V_RESTART, V_HOLD, V_REMOVE };

static void
apply_verb(struct ask *a, enum verb verb, struct proc *p)
{
	bool force = jx_bool(a->msg, "force", false);

	switch (verb) {
	case V_START:
		machine_start(p);
		break;
	case V_STOP:
		if (jx_bool(a->msg, "hold", false))
			p->hold = true;
		machine_stop(p, force);
		break;
	case V_RESTART:
		machine_restart(p, force);
		break;
	case V_HOLD:
		p->hold = jx_bool(a->msg, "on", true);
		proc_save(p, &a->ds);
		break;
	case V_REMOVE:
		if (p->pid == 0 && !p->up) {
			p->removed = true;
			break;
		}
		diag_err(&a->ds, "E0913", "'%s' is not stopped", p->name);
		diag_hint(&a->ds, "stop it first");
		break;
	}
}

static void
each(struct ask *a, enum verb verb)
{
	json_t *names = names_of(a);
	const json_t *v;
	size_t i;

	if (!names)
		return;
	json_array_foreach(names, i, v)
		apply_verb(a, verb, proc_find(a->s, json_string_value(v)));
	sup_kick(a->s);
	if (a->ds.nerrors) {
		json_decref(names);
	} else if (verb == V_STOP || verb == V_RESTART) {
		wait_for(a, verb == V_STOP ? WAIT_DOWN : WAIT_RESTARTED, names,
			 0);
	} else {
		json_decref(names);
		reply(a, NULL);
	}
}

static void
op_start(struct ask *a)
{
	each(a, V_START);
}

static void
op_stop(struct ask *a)
{
	each(a, V_STOP);
}

static void
op_restart(struct ask *a)
{
	each(a, V_RESTART);
}

static void
op_hold(struct ask *a)
{
	each(a, V_HOLD);
}

static void
op_remove(struct ask *a)
{
	each(a, V_REMOVE);
}

static void
op_wait_ready(struct ask *a)
{
	json_t *names = names_of(a);

	if (names)
		wait_for(a, WAIT_READY, names, jx_int(a->msg, "timeout_ms", 0));
}

static void
op_status(struct ask *a)
{
	CLEANUP(put_json) json_t *names = names_of(a);
	json_t *list;
	const json_t *v;
	size_t i;

	if (!names)
		return;
	list = json_array();
	json_array_foreach(names, i, v) json_array_append_new(
		list, proc_status(proc_find(a->s, json_string_value(v))));
	reply(a, json_pack("{s:o, s:{s:i, s:i, s:s, s:I}}", "procs", list,
			   "supervisor", "pid", (int)getpid(), "guard_pid",
			   (int)a->s->guard_pid, "program", OPL2_VERSION,
			   "rss_bytes",
			   (json_int_t)(pid_rss(getpid()) +
					pid_rss(a->s->guard_pid))));
}

static void
op_upgrade(struct ask *a)
{
	const char *path = jx_str(a->msg, "path", "");

	if (access(path, X_OK)) {
		diag_errno(&a->ds, "E0914", "cannot run '%s'", path);
		return;
	}
	free(a->s->upgrade);
	a->s->upgrade = xstrdup(path);
	reply(a, NULL);
	a->s->loop.quit = true;
}

static void
op_shutdown(struct ask *a)
{
	reply(a, NULL);
	a->s->loop.quit = true;
}

static const struct {
	const char *name;
	void (*fn)(struct ask *a);
} ops[] = {
	{ "hello", op_hello },       { "hold", op_hold },
	{ "put", op_put },           { "remove", op_remove },
	{ "restart", op_restart },   { "secrets", op_secrets },
	{ "shutdown", op_shutdown }, { "start", op_start },
	{ "status", op_status },     { "stop", op_stop },
	{ "upgrade", op_upgrade },   { "wait_ready", op_wait_ready },
};

void
request(struct sup *s, struct conn *c, const json_t *msg)
{
	const char *op = jx_str(msg, "op", "");
	struct ask a = { .s = s, .c = c, .msg = msg, .id = jx_get(msg, "id") };
	size_t i;

	diags_init(&a.ds);
	for (i = 0; i < COUNTOF(ops); i++) {
		if (strcmp(ops[i].name, op))
			continue;
		ops[i].fn(&a);
		break;
	}
	if (i == COUNTOF(ops))
		diag_err(&a.ds, "E0908", "unknown request '%s'", op);
	if (a.ds.nerrors)
		conn_send(c, refusal(a.id, &a.ds));
	diags_done(&a.ds);
}
