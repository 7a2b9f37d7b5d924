/* Removals: of what is recorded but no longer in the spec, and of all. */
#include "engine/plan/plan_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* One recorded object in the order of removal. */
struct leaver {
	const struct state_entry *e;
	const char **deps;
	size_t ndeps;
	bool selected;
	const char *needed_by; /* kept, because this address needs it */
	bool protected;
	bool stays; /* -exclude: it, or what stands on it */
};

static struct change *
add_change(struct planner *pl, const struct leaver *l, enum why why)
{
	struct change *c = &pl->p->changes[pl->p->nchanges++];
	const struct state_entry *e = l->e;
	struct reason re = { .why = why };

	c->addr = arena_strdup(&pl->p->arena, e->addr);
	c->kind = arena_strdup(&pl->p->arena, e->kind);
	c->prior_config = jx_share(e->config);
	c->prior = jx_share(e->attrs);
	c->depends = l->deps;
	c->ndepends = l->ndeps;
	c->res = pl->r->spec ? spec_find(pl->r->spec, e->addr) : NULL;
	change_reason(pl, c, &re);
	return c;
}

static int
add_removal(struct planner *pl, const struct leaver *l, enum why why)
{
	const struct kind *k = kind_find(l->e->kind);
	const struct removed *gone =
		pl->r->spec ? spec_removed(pl->r->spec, l->e->addr) : NULL;
	bool forget = gone && !gone->destroy;
	struct change *c = add_change(pl, l, forget ? WHY_REMOVED : why);
	struct reason kept = { .why = WHY_KEPT };

	if (!k) {
		diag_err(pl->ds, "E0603",
			 "'%s' is of kind '%s', which this release does not "
			 "support",
			 c->addr, c->kind);
		diag_addr(pl->ds, c->addr);
		diag_hint(pl->ds, "use the release that wrote it, or remove it "
				  "from the state with 'opl2 state rm'");
		return -1;
	}
	c->action = ACT_DELETE;
	if (forget || (k->flags & KIND_READ_ONLY)) {
		c->action = ACT_FORGET;
	} else if ((k->flags & KIND_FORGET) ||
		   ((k->flags & KIND_DATA) && !pl->p->delete_data)) {
		c->action = ACT_FORGET;
		c->kept = true;
		change_reason(pl, c, &kept);
		return plan_leaves(pl, c, l->e);
	}
	return 0;
}

static void
add_kept(struct planner *pl, const struct leaver *l)
{
	struct change *c =
		add_change(pl, l, l->protected ? WHY_PROTECTED : WHY_NEEDED);

	c->action = ACT_NOOP;
	c->kept = true;
	c->reasons[0].text = l->needed_by;
	c->config = jx_share(l->e->config);
	c->unknown = json_array();
	c->attrs = jx_share(l->e->attrs);
}

static void
set_deps(struct planner *pl, struct leaver *l)
{
	size_t n = json_array_size(l->e->depends), i;

	l->deps = arena_alloc(&pl->p->arena, (n + 1) * sizeof(*l->deps));
	for (i = 0; i < n; i++) {
		const char *s =
			json_string_value(json_array_get(l->e->depends, i));

		if (s)
			l->deps[l->ndeps++] = arena_strdup(&pl->p->arena, s);
	}
}

/* The recorded dependencies. They come from graphs that had no circle, but of
 * different times; a circle is then cut by going by address. */
static size_t
order_leavers(struct planner *pl, struct leaver *ls, size_t n, struct graph *g)
{
	struct graph_item *items = xcalloc(n + 1, sizeof(*items));
	size_t *cycle, ncycle, i;

	for (i = 0; i < n; i++) {
		set_deps(pl, &ls[i]);
		items[i] = (struct graph_item){
			.addr = ls[i].e->addr,
			.deps = ls[i].deps,
			.ndeps = ls[i].ndeps,
			.data = &ls[i],
		};
	}
	if (graph_init(g, items, n, &cycle, &ncycle))
		for (i = 0; i < n; i++)
			g->order[i] = i;
	free(items);
	return n;
}

static bool
targeted(const struct run *r, const char *addr)
{
	return r->opts.ntargets == 0 ||
	       plan_names(r->opts.targets, r->opts.ntargets, addr);
}

static bool
excluded(struct planner *pl, const char *addr)
{
	const struct node *gn = graph_find(&pl->g, addr);

	return gn ? !pl->nodes[gn->id].selected
		  : plan_names(pl->r->opts.excludes, pl->r->opts.nexcludes,
			       addr);
}

/* What -exclude leaves out stays as it is, and so does what it stands on. */
static void
exclude_leavers(struct planner *pl, struct graph *g)
{
	size_t i, k;

	for (i = g->n; pl->r->opts.nexcludes && i-- > 0;) {
		const struct node *gn = &g->nodes[g->order[i]];
		struct leaver *l = gn->data;

		l->stays = l->stays || excluded(pl, gn->addr);
		for (k = 0; l->stays && k < gn->nout; k++)
			((struct leaver *)g->nodes[gn->out[k]].data)->stays =
				true;
	}
}

