#include "engine/plan/plan_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/plan/durations.h"
#include "engine/plan/plan_digest.h"

static struct plan *
new_plan(const struct run *r, size_t max)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	arena_init(&p->arena);
	p->values = json_array();
	p->mode = r->opts.mode;
	p->delete_data = r->opts.delete_data;
	p->force = r->opts.force;
	p->take_over = r->opts.take_over;
	if (r->elsewhere)
		p->host = plan_keep(
			p, json_pack("{s:s, s:s}", "host",
				     jx_str(r->elsewhere, "host", ""), "dir",
				     jx_str(r->elsewhere, "dir", "")));
	p->limited = r->opts.ntargets > 0 || r->opts.nexcludes > 0;
	p->chain = arena_strdup(&p->arena, r->chain);
	p->tool_version = OPL2_VERSION;
	p->spec_digest =
		arena_strdup(&p->arena, r->spec ? r->spec->digest : "");
	p->lineage = arena_strdup(&p->arena, r->state->lineage);
	p->journal = arena_strdup(&p->arena, r->impl->stamp);
	p->serial = r->state->serial;
	p->changes = arena_alloc(&p->arena, (max + 1) * sizeof(*p->changes));
	return p;
}

/* What people are told: downloads and builds are no change of the chain. */
static void
count_apart(struct plan_counts *n, const struct change *c)
{
	bool makes = c->action == ACT_CREATE || c->action == ACT_REPLACE;
	bool unmakes = c->action == ACT_DELETE || c->action == ACT_REPLACE;

	if (change_is_cache(c)) {
		n->cache_build += makes || c->action == ACT_UPDATE;
		n->cache_drop += c->action == ACT_DELETE;
		return;
	}
	n->add += makes;
	n->change += c->action == ACT_UPDATE;
	n->destroy += unmakes;
}

void
plan_count(struct plan *p)
{
	struct plan_counts n = { 0 };
	size_t i;

	for (i = 0; i < p->nchanges; i++) {
		const struct change *c = &p->changes[i];

		n.noop += c->action == ACT_NOOP;
		n.read += c->action == ACT_READ;
		n.create += c->action == ACT_CREATE;
		n.update += c->action == ACT_UPDATE;
		n.replace += c->action == ACT_REPLACE;
		n.remove += c->action == ACT_DELETE;
		n.forget += c->action == ACT_FORGET;
		n.import += c->action == ACT_IMPORT;
		n.deferred += c->deferred;
		n.drifted += c->drifted;
		n.kept += c->kept;
		n.irreversible += c->irreversible;
		n.not_here += c->not_here && c->action == ACT_NOOP;
		count_apart(&n, c);
	}
	p->counts = n;
}

/* --- what is covered --- */

bool
plan_names(const char *const *names, size_t n, const char *addr)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(names[i], addr, len) == 0 &&
		    (!addr[len] || (addr[len] == '.' && kind_find(names[i]))))
			return true;
	}
	return false;
}

/* In the spec, where it is planned, or in the state. */
static bool
stands_for_one(struct planner *pl, const char *name)
{
	size_t n, i;
	const struct state_entry **es =
		state_list(pl->r->state, &pl->p->arena, &n);

	for (i = 0; i < pl->g.n; i++)
		if (plan_names(&name, 1, pl->g.nodes[i].addr))
			return true;
	for (i = 0; i < n; i++)
		if (plan_names(&name, 1, es[i]->addr))
			return true;
	return false;
}

static int
unknown_address(struct planner *pl, const char *flag, const char *addr)
{
	diag_err(pl->ds, "E0604",
		 "%s names '%s', which is not a resource of "
		 "this chain",
		 flag, addr);
	diag_hint(pl->ds, "'opl2 state list' and 'opl2 show -spec' list the "
			  "addresses");
	return -1;
}

static int
check_scope(struct planner *pl)
{
	const struct run_opts *o = &pl->r->opts;
	size_t i;
	int rc = 0;

	for (i = 0; i < o->ntargets; i++)
		if (!stands_for_one(pl, o->targets[i]))
			rc = unknown_address(pl, "-target", o->targets[i]);
	for (i = 0; i < o->nexcludes; i++)
		if (!stands_for_one(pl, o->excludes[i]))
			rc = unknown_address(pl, "-exclude", o->excludes[i]);
	return rc;
}

