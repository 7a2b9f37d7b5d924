/* The requests of providers/runtime/wire/supctl.h. */
#include "cmd/opl2-supervise/sup.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"
#include "providers/runtime/wire/supctl.h"
#include "providers/runtime/wire/supctl.h"

struct queries { /* one request in hand */
	struct sup *s;
	struct conn *c;
	const json_t *msg, *id;
	struct diags ds;
};

static void
requests_reply(struct queries *a, json_t *body)
{
	json_t *msg = body ? body : json_object();

	json_object_set(msg, "id", (json_t *)(uintptr_t)a->id);
	json_object_set_new(msg, "ok", json_true());
	conn_send(a->c, msg);
}

/* The names asked for, or all. New reference; NULL with a diagnostic when one
 * is unknown. */
static json_t *
names_of(struct queries *a)
{
	const json_t *want = jx_get(a->msg, "names"), *v;
	json_t *out = json_array();
	struct proc *p;
	size_t i;

	if (json_array_size(want) == 0)
		for (p = a->s->procs; p; p = p->next)
			json_array_append_new(out, json_string(p->name));
	json_array_foreach(want, i, v) {
		const char *name = json_string_value(v);

		if (name && proc_find(a->s, name)) {
			json_array_append(out, (json_t *)(uintptr_t)v);
			continue;
		}
		diag_err(&a->ds, "E0911", "the process '%s' does not exist",
			 name ? name : "?");
	}
	if (a->ds.nerrors) {
		json_decref(out);
		return NULL;
	}
	return out;
}

/* ---- operations ---- */

static void
request_hello(struct queries *a)
{
	int64_t v = jx_int(a->msg, "version", 0);

	if (v != SUPCTL_VERSION) {
		diag_err(&a->ds, "E0908",
			 "the supervisor uses protocol %d, not %lld",
			 SUPCTL_VERSION, (long long)v);
		return;
	}
	requests_reply(a, json_pack("{s:i, s:s, s:i, s:i}", "version",
				    SUPCTL_VERSION, "program", OPL2_VERSION,
				    "pid", (int)getpid(), "guard_pid",
				    (int)a->s->watchdog_pid));
}

/* Was p started with another value of one of these? */
static bool
changes_secrets(const struct proc *p, const json_t *now, const json_t *more)
{
	CLEANUP(put_json) json_t *names = json_array();
	const json_t *v;
	size_t i;

	secret_names(p->run_def->env, names);
	json_array_foreach(names, i, v) {
		const char *key = json_string_value(v);
		const json_t *is = jx_get(now, key), *will = jx_get(more, key);

		if (is && will && !json_equal(is, will))
			return true;
	}
	return false;
}

static void
take_secrets(struct queries *a)
{
	const json_t *more = jx_get(a->msg, "secrets");
	struct proc *p;

	if (json_object_size(more) == 0)
		return;
	for (p = a->s->procs; p; p = p->next)
		if (p->pid > 0 && changes_secrets(p, a->s->secrets, more))
			p->new_secrets = true;
	json_object_update(a->s->secrets, (json_t *)(uintptr_t)more);
	if (secret_memory_store(a->s->memfd, a->s->secrets))
		sup_log(a->s, "the watchdog cannot keep the secrets");
	for (p = a->s->procs; p; p = p->next)
		machine_unblock(p);
}

static void
request_put(struct queries *a)
{
	const char *name = jx_str(a->msg, "name", "");
	CLEANUP(process_def_putp)
	struct process_def *def =
		process_def_decode(name, jx_get(a->msg, "def"), &a->ds);
	struct proc *p;

	if (!def)
		return;
	take_secrets(a);
	p = proc_define(a->s, name, def);
	p->hold = jx_bool(a->msg, "hold", p->hold);
	if (proc_save(p, &a->ds) == 0)
		requests_reply(a, NULL);
	sup_kick(a->s);
}

static void
request_secrets(struct queries *a)
{
	take_secrets(a);
	requests_reply(a, NULL);
}

enum verb { V_START, V_STOP, V_RESTART, V_HOLD, V_PAUSE, V_REMOVE };

/* By a person; an outage pauses and resumes by itself. */
static void
ask_pause(struct queries *a, struct proc *p)
{
	if (!pause_can(p)) {
		diag_err(&a->ds, "E0936", "'%s' cannot be paused", p->name);
		diag_hint(&a->ds, "add 'pause' to it in the spec, or stop it");
		return;
	}
	p->pause.asked = jx_bool(a->msg, "on", true);
	timer_off(&a->s->loop, &p->pause.retry);
	proc_save(p, &a->ds);
}