/* --- orphans --- */

static bool
is_orphan(struct planner *pl, const char *addr)
{
	size_t i;

	if (spec_find(pl->r->spec, addr))
		return false;
	for (i = 0; i < pl->g.n; i++)
		if (pl->nodes[i].moved_from &&
		    strcmp(pl->nodes[i].moved_from, addr) == 0)
			return false;
	return true;
}

/* Of all entries, whether -exclude leaves them out: also what was made from one
 * that it names. NULL without -exclude. */
static const struct leaver *
left_out(struct planner *pl, const struct state_entry **es, size_t n)
{
	struct leaver *ls;
	struct graph g;
	size_t i, k;

	if (!pl->r->opts.nexcludes)
		return NULL;
	ls = arena_alloc(&pl->p->arena, (n + 1) * sizeof(*ls));
	for (i = 0; i < n; i++)
		ls[i].e = es[i];
	order_leavers(pl, ls, n, &g);
	for (i = 0; i < n; i++) {
		const struct node *gn = &g.nodes[g.order[i]];
		struct leaver *l = gn->data;

		l->stays = excluded(pl, gn->addr);
		for (k = 0; k < gn->nout && !l->stays; k++) {
			const struct leaver *d = g.nodes[gn->out[k]].data;

			l->stays = d->stays;
		}
	}
	exclude_leavers(pl, &g);
	graph_done(&g);
	return ls;
}

int
plan_orphans(struct planner *pl)
{
	size_t n, i, k = 0;
	const struct state_entry **es =
		state_list(pl->r->state, &pl->p->arena, &n);
	const struct leaver *out = left_out(pl, es, n);
	struct leaver *ls = arena_alloc(&pl->p->arena, (n + 1) * sizeof(*ls));
	struct graph g;
	int rc = 0;

	for (i = 0; i < n; i++) {
		bool failed = false;

		if (!is_orphan(pl, es[i]->addr) ||
		    !targeted(pl->r, es[i]->addr) || (out && out[i].stays))
			continue;
		ls[k++].e = entry_today(pl, es[i]->addr, &failed);
		if (failed)
			return -1;
	}
	if (k == 0)
		return 0;
	order_leavers(pl, ls, k, &g);
	for (i = k; i-- > 0;)
		if (add_removal(pl, g.nodes[g.order[i]].data, WHY_ORPHAN))
			rc = -1;
	graph_done(&g);
	return rc;
}

/* --- destroy --- */

/* A protected thing keeps what it stands on. Dependencies come later in the
 * reverse order, so one pass does. */
static void
protect(struct planner *pl, struct graph *g)
{
	size_t i, k;

	for (i = g->n; i-- > 0;) {
		const struct node *gn = &g->nodes[g->order[i]];
		struct leaver *l = gn->data;
		const struct resource *res =
			pl->r->spec ? spec_find(pl->r->spec, l->e->addr) : NULL;

		if (res && res->life.prevent_destroy)
			l->protected = true;
		if (!l->protected && !l->needed_by)
			continue;
		for (k = 0; k < gn->nout; k++) {
			struct leaver *d = g->nodes[gn->out[k]].data;

			if (!d->needed_by)
				d->needed_by = l->protected ? l->e->addr
							    : l->needed_by;
		}
	}
}

/* The targets and everything that stands on them. */
static void
select_leavers(struct planner *pl, struct graph *g)
{
	size_t i, k;

	for (i = 0; i < g->n; i++) {
		const struct node *gn = &g->nodes[g->order[i]];
		struct leaver *l = gn->data;

		l->selected = targeted(pl->r, gn->addr);
		for (k = 0; k < gn->nout && !l->selected; k++) {
			const struct leaver *d = g->nodes[gn->out[k]].data;

			l->selected = d->selected;
		}
	}
}

int
plan_destroy(struct planner *pl)
{
	size_t n, i;
	const struct state_entry **es =
		state_list(pl->r->state, &pl->p->arena, &n);
	struct leaver *ls = arena_alloc(&pl->p->arena, (n + 1) * sizeof(*ls));
	struct graph g;
	int rc = 0;

	for (i = 0; i < n; i++) {
		bool failed = false;

		ls[i].e = entry_today(pl, es[i]->addr, &failed);
		if (failed)
			return -1;
	}
	order_leavers(pl, ls, n, &g);
	select_leavers(pl, &g);
	exclude_leavers(pl, &g);
	protect(pl, &g);
	for (i = n; i-- > 0;) {
		struct leaver *l = g.nodes[g.order[i]].data;

		if (!l->selected || l->stays)
			continue;
		if (l->protected || l->needed_by)
			add_kept(pl, l);
		else if (add_removal(pl, l, WHY_DESTROY))
			rc = -1;
	}
	graph_done(&g);
	return rc;
}