static int
check_replace(struct planner *pl)
{
	const struct run_opts *o = &pl->r->opts;
	size_t i;
	int rc = 0;

	for (i = 0; i < o->nreplace; i++)
		if (!graph_find(&pl->g, o->replace[i]))
			rc = unknown_address(pl, "-replace", o->replace[i]);
	return rc;
}

/* -target: the named ones and all they depend on. -exclude: all but the named
 * ones and all that depends on them. */
static void
select_nodes(struct planner *pl)
{
	const struct run_opts *o = &pl->r->opts;
	size_t i, k;

	for (i = 0; i < pl->g.n; i++) {
		const struct node *gn = &pl->g.nodes[pl->g.order[i]];
		struct pnode *n = &pl->nodes[gn->id];

		n->selected = o->ntargets == 0 ||
			      plan_names(o->targets, o->ntargets, gn->addr);
		if (plan_names(o->excludes, o->nexcludes, gn->addr))
			n->selected = false;
		for (k = 0; o->nexcludes && k < gn->nout; k++)
			if (!pl->nodes[gn->out[k]].selected)
				n->selected = false;
	}
	for (i = pl->g.n; o->ntargets && i-- > 0;) {
		const struct node *gn = &pl->g.nodes[pl->g.order[i]];

		for (k = 0; pl->nodes[gn->id].selected && k < gn->nout; k++)
			pl->nodes[gn->out[k]].selected = true;
	}
}

/* --- outputs --- */

static const json_t *
plan_make_lookup(void *arg, const struct ref *ref, bool *unknown)
{
	struct planner *pl = arg;
	struct node *gn = graph_find(&pl->g, ref->addr);

	const json_t *v;

	*unknown = false;
	if (!gn)
		return NULL;
	v = known_at(&pl->nodes[gn->id].known, ref->path, pl->p->values,
		     unknown);
	if (*unknown && !pl->nodes[gn->id].selected)
		pl->outside = true;
	return v;
}

static int
plan_outputs(struct planner *pl)
{
	const struct spec *sp = pl->r->spec;
	struct plan *p = pl->p;
	int rc = 0;
	size_t i;

	p->outputs = arena_alloc(&p->arena,
				 (sp->noutputs + 1) * sizeof(*p->outputs));
	for (i = 0; i < sp->noutputs; i++) {
		const struct output *o = &sp->outputs[i];
		struct plan_output *po = &p->outputs[p->noutputs++];
		const json_t *was = jx_get(pl->r->state->outputs, o->name);
		json_t *v = NULL;

		po->name = arena_strdup(&p->arena, o->name);
		po->sensitive = o->sensitive;
		/* null is a value too: of what turned out to have none. */
		po->before =
			was ? plan_keep(p,
					jx_share(json_object_get(was, "value")))
			    : NULL;
		pl->outside = false;
		if (output_eval(sp, o, plan_make_lookup, pl, &v, &po->unknown,
				pl->ds)) {
			rc = -1;
		} else if (pl->outside) {
			/* Apply will not know it either. */
			json_decref(v);
			po->unknown = false;
			po->after = po->before;
		} else {
			po->after = plan_keep(p, v ? v : json_null());
		}
	}
	return rc;
}

/* --- making --- */

static int
refuse_protected(struct planner *pl)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < pl->g.n; i++) {
		const struct pnode *n = &pl->nodes[i];

		if (n->c->action != ACT_REPLACE ||
		    !n->res->life.prevent_destroy)
			continue;
		rc = diag_err(pl->ds, "E0612",
			      "'%s' would be replaced, but it is protected",
			      n->res->addr);
		diag_addr(pl->ds, n->res->addr);
		diag_hint(pl->ds, "revert the change, or remove its "
				  "'lifecycle.prevent_destroy'");
	}
	return rc;
}

