/* What a change costs, found out by its kind rather than taken from earlier
 * ones, as soon as all that it is made from is known. */
#include "engine/plan/plan_impl.h"

#include "engine/io/jx.h"

#define PRICE_TIMEOUT_MS 120000

bool
plan_new_chain(const struct plan *p, const struct change *c, const json_t *rpc)
{
	for (size_t i = 0; c->res && i < c->res->nslots; i++) {
		const struct slot *s = &c->res->slots[i];

		if (!json_equal(jx_at(c->config, s->pointer), rpc))
			continue;
		for (size_t k = 0; k < s->nparts; k++) {
			const struct ref *ref = s->parts[k].ref;
			const struct change *of =
				ref ? plan_find(p, ref->addr) : NULL;

			if (of && of->deferred && of->deferred_by)
				of = plan_find(p, of->deferred_by);
			if (of && of->action == ACT_CREATE && of->res &&
			    of->res->kind->flags & KIND_RUNS)
				return true;
		}
	}
	return false;
}

static bool
asks_new_chain(const struct planner *pl, const struct change *c)
{
	for (size_t i = 0; i < json_array_size(c->costs); i++) {
		const json_t *rpc = jx_get(json_array_get(c->costs, i), "rpc");

		if (rpc && plan_new_chain(pl->p, c, rpc))
			return true;
	}
	return false;
}

bool
node_price(struct planner *pl, struct pnode *n)
{
	const struct change *c = n->c;
	const struct state_entry *e = n->entry;
	struct effect_msg m = {
		.what = "cost",
		.addr = n->res->addr,
		.kind = n->res->kind->name,
		.config = c->config,
		.timeout_ms = PRICE_TIMEOUT_MS,
	};

	if (n->failed || !n->selected || pl->r->opts.no_refresh || !c->costs ||
	    !(n->res->kind->flags & KIND_COST) || c->action == ACT_NOOP ||
	    json_array_size(c->unknown) > 0 || asks_new_chain(pl, c))
		return false;
	/* What was begun costs only what is left of it. */
	if (e && (c->incomplete || c->action == ACT_UPDATE))
		m.priv = entry_priv(e);
	if (c->action == ACT_UPDATE) {
		m.prior_config = c->prior_config;
		m.prior = c->prior;
	}
	n->pricing = true;
	pool_op_init(&n->op);
	n->op.msg = effect_msg_make(pl->r, &m);
	n->op.addr = n->res->addr;
	n->op.timeout_ms = m.timeout_ms;
	n->op.data = n;
	return true;
}

/* What keeps it from being priced is what apply would end with, such as a key
 * that may not do it. */
static void
note_refusal(struct planner *pl, struct pnode *n)
{
	struct kind_ctx ctx = { .arena = &pl->p->arena };
	struct plan_out out = { .notes = n->c->notes, .nnotes = n->c->nnotes };
	const struct diag *d = n->op.ds.first;

	while (d && d->sev != SEV_ERROR)
		d = d->next;
	if (n->op.outcome != OC_FAIL || !d)
		return;
	kind_note(&ctx, &out, "apply would stop here: %s (%s)", d->summary,
		  d->code);
	n->c->notes = out.notes;
	n->c->nnotes = out.nnotes;
}

void
node_take_price(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	note_refusal(pl, n);
	if (n->op.outcome != OC_OK || !json_is_array(n->op.attrs))
		return;
	json_decref(c->costs);
	c->costs = jx_share(n->op.attrs);
}
