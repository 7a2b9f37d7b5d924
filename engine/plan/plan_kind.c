/* What the kind's pure half adds to a change, and the proof that it may. */
#include "engine/plan/plan_impl.h"

#include "engine/io/jx.h"

void
kind_ctx_init(struct kind_ctx *ctx, struct planner *pl, const char *addr)
{
	const struct spec *sp = pl->r->spec;

	*ctx = (struct kind_ctx){
		.ds = pl->ds,
		.arena = &pl->p->arena,
		.addr = addr,
		.chain = pl->r->chain,
		.spec_dir = sp ? sp->dir : "/",
		.places = pl->r->places,
		.limits = sp ? sp->limits : NULL,
		.spec = sp,
		.find = spec_find,
		.state = pl->r->state,
	};
}

static bool
is_volatile(const json_t *schema, const char *name)
{
	return prop_flag(schema, name, "x-volatile");
}

/* A kind may predict computed fields only, and may not contradict what the
 * schema promises. Whoever breaks this is named, before anything happens. */
static int
check_prediction(struct planner *pl, const struct pnode *n, const json_t *attrs,
		 bool creating)
{
	const char *kind = n->res->kind->name, *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)attrs, key, v) {
		const json_t *was =
			n->c->prior ? jx_get(n->c->prior, key) : NULL;

		if (!prop_flag(n->res->schema, key, "x-computed")) {
			diag_err(pl->ds, "E0600",
				 "kind '%s' predicts '%s', which is not "
				 "computed in its schema",
				 kind, key);
			diag_addr(pl->ds, n->res->addr);
			return -1;
		}
		if (!creating && was && !json_equal(was, v) &&
		    prop_flag(n->res->schema, key, "x-stable")) {
			diag_err(pl->ds, "E0600",
				 "kind '%s' predicts another '%s', which its "
				 "schema calls stable",
				 kind, key);
			diag_addr(pl->ds, n->res->addr);
			return -1;
		}
	}
	return 0;
}

/* A field that an update leaves as it is, unless it was found changed: then
 * the update may well put it right. */
static const json_t *
stable_value(const struct pnode *n, const char *key)
{
	const json_t *is =
		n->c->prior ? json_object_get(n->c->prior, key) : NULL;

	if (!is || !prop_flag(n->res->schema, key, "x-stable") ||
	    (n->entry &&
	     !json_equal(is, json_object_get(n->entry->attrs, key))))
		return NULL;
	return is;
}

/* Every computed field is either known now or listed as unknown. */
static void
fill_attrs(struct pnode *n, const json_t *predicted, bool creating)
{
	struct change *c = n->c;
	const json_t *props = jx_get(n->res->schema, "properties");
	const char *key;
	json_t *sub;

	c->attrs = json_object();
	c->attrs_unknown = json_array();
	json_object_foreach((json_t *)(uintptr_t)props, key, sub) {
		const json_t *v =
			predicted ? json_object_get(predicted, key) : NULL;

		if (!json_is_true(json_object_get(sub, "x-computed")))
			continue;
		if (!v && !creating)
			v = stable_value(n, key);
		if (v && !is_volatile(n->res->schema, key))
			json_object_set_new(c->attrs, key, jx_share(v));
		else
			json_array_append_new(c->attrs_unknown,
					      json_string(key));
	}
}

int
plan_predict(struct planner *pl, struct pnode *n, bool creating)
{
	const struct kind *k = n->res->kind;
	struct change *c = n->c;
	struct plan_req req = {
		.config = c->config,
		.unknown = c->unknown,
		.prior_config = c->prior_config,
		.prior = c->prior,
		.recorded = c->prior && n->entry ? n->entry->attrs : c->prior,
		.creating = creating,
	};
	struct plan_out out = { 0 };
	struct kind_ctx ctx;
	struct diag *last = pl->ds->last, *d;
	int rc = 0;

	kind_ctx_init(&ctx, pl, n->res->addr);
	/* What is adopted says itself what it is, and costs nothing. */
	if (k->plan && c->action != ACT_IMPORT)
		rc = k->plan(&ctx, &req, &out);
	for (d = last ? last->next : pl->ds->first; d; d = d->next)
		if (!d->addr)
			d->addr = n->res->addr;
	if (rc == 0)
		rc = check_prediction(pl, n, out.attrs, creating);
	fill_attrs(n, out.attrs, creating);
	json_decref(out.attrs);
	c->notes = out.notes;
	c->nnotes = out.nnotes;
	c->costs = out.costs;
	return rc;
}

int
plan_leaves(struct planner *pl, struct change *c, const struct state_entry *e)
{
	const struct kind *k = kind_find(e->kind);
	struct plan_out out = { 0 };
	struct kind_ctx ctx;
	int rc;

	if (!k || !k->leaves)
		return 0;
	kind_ctx_init(&ctx, pl, e->addr);
	rc = k->leaves(&ctx, e->config, e->attrs, &out);
	json_decref(out.attrs);
	json_decref(out.costs);
	c->notes = out.notes;
	c->nnotes = out.nnotes;
	return rc;
}
