/* Walks the graph: each node is begun when all it depends on is planned, and
 * the reads of independent nodes go on at the same time. */
#include "engine/plan/plan_impl.h"

#include "engine/io/jx.h"

static void
release(struct planner *pl, struct pnode *n)
{
	const struct node *gn = graph_find(&pl->g, n->res->addr);
	size_t i;

	pl->left--;
	for (i = 0; i < gn->nin; i++)
		if (--pl->nodes[gn->in[i]].wait == 0)
			pl->ready[pl->nready++] = gn->in[i];
}

static void
plan_read_say(struct planner *pl, const struct pnode *n, enum event_type type,
	      const char *text)
{
	struct event ev = { .type = type,
			    .addr = n->res->addr,
			    .kind = n->res->kind->name,
			    .action = ACT_READ,
			    .text = text };

	if (n->op.started)
		ev.elapsed_ms = mono_ms() - n->op.started;
	run_emit(pl->r, &ev);
}

static void
plan_read_on_progress(void *arg, struct pool_op *op, const char *text)
{
	struct planner *pl = arg;
	const struct pnode *n = op->data;
	struct event ev = { .type = EV_PROGRESS,
			    .addr = n->res->addr,
			    .kind = n->res->kind->name,
			    .action = ACT_READ,
			    .text = text,
			    .elapsed_ms = mono_ms() - op->started };

	run_emit(pl->r, &ev);
}

static void
plan_read_on_done(void *arg, struct pool_op *op)
{
	struct planner *pl = arg;
	struct pnode *n = op->data;

	if (n->pricing) {
		node_take_price(pl, n);
	} else {
		node_finish(pl, n);
		plan_read_say(pl, n, EV_REFRESH_DONE,
			      n->gone          ? "gone"
			      : n->unreachable ? "unreachable"
			      : n->c->drifted  ? "drifted"
					       : NULL);
	}
	pool_op_done(op);
	if (!n->pricing && node_price(pl, n))
		pool_submit(pl->r->pool, &n->op);
	else
		release(pl, n);
}

static int
begin_ready(struct planner *pl)
{
	while (pl->nready > 0) {
		struct pnode *n = &pl->nodes[pl->ready[--pl->nready]];

		if (node_begin(pl, n)) {
			if (run_need_pool(pl->r, pl->ds))
				return -1;
			plan_read_say(pl, n, EV_REFRESH_START, NULL);
			pool_submit(pl->r->pool, &n->op);
		} else {
			node_finish(pl, n);
			if (!node_price(pl, n)) {
				release(pl, n);
				continue;
			}
			if (run_need_pool(pl->r, pl->ds))
				return -1;
			pool_submit(pl->r->pool, &n->op);
		}
	}
	return 0;
}

static void
plan_read_check_interrupt(struct planner *pl)
{
	unsigned before = pl->intr.count;

	intr_check(&pl->intr);
	if (pl->intr.count == before)
		return;
	if (before == 0)
		pool_cancel(pl->r->pool);
	if (pl->intr.count > 1)
		pool_kill(pl->r->pool);
}

int
plan_walk(struct planner *pl)
{
	const struct pool_hooks hooks = {
		.progress = plan_read_on_progress,
		.done = plan_read_on_done,
		.arg = pl,
	};
	const struct events *e = pl->r->opts.events;
	int tick = e && e->tick && e->tick_ms ? (int)e->tick_ms : -1;
	size_t i;
	int rc = 0;

	for (i = pl->g.n; i-- > 0;) {
		pl->nodes[i].wait = pl->g.nodes[i].nout;
		if (pl->nodes[i].wait == 0)
			pl->ready[pl->nready++] = i;
	}
	while (rc == 0 && pl->left > 0) {
		rc = begin_ready(pl);
		if (rc || pl->left == 0)
			break;
		rc = pool_turn(pl->r->pool, &hooks, tick, pl->intr.fd, pl->ds);
		if (tick > 0)
			e->tick(e->arg);
		plan_read_check_interrupt(pl);
	}
	return rc;
}
