/*
 * Downloads and builds, with a state that machines share. They are each
 * machine's own: one that is missing here, or is another than recorded, is as
 * recorded for the chain, and nothing is done about it until something that is
 * to be done needs it.
 */
#include "engine/plan/plan_impl.h"

bool
plan_is_lazy(const struct planner *pl, const struct pnode *n)
{
	return (n->res->kind->flags & KIND_CACHE) && n->was_read &&
	       pl->r->impl->backend->ops->settle;
}

bool
plan_lacks(struct planner *pl, const struct pnode *n)
{
	struct reasons rs = { 0 };
	struct diff d = { .arena = &pl->p->arena,
			  .schema = n->res->schema,
			  .why = WHY_DRIFT,
			  .computed = true,
			  .out = &rs };

	if (!n->gone)
		diff_attrs(&d, n->entry->attrs, n->c->prior);
	return n->gone || rs.n;
}

/* Is something done with it that takes what it depends on? What runs here may
 * be started again at any time. */
static bool
uses(const struct pnode *n)
{
	enum action a = n->c->action;

	return a == ACT_CREATE || a == ACT_UPDATE || a == ACT_REPLACE ||
	       ((n->res->kind->flags & KIND_RUNS) && n->was_read && !n->gone);
}

/* Made here after all. What depends on it keeps the recorded values: they are
 * the same wherever it is made, or apply finds out. */
static int
take_up(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	n->known.attrs = plan_keep(pl->p, c->attrs);
	c->attrs = NULL;
	n->lazy = false;
	return node_decide(pl, n);
}

int
plan_caches(struct planner *pl)
{
	const struct run_opts *o = &pl->r->opts;
	size_t i, k;

	/* Backwards: what uses one comes before it. */
	for (i = pl->g.n; i-- > 0;) {
		const struct node *gn = &pl->g.nodes[pl->g.order[i]];
		struct pnode *n = &pl->nodes[gn->id];
		bool wanted = plan_names(o->targets, o->ntargets, gn->addr);

		if (!n->selected)
			continue;
		for (k = 0; k < gn->nin && !wanted; k++)
			wanted = pl->nodes[gn->in[k]].selected &&
				 uses(&pl->nodes[gn->in[k]]);
		if (n->c->not_here && wanted && take_up(pl, n))
			return -1;
	}
	return 0;
}
