#include "cmd/opl2-supervise/pause.h"

#include <signal.h>

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/secret.h"

#define RPC_TIMEOUT_MS 10000
/* Between two looks while all is well: not longer than an outage may be
 * overlooked, within reason. */
#define PROBE_MS     3000
#define PROBE_MIN_MS 1000
#define RETRY_MS     2000

static void next_call(struct proc *p);

/* The definition that says how. */
static const struct process_def *
rules(const struct proc *p)
{
	return p->run_def ? p->run_def : p->def;
}

bool
pause_can(const struct proc *p)
{
	return rules(p)->pause.there;
}

bool
pause_wanted(const struct proc *p)
{
	return pause_can(p) && (p->pause.asked || p->pause.outage);
}

static void
kick(void *arg)
{
	struct proc *p = arg;

	sup_kick(p->sup);
}

/* ---- is what it needs there? ---- */

static void probe(void *arg);

static void
outage_begins(void *arg)
{
	struct proc *p = arg;

	p->pause.outage = true;
	p->pause.why = xstrdup(p->pause.probe.waits_for);
	sup_log(p->sup, "%s: to be paused: %s", p->name, p->pause.why);
	sup_kick(p->sup);
}

static uint64_t
between(const struct proc *p)
{
	int64_t ms = rules(p)->pause.after_ms;

	return ms > PROBE_MS       ? PROBE_MS
	       : ms < PROBE_MIN_MS ? PROBE_MIN_MS
				   : (uint64_t)ms;
}

static void
judged(void *arg)
{
	struct proc *p = arg;
	struct pause *z = &p->pause;
	struct loop *l = &p->sup->loop;

	if (!z->probe.open) {
		if (z->outage) {
			/* Another one fails now. */
			free(z->why);
			z->why = xstrdup(z->probe.waits_for);
		} else if (!z->after.on) {
			timer_on(l, &z->after,
				 (uint64_t)rules(p)->pause.after_ms,
				 outage_begins, p);
		}
		return;
	}
	gate_off(&z->probe);
	timer_off(l, &z->after);
	timer_on(l, &z->tick, between(p), probe, p);
	if (!z->outage)
		return;
	z->outage = false;
	free(TAKE(z->why));
	/* z->limit runs on: one that has not paused by then may hang in the
	 * call that was to pause it. */
	sup_log(p->sup, "%s: its dependency answers again", p->name);
	sup_kick(p->sup);
}

static void
probe(void *arg)
{
	struct proc *p = arg;

	gate_on(&p->pause.probe, &p->sup->loop, rules(p),
		rules(p)->pause.when_down,
		(const json_t *const *)&p->sup->secrets, judged, p);
	gate_calm(&p->pause.probe);
}

/* ---- telling it ---- */

/* What is away may be what it cannot end its work without. */
static void
too_long(void *arg)
{
	struct proc *p = arg;

	sup_log(p->sup, "%s: does not %s; SIGKILL to the group of pid %d",
		p->name, p->state == PROCESS_STOPPING ? "end" : "pause",
		(int)p->pid);
	p->pause.killed = true;
	child_signal_group(p, SIGKILL);
}

static void
limit(struct proc *p)
{
	struct pause *z = &p->pause;
	int64_t ms = rules(p)->pause.kill_after_ms;

	if (z->outage && ms > 0 && !z->limit.on)
		timer_on(&p->sup->loop, &z->limit, (uint64_t)ms, too_long, p);
}

static void
drop_calls(struct proc *p)
{
	fetch_cancel(TAKE(p->pause.fetch));
	process_def_put(TAKE(p->pause.by));
}

static void
failed(struct proc *p, const char *why)
{
	struct pause *z = &p->pause;

	sup_log(p->sup, "%s: cannot %s it: %s", p->name,
		z->to ? "pause" : "resume", why);
	free(z->trouble);
	z->trouble = xstrdup(why);
	drop_calls(p);
	timer_on(&p->sup->loop, &z->retry, RETRY_MS, kick, p);
	sup_kick(p->sup);
}

