/* What a command has workers do beside a plan or outside of any. */
#include "engine/run/run_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"

struct acting {
	struct run *r;
	struct intr intr;
	size_t left;
	struct diags *ds;
};

static void
action_on_progress(void *arg, struct pool_op *op, const char *text)
{
	struct acting *a = arg;
	struct event ev = { .type = EV_PROGRESS,
			    .addr = op->addr,
			    .kind = op->addr,
			    .action = ACT_READ,
			    .text = text,
			    .elapsed_ms = mono_ms() - op->started };

	run_emit(a->r, &ev);
}

static void
action_on_done(void *arg, struct pool_op *op)
{
	struct acting *a = arg;
	struct action_call *call = op->data;

	struct diag *d;

	a->left--;
	/* An action has no address: the command knows what it is about. */
	for (d = op->ds.first; d; d = d->next)
		d->addr = NULL;
	call->ok = op->outcome == OC_OK && op->ds.nerrors == 0;
	if (call->ok)
		call->answer = TAKE(op->attrs);
	diags_append(&call->ds, &op->ds);
}

static void
action_check_interrupt(struct acting *a)
{
	unsigned before = a->intr.count;

	intr_check(&a->intr);
	if (a->intr.count == before)
		return;
	if (before == 0)
		pool_cancel(a->r->pool);
	if (a->intr.count > 1)
		pool_kill(a->r->pool);
}

static void
action_on_keep(void *arg, const char *path, int64_t from)
{
	struct acting *a = arg;

	backend_keep(a->r->impl->backend, path, from);
}

static int
action_on_sync(void *arg)
{
	struct acting *a = arg;

	return backend_settle(a->r->impl->backend, a->ds);
}

static int
wait_for(struct acting *a, struct diags *ds)
{
	const struct pool_hooks hooks = {
		.progress = action_on_progress,
		.done = action_on_done,
		.keep = action_on_keep,
		.sync = action_on_sync,
		.arg = a,
	};
	const struct events *e = a->r->opts.events;
	int tick = e && e->tick && e->tick_ms ? (int)e->tick_ms : -1;

	a->ds = ds;
	while (a->left > 0) {
		if (pool_turn(a->r->pool, &hooks, tick, a->intr.fd, ds))
			return -1;
		if (tick > 0)
			e->tick(e->arg);
		action_check_interrupt(a);
	}
	return 0;
}

/* Workers are told secrets once, before their first operation. */
static int
action_begin(struct acting *a, struct action_call *calls, size_t n,
	     struct diags *ds)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(all, jx_share(calls[i].args));
	json_decref(a->r->impl->action_args);
	a->r->impl->action_args = all;
	return run_need_pool(a->r, ds) || intr_begin(&a->intr, ds) ? -1 : 0;
}

int
run_calls(struct run *r, struct action_call *calls,
	  const struct effect_msg *msgs, size_t n, struct diags *ds)
{
	struct acting a = { .r = r, .left = n };
	struct pool_op *ops;
	size_t i;
	int rc;

	if (action_begin(&a, calls, n, ds))
		return -1;
	ops = xcalloc(n, sizeof(*ops));
	for (i = 0; i < n; i++) {
		pool_op_init(&ops[i]);
		ops[i].addr = msgs[i].addr;
		ops[i].timeout_ms = msgs[i].timeout_ms;
		ops[i].data = &calls[i];
		ops[i].msg = effect_msg_make(r, &msgs[i]);
		pool_submit(r->pool, &ops[i]);
	}
	rc = wait_for(&a, ds);
	intr_end(&a.intr);
	for (i = 0; i < n; i++)
		pool_op_done(&ops[i]);
	free(ops);
	return rc;
}

int
run_actions(struct run *r, struct action_call *calls, size_t n,
	    struct diags *ds)
{
	struct effect_msg *msgs = xcalloc(n, sizeof(*msgs));
	int rc;

	for (size_t i = 0; i < n; i++)
		msgs[i] = (struct effect_msg){ .what = "action",
					       .addr = calls[i].name,
					       .kind = calls[i].name,
					       .config = calls[i].args };
	rc = run_calls(r, calls, msgs, n, ds);
	free(msgs);
	return rc;
}

int
run_action(struct run *r, const char *name, const json_t *args, json_t **answer,
	   struct diags *ds)
{
	struct action_call call = { .name = name, .args = args };
	int rc;

	diags_init(&call.ds);
	rc = run_actions(r, &call, 1, ds);
	diags_append(ds, &call.ds);
	diags_done(&call.ds);
	*answer = call.answer;
	return rc || !call.ok ? -1 : 0;
}