static void
set_up_nodes(struct planner *pl)
{
	struct plan *p = pl->p;
	size_t i;

	pl->nodes = arena_alloc(&p->arena, (pl->g.n + 1) * sizeof(*pl->nodes));
	pl->ready = arena_alloc(&p->arena, (pl->g.n + 1) * sizeof(*pl->ready));
	pl->left = pl->g.n;
	for (i = 0; i < pl->g.n; i++) {
		struct pnode *n = &pl->nodes[pl->g.order[i]];
		struct change *c = &p->changes[i];

		n->res = pl->g.nodes[pl->g.order[i]].data;
		n->c = c;
		c->res = n->res;
		c->addr = arena_strdup(&p->arena, n->res->addr);
		c->kind = n->res->kind->name;
		c->depends = n->res->deps;
		c->ndepends = n->res->ndeps;
	}
	p->nchanges = pl->g.n;
}

/* Leaves out what a limited plan does not cover. */
static void
drop_unselected(struct planner *pl)
{
	struct plan *p = pl->p;
	size_t i, k = 0;

	for (i = 0; i < p->nchanges; i++) {
		struct change *c = &p->changes[i];
		const struct node *gn = graph_find(&pl->g, c->addr);

		if (pl->nodes[gn->id].selected) {
			p->changes[k++] = *c;
			continue;
		}
		change_done(c);
	}
	/* removals take these places */
	memset(&p->changes[k], 0, (p->nchanges - k) * sizeof(*p->changes));
	p->nchanges = k;
}

static int
finish_plan(struct planner *pl)
{
	bool normal = pl->p->mode == PLAN_NORMAL;
	int rc = 0;

	if (normal && (refuse_protected(pl) || plan_consent(pl)))
		rc = -1;
	if (normal && plan_outputs(pl))
		rc = -1;
	if (pl->p->limited)
		drop_unselected(pl);
	if (normal && plan_orphans(pl))
		rc = -1;
	return rc;
}

static int
plan_spec(struct planner *pl)
{
	size_t i;
	int rc;

	if (intr_begin(&pl->intr, pl->ds))
		return -1;
	rc = plan_walk(pl);
	if (rc == 0 && pl->intr.count > 0)
		rc = diag_err(pl->ds, "E0619", "the plan was interrupted");
	for (i = 0; i < pl->g.n && rc == 0; i++)
		if (pl->nodes[i].failed)
			rc = -1;
	intr_end(&pl->intr);
	if (rc == 0 && pl->p->mode == PLAN_NORMAL)
		rc = plan_caches(pl);
	for (i = 0; i < pl->g.n; i++) {
		json_decref(pl->nodes[i].hashes);
		if (pl->nodes[i].op.msg)
			pool_op_done(&pl->nodes[i].op);
	}
	return rc;
}

static int
make_normal(struct planner *pl, struct plan **out)
{
	struct diags *ds = pl->ds;
	size_t n;
	int rc;

	if (pl->r->opts.mode == PLAN_NORMAL &&
	    spec_check_limits(pl->r->spec, ds))
		return -1;
	if (graph_of_spec(&pl->g, pl->r->spec, ds))
		return -1;
	n = pl->g.n + pl->r->state->count;
	pl->p = new_plan(pl->r, n);
	set_up_nodes(pl);
	select_nodes(pl);
	rc = check_scope(pl) | check_replace(pl) ? -1 : plan_spec(pl);
	if (rc == 0) {
		rc = finish_plan(pl);
		plan_expect(pl->p, pl->r->impl->backend);
		plan_count(pl->p);
		plan_digest_set(pl->p, pl->r);
		plan_seal(pl->p);
		*out = pl->p;
	} else {
		plan_free(pl->p);
	}
	graph_done(&pl->g);
	spec_locate(pl->r->spec, ds);
	return rc;
}

int
plan_make(struct run *r, struct plan **out, struct diags *ds)
{
	struct planner pl = { .r = r, .ds = ds };
	int rc;

	*out = NULL;
	if (r->opts.mode != PLAN_DESTROY)
		return make_normal(&pl, out);
	pl.p = new_plan(r, r->state->count);
	rc = plan_destroy(&pl);
	if (rc == 0)
		rc = check_scope(&pl);
	plan_count(pl.p);
	plan_digest_set(pl.p, r);
	plan_seal(pl.p);
	*out = pl.p;
	return rc;
}
