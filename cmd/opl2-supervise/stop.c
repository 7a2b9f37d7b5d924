/*
 * Stopping one process by its steps: RPC calls that are held open until they
 * are answered, and signals with a grace period. Nothing is ever killed hard
 * without force. After the last step a process that runs on is `stuck`: it
 * stays in the state stopping, and whoever waits is told.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <signal.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/libc.h"
#include "providers/clients/tools/secret.h"

#define RPC_TIMEOUT_MS  10000
#define GRACE_MS        10000
#define FORCED_GRACE_MS 10000

struct stop_run {
	struct proc *p;
	struct process_def *def; /* that the steps are of; a reference */
	struct process_steps steps;
	size_t at;
	struct fetch *fetch;
	struct timer timer;
	bool forced;
};

/* Of a definition without any. */
static const struct process_step just_term = { .signal = "TERM",
					       .grace_ms = GRACE_MS };

static void next_step(void *arg);

static void
rpc_done(void *arg, const struct fetch_reply *r)
{
	struct stop_run *st = arg;
	CLEANUP(put_json) json_t *msg = NULL;
	const json_t *err;

	st->fetch = NULL;
	if (r->error) {
		sup_log(st->p->sup, "%s: stop step %zu: %s", st->p->name,
			st->at, r->error);
	} else {
		msg = jx_parse(r->body, r->len, "reply", NULL);
		err = jx_get(msg, "error");
		sup_log(st->p->sup, "%s: stop step %zu: %s", st->p->name,
			st->at, err ? jx_str(err, "message", "error") : "done");
	}
	timer_on(&st->p->sup->loop, &st->timer, 0, next_step, st);
}

static void
do_rpc(struct stop_run *st, const struct process_call *call)
{
	struct proc *p = st->p;
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(freep) char *body = rpc_body(call);

	diags_init(&ds);
	if (secret_resolve(call->url, p->sup->secrets, NULL, &url, &ds)) {
		sup_log(p->sup, "%s: stop step %zu: %s", p->name, st->at,
			ds.first->summary);
		timer_on(&p->sup->loop, &st->timer, 0, next_step, st);
		return;
	}
	sup_log(p->sup, "%s: stop step %zu: %s", p->name, st->at, call->method);
	proc_waits(p, call->method);
	st->fetch = fetch_http(&p->sup->loop, buf_str(&url), body,
			       call->timeout_ms > 0 ? (unsigned)call->timeout_ms
						    : RPC_TIMEOUT_MS,
			       rpc_done, st);
}

static int
signal_number(const char *name)
{
	for (int sig = 1; sig < 32; sig++) {
		const char *s = sigabbrev_np(sig);

		if (s && !strcmp(s, name))
			return sig;
	}
	return SIGTERM;
}

static void
do_signal(struct stop_run *st, const struct process_step *step)
{
	struct proc *p = st->p;
	const char *name = step->signal;
	int64_t grace = step->grace_ms;
	char text[96];

	if (st->forced && grace > FORCED_GRACE_MS)
		grace = FORCED_GRACE_MS;
	sup_log(p->sup, "%s: SIG%s to pid %d", p->name, name, (int)p->pid);
	if (pidfd_send_signal(p->pidfd, signal_number(name), NULL, 0) &&
	    errno != ESRCH)
		sup_log(p->sup, "%s: cannot signal: %s", p->name,
			strerror(errno));
	snprintf(text, sizeof(text), "its exit after SIG%s, for up to %lld s",
		 name, (long long)(grace / 1000));
	proc_waits(p, text);
	timer_on(&p->sup->loop, &st->timer, (uint64_t)grace, next_step, st);
}

static void
out_of_steps(struct stop_run *st)
{
	struct proc *p = st->p;

	if (st->forced) {
		sup_log(p->sup, "%s: SIGKILL to the group of pid %d, by force",
			p->name, (int)p->pid);
		child_signal_group(p, SIGKILL);
		proc_waits(p, "its exit after SIGKILL");
		return;
	}
	p->stuck = true;
	proc_waits(p, NULL);
	proc_set_reason(p, "E0907",
			"pid %d is still running after all stop steps; -force "
			"would kill it, and may lose its data",
			(int)p->pid);
	sup_log(p->sup, "%s: %s", p->name, p->reason);
}

static void
next_step(void *arg)
{
	struct stop_run *st = arg;
	const struct process_step *step =
		st->at < st->steps.n ? &st->steps.v[st->at] : NULL;

	st->at++;
	if (step && !step->signal) {
		if (st->forced)
			timer_on(&st->p->sup->loop, &st->timer, 0, next_step,
				 st);
		else
			do_rpc(st, &step->call);
	} else if (step) {
		do_signal(st, step);
	} else {
		out_of_steps(st);
	}
	sup_kick(st->p->sup);
}

void
stop_begin(struct proc *p)
{
	struct stop_run *st = xcalloc(1, sizeof(*st));

	stop_end(p);
	st->p = p;
	st->forced = p->force;
	st->def = process_def_share(p->run_def);
	st->steps = st->def->stop;
	if (st->steps.n == 0)
		st->steps = (struct process_steps){ &just_term, 1 };
	p->stop = st;
	p->stuck = false;
	timer_on(&p->sup->loop, &st->timer, 0, next_step, st);
}

void
stop_force(struct proc *p)
{
	struct stop_run *st = p->stop;

	if (!st || st->forced)
		return;
	st->forced = true;
	st->at = 0;
	p->stuck = false;
	fetch_cancel(TAKE(st->fetch));
	timer_on(&p->sup->loop, &st->timer, 0, next_step, st);
}

void
stop_end(struct proc *p)
{
	struct stop_run *st = TAKE(p->stop);

	if (!st)
		return;
	fetch_cancel(st->fetch);
	timer_off(&p->sup->loop, &st->timer);
	process_def_put(st->def);
	free(st);
	p->stuck = false;
}