static void
answered(void *arg, const struct fetch_reply *r)
{
	struct proc *p = arg;
	struct pause *z = &p->pause;
	CLEANUP(put_json) json_t *msg = NULL;
	const json_t *err;
	const char *fine, *text;

	z->fetch = NULL;
	if (r->error) {
		failed(p, r->error);
		return;
	}
	msg = jx_parse(r->body, r->len, "reply", NULL);
	err = jx_get(msg, "error");
	text = jx_str(err, "message", "an error without text");
	fine = z->calls.v[z->at].or_error;
	if (!msg || (err && !(fine && strstr(text, fine)))) {
		failed(p, msg ? text : "no JSON-RPC reply");
		return;
	}
	z->at++;
	next_call(p);
}

static void
done(struct proc *p)
{
	struct pause *z = &p->pause;
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	z->told = z->to;
	z->since = unix_now();
	timer_off(&p->sup->loop, &z->limit);
	free(TAKE(z->trouble));
	drop_calls(p);
	sup_log(p->sup, "%s: %s", p->name, z->told ? "paused" : "resumed");
	if (proc_save(p, &ds))
		sup_log(p->sup, "%s: %s", p->name, ds.first->summary);
	sup_kick(p->sup);
}

static void
next_call(struct proc *p)
{
	const struct pause *z = &p->pause;
	const struct process_call *call =
		z->at < z->calls.n ? &z->calls.v[z->at] : NULL;
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(freep) char *body = NULL;

	diags_init(&ds);
	if (!call) {
		done(p);
		return;
	}
	body = rpc_body(call);
	if (secret_resolve(call->url, p->sup->secrets, NULL, &url, &ds)) {
		failed(p, ds.first->summary);
		return;
	}
	sup_log(p->sup, "%s: %s", p->name, call->method);
	p->pause.fetch =
		fetch_http(&p->sup->loop, buf_str(&url), body,
			   call->timeout_ms > 0 ? (unsigned)call->timeout_ms
						: RPC_TIMEOUT_MS,
			   answered, p);
}

/* ---- */

void
pause_rest(struct proc *p)
{
	struct pause *z = &p->pause;
	struct loop *l = &p->sup->loop;

	drop_calls(p);
	gate_off(&z->probe);
	timer_off(l, &z->tick);
	timer_off(l, &z->after);
	timer_off(l, &z->retry);
	timer_off(l, &z->limit);
	free(TAKE(z->trouble));
	/* One that was killed starts paused, until what it needs is back. */
	if (!z->killed) {
		free(TAKE(z->why));
		z->outage = false;
	}
	if (p->pid == 0)
		z->told = false;
}

static void
pause_check_probe(struct proc *p)
{
	if (rules(p)->pause.when_down.n > 0 && !p->pause.probe.on &&
	    !p->pause.tick.on)
		probe(p);
}

/* What keeps it from pausing keeps it from ending, too: its own steps may take
 * minutes, and it would run on after them. */
static void
while_stopping(struct proc *p)
{
	drop_calls(p);
	timer_off(&p->sup->loop, &p->pause.retry);
	pause_check_probe(p);
	/* What is left of an outage that is over is not for this stop. */
	if (!p->pause.outage)
		timer_off(&p->sup->loop, &p->pause.limit);
	limit(p);
}

void
pause_turn(struct proc *p)
{
	struct pause *z = &p->pause;

	if (p->state == PROCESS_STOPPING && p->pid > 0 &&
	    rules(p)->pause.kill_after_ms > 0) {
		while_stopping(p);
		return;
	}
	if (p->state != PROCESS_READY || !pause_can(p)) {
		pause_rest(p);
		return;
	}
	pause_check_probe(p);
	if (z->told)
		z->killed = false;
	if (pause_wanted(p) == z->told || z->by || z->retry.on)
		return;
	z->to = !z->told;
	z->at = 0;
	z->by = process_def_share(rules(p));
	z->calls = z->to ? z->by->pause.steps : z->by->pause.resume;
	if (z->to)
		limit(p);
	next_call(p);
}

struct process_pause
pause_status(const struct proc *p)
{
	const struct pause *z = &p->pause;

	return (struct process_pause){
		.can = pause_can(p),
		.asked = z->asked,
		.outage = z->why,
		.on = z->told,
		.since = z->told ? z->since : 0,
		.trouble = z->trouble,
	};
}