static void
apply_verb(struct queries *a, enum verb verb, struct proc *p)
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
	case V_PAUSE:
		ask_pause(a, p);
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

/* What a verb is done with only when it has come true. */
static void
wait_named(struct queries *a, enum wait_for what, json_t *names)
{
	wait_for(a->s, a->c, a->id, what, names,
		 jx_int(a->msg, "timeout_ms", 0));
}

static void
each(struct queries *a, enum verb verb)
{
	static const enum wait_for until[] = { [V_STOP] = WAIT_DOWN,
					       [V_RESTART] = WAIT_RESTARTED,
					       [V_PAUSE] = WAIT_PAUSE };
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
	} else if (verb == V_STOP || verb == V_RESTART || verb == V_PAUSE) {
		wait_named(a, until[verb], names);
	} else {
		json_decref(names);
		requests_reply(a, NULL);
	}
}

static void
request_start(struct queries *a)
{
	each(a, V_START);
}

static void
request_stop(struct queries *a)
{
	each(a, V_STOP);
}

/* The wishes stay in the records, for the next supervisor. */
static void
request_suspend(struct queries *a)
{
	json_t *names = names_of(a);

	a->s->suspended = true;
	sup_log(a->s, "suspended: stopping all processes");
	wait_for(a->s, a->c, a->id, WAIT_DOWN, names, 0);
}

static void
request_restart(struct queries *a)
{
	each(a, V_RESTART);
}

static void
request_hold(struct queries *a)
{
	each(a, V_HOLD);
}

static void
request_pause(struct queries *a)
{
	each(a, V_PAUSE);
}

static void
request_remove(struct queries *a)
{
	each(a, V_REMOVE);
}

static void
request_wait_ready(struct queries *a)
{
	json_t *names = names_of(a);

	if (names)
		wait_named(a, WAIT_READY, names);
}

static void
request_wait_gate(struct queries *a)
{
	json_t *names = names_of(a);

	if (names && json_array_size(names) == 1) {
		wait_for_gate(a->s, a->c, a->id, names, jx_get(a->msg, "above"),
			      jx_int(a->msg, "timeout_ms", 0));
		return;
	}
	json_decref(names);
	if (!a->ds.nerrors)
		diag_err(&a->ds, "E0908", "wait_gate takes one name");
}

static void
request_status(struct queries *a)
{
	CLEANUP(put_json) json_t *names = names_of(a);
	json_t *list;
	const json_t *v;
	size_t i;

	if (!names)
		return;
	list = json_array();
	json_array_foreach(names, i, v)
		json_array_append_new(
			list,
			proc_status(proc_find(a->s, json_string_value(v))));
	requests_reply(a, json_pack("{s:o, s:{s:i, s:i, s:s, s:I}}", "procs",
				    list, "supervisor", "pid", (int)getpid(),
				    "guard_pid", (int)a->s->watchdog_pid,
				    "program", OPL2_VERSION, "rss_bytes",
				    (json_int_t)(pid_rss(getpid()) +
						 pid_rss(a->s->watchdog_pid))));
}

static void
request_upgrade(struct queries *a)
{
	const char *path = jx_str(a->msg, "path", "");

	if (upgrade_try(path, &a->ds))
		return;
	free(a->s->upgrade);
	a->s->upgrade = xstrdup(path);
	requests_reply(a, NULL);
	a->s->loop.quit = true;
}

static void
request_shutdown(struct queries *a)
{
	requests_reply(a, NULL);
	a->s->loop.quit = true;
}

static const struct {
	const char *name;
	void (*fn)(struct queries *a);
} ops[] = {
	{ "hello", request_hello },
	{ "hold", request_hold },
	{ "pause", request_pause },
	{ "put", request_put },
	{ "remove", request_remove },
	{ "restart", request_restart },
	{ "secrets", request_secrets },
	{ "shutdown", request_shutdown },
	{ "start", request_start },
	{ "status", request_status },
	{ "stop", request_stop },
	{ "suspend", request_suspend },
	{ "upgrade", request_upgrade },
	{ "wait_gate", request_wait_gate },
	{ "wait_ready", request_wait_ready },
};

void
request(struct sup *s, struct conn *c, const json_t *msg)
{
	const char *op = jx_str(msg, "op", "");
	struct queries a = {
		.s = s, .c = c, .msg = msg, .id = jx_get(msg, "id")
	};
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
		conn_refuse(c, a.id, &a.ds);
	diags_done(&a.ds);
}
