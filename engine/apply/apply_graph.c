/* In which order tasks may run. Creation follows today's dependencies,
 * removal the recorded ones, backwards. */
#include "engine/apply/apply_impl.h"

#include "engine/base/mem.h"

struct edges {
	size_t *from, *to, n, cap;
};

/* Index of tasks by address; task + 1, 0 for none. */
struct index {
	struct graph g;
	size_t *main, *removal;
};

static void
add_edge(struct edges *e, size_t from, size_t to)
{
	if (from == to)
		return;
	if (e->n == e->cap) {
		e->cap = e->cap ? 2 * e->cap : 256;
		e->from = xreallocarray(e->from, e->cap, sizeof(*e->from));
		e->to = xreallocarray(e->to, e->cap, sizeof(*e->to));
	}
	e->from[e->n] = from;
	e->to[e->n++] = to;
}

bool
replace_is_open(const struct change *c)
{
	size_t i;

	for (i = 0; i < c->nreasons; i++)
		if (c->reasons[i].class >= CLASS_REPLACE &&
		    !c->reasons[i].unknown)
			return false;
	return true;
}

bool
stays_behind(const struct applier *ap, const struct change *c)
{
	const struct kind *k = kind_find(c->kind);

	return (k->flags & (KIND_FORGET | KIND_READ_ONLY)) ||
	       ((k->flags & KIND_DATA) && !ap->p->delete_data);
}

static bool
acts(const struct change *c)
{
	return c->action != ACT_NOOP;
}

static void
make_tasks(struct applier *ap, struct index *ix)
{
	size_t i;

	for (i = 0; i < ap->p->nchanges; i++) {
		const struct change *c = &ap->p->changes[i];
		size_t id = graph_find(&ix->g, c->addr)->id;
		bool goes = c->action == ACT_DELETE || c->action == ACT_FORGET;

		if (c->action == ACT_REPLACE && !replace_is_open(c) &&
		    !stays_behind(ap, c)) {
			ap->tasks[ap->ntasks++] = (struct task){
				.c = c, .removal = true, .acts = true
			};
			ix->removal[id] = ap->ntasks;
		}
		ap->tasks[ap->ntasks++] = (struct task){ .c = c,
							 .removal = goes,
							 .acts = acts(c) };
		if (goes)
			ix->removal[id] = ap->ntasks;
		else
			ix->main[id] = ap->ntasks;
	}
}

static void
forward_edges(struct applier *ap, struct index *ix, struct edges *e)
{
	size_t i, k;

	for (i = 0; i < ap->ntasks; i++) {
		const struct task *t = &ap->tasks[i];
		const struct node *gn = graph_find(&ix->g, t->c->addr);

		if (t->removal)
			continue;
		for (k = 0; k < gn->nout; k++)
			if (ix->main[gn->out[k]])
				add_edge(e, ix->main[gn->out[k]] - 1, i);
		if (ix->removal[gn->id])
			add_edge(e, ix->removal[gn->id] - 1, i);
	}
}

/* The removal of D, which X was made from, comes after X's own removal, or
 * after X was brought to its new dependencies. A replacement of D that is
 * decided on the way removes inside its main task. */
static void
backward_edge(struct index *ix, size_t x, size_t d, const struct task *tasks,
	      struct edges *e)
{
	size_t gone = ix->removal[x], main = ix->main[x];
	size_t target = ix->removal[d];

	if (!target && gone && ix->main[d] &&
	    tasks[ix->main[d] - 1].c->action == ACT_REPLACE)
		add_edge(e, gone - 1, ix->main[d] - 1);
	else if (target && gone)
		add_edge(e, gone - 1, target - 1);
	else if (target && main && !ix->main[d])
		add_edge(e, main - 1, target - 1);
}

static void
backward_edges(struct applier *ap, struct index *ix, struct edges *e)
{
	size_t i, k;

	for (i = 0; i < ix->g.n; i++) {
		const struct state_entry *s =
			state_get(ap->r->state, ix->g.nodes[i].addr);

		for (k = 0; s && k < json_array_size(s->depends); k++) {
			const char *d = json_string_value(
				json_array_get(s->depends, k));
			const struct node *gn =
				d ? graph_find(&ix->g, moved_to(ap, d)) : NULL;

			if (gn)
				backward_edge(ix, i, gn->id, ap->tasks, e);
		}
	}
}

/* For each task, whether anything but removals goes before it. Malloc'd. */
static bool *
held_tasks(const struct applier *ap, const struct edges *e)
{
	bool *held = xcalloc(ap->ntasks + 1, sizeof(*held)), again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < e->n; i++)
			if (!held[e->to[i]] &&
			    (!ap->tasks[e->from[i]].removal ||
			     held[e->from[i]]))
				held[e->to[i]] = again = true;
	}
	return held;
}

/*
 * A thing that was given another name is an orphan and a new one, and both
 * want the same port or file: orphans that nothing stands on go before
 * anything of their kind is made.
 */
static void
orphans_first(struct applier *ap, struct edges *e)
{
	size_t orphans = ap->p->counts.remove, makes = ap->p->counts.create;
	bool *held;
	size_t i, k;

	/* Nobody renames that many, and the pairs would be too many. */
	if (orphans * makes == 0 || orphans * makes > 65536)
		return;
	held = held_tasks(ap, e);
	for (i = 0; i < ap->ntasks; i++) {
		const struct task *o = &ap->tasks[i];

		if (o->c->action != ACT_DELETE || held[i])
			continue;
		for (k = 0; k < ap->ntasks; k++) {
			const struct task *t = &ap->tasks[k];

			if (!t->removal && t->c->action == ACT_CREATE &&
			    strcmp(t->c->kind, o->c->kind) == 0)
				add_edge(e, i, k);
		}
	}
	free(held);
}

static void
go_before(struct applier *ap, struct index *ix, size_t orphan, size_t node,
	  bool *seen, struct edges *e)
{
	const struct state_entry *s =
		state_get(ap->r->state, ix->g.nodes[node].addr);

	for (size_t k = 0; s && k < json_array_size(s->depends); k++) {
		const char *d =
			json_string_value(json_array_get(s->depends, k));
		const struct node *gn =
			d ? graph_find(&ix->g, moved_to(ap, d)) : NULL;

		if (!gn || seen[gn->id])
			continue;
		seen[gn->id] = true;
		if (ix->removal[gn->id])
			add_edge(e, orphan, ix->removal[gn->id] - 1);
		if (ix->main[gn->id] && ap->tasks[ix->main[gn->id] - 1].acts)
			add_edge(e, orphan, ix->main[gn->id] - 1);
		go_before(ap, ix, orphan, gn->id, seen, e);
	}
}

/*
 * What asks its dependencies when it is removed goes before they are changed,
 * unless something that stays stood on it: that is changed first.
 */
static void
removals_that_ask(struct applier *ap, struct index *ix, struct edges *e)
{
	bool *held = held_tasks(ap, e), *seen;

	for (size_t i = 0; i < ap->ntasks; i++) {
		const struct change *c = ap->tasks[i].c;

		if (c->action != ACT_DELETE || held[i] ||
		    !(kind_find(c->kind)->flags & KIND_LIVE))
			continue;
		seen = xcalloc(ix->g.n + 1, sizeof(*seen));
		go_before(ap, ix, i, graph_find(&ix->g, c->addr)->id, seen, e);
		free(seen);
	}
	free(held);
}

static void
link_tasks(struct applier *ap, const struct edges *e)
{
	size_t i;

	for (i = 0; i < ap->ntasks; i++)
		ap->tasks[i].nnext = ap->tasks[i].wait = 0;
	for (i = 0; i < e->n; i++) {
		ap->tasks[e->from[i]].nnext++;
		ap->tasks[e->to[i]].wait++;
	}
	for (i = 0; i < ap->ntasks; i++) {
		struct task *t = &ap->tasks[i];

		t->next = arena_alloc(&ap->arena,
				      (t->nnext + 1) * sizeof(*t->next));
		t->nnext = 0;
	}
	for (i = 0; i < e->n; i++) {
		struct task *t = &ap->tasks[e->from[i]];

		t->next[t->nnext++] = e->to[i];
	}
}

/* For each task, whether it waits for itself, by others, or for one that does.
 * Malloc'd; NULL: none does. */
static bool *
tasks_in_circles(const struct applier *ap)
{
	size_t n = ap->ntasks, nready = 0, left = n, i, k;
	size_t *waits = xcalloc(n + 1, sizeof(*waits));
	size_t *ready = xcalloc(n + 1, sizeof(*ready));
	bool *in = xcalloc(n + 1, sizeof(*in));

	for (i = 0; i < n; i++) {
		in[i] = true;
		waits[i] = ap->tasks[i].wait;
		if (waits[i] == 0)
			ready[nready++] = i;
	}
	while (nready > 0) {
		const struct task *t = &ap->tasks[i = ready[--nready]];

		in[i] = false;
		left--;
		for (k = 0; k < t->nnext; k++)
			if (--waits[t->next[k]] == 0)
				ready[nready++] = t->next[k];
	}
	free(waits);
	free(ready);
	if (left > 0)
		return in;
	free(in);
	return NULL;
}

/*
 * X stands on D, which goes, and is to stand on E. That X is changed before D
 * is removed is a wish: where D stands on E, and E is made anew, they would
 * wait for each other.
 */
static void
break_circles(struct applier *ap, struct edges *e)
{
	bool *in = tasks_in_circles(ap);
	size_t kept = 0;

	if (!in)
		return;
	for (size_t i = 0; i < e->n; i++) {
		size_t from = e->from[i], to = e->to[i];

		if (in[from] && in[to] && !ap->tasks[from].removal &&
		    ap->tasks[to].removal)
			continue;
		e->from[kept] = from;
		e->to[kept++] = to;
	}
	e->n = kept;
	free(in);
	link_tasks(ap, e);
	in = tasks_in_circles(ap);
	if (in)
		diag_err(ap->ds, "E0600", "the plan contains a cycle");
	free(in);
}

/* A read that the plan put off is made when something acts on its outcome;
 * backwards in order, so that it is known who acts. */
static void
mark_verify(struct applier *ap, struct index *ix)
{
	bool *acting = xcalloc(ix->g.n + 1, sizeof(*acting));
	size_t i, k;

	for (i = ix->g.n; i-- > 0;) {
		const struct node *gn = &ix->g.nodes[ix->g.order[i]];
		struct task *t = ix->main[gn->id]
					 ? &ap->tasks[ix->main[gn->id] - 1]
					 : NULL;

		for (k = 0; k < gn->nin; k++)
			acting[gn->id] = acting[gn->id] || acting[gn->in[k]];
		if (!t)
			continue;
		t->verify = t->c->deferred &&
			    (t->c->action == ACT_UPDATE ||
			     (t->c->action == ACT_NOOP && acting[gn->id]));
		t->acts = t->acts || t->verify;
		acting[gn->id] = acting[gn->id] || t->c->action != ACT_NOOP;
	}
	free(acting);
}

void
apply_tasks(struct applier *ap)
{
	size_t n = ap->p->nchanges, *cycle, ncycle, i;
	struct graph_item *items = xcalloc(n + 1, sizeof(*items));
	struct edges e = { 0 };
	struct index ix;

	for (i = 0; i < n; i++) {
		const struct change *c = &ap->p->changes[i];
		bool goes = c->action == ACT_DELETE || c->action == ACT_FORGET;

		items[i] =
			(struct graph_item){ .addr = c->addr,
					     .deps = c->depends,
					     .ndeps = goes ? 0 : c->ndepends };
	}
	if (graph_init(&ix.g, items, n, &cycle, &ncycle))
		diag_err(ap->ds, "E0600", "the plan contains a cycle");
	free(items);
	ix.main = xcalloc(n + 1, sizeof(*ix.main));
	ix.removal = xcalloc(n + 1, sizeof(*ix.removal));
	ap->tasks = arena_alloc(&ap->arena, (2 * n + 1) * sizeof(*ap->tasks));
	ap->ready = arena_alloc(&ap->arena, (2 * n + 1) * sizeof(*ap->ready));
	make_tasks(ap, &ix);
	forward_edges(ap, &ix, &e);
	backward_edges(ap, &ix, &e);
	orphans_first(ap, &e);
	if (ap->p->mode == PLAN_NORMAL && ap->p->counts.remove > 0)
		removals_that_ask(ap, &ix, &e);
	link_tasks(ap, &e);
	break_circles(ap, &e);
	mark_verify(ap, &ix);
	graph_done(&ix.g);
	free(ix.main);
	free(ix.removal);
	free(e.from);
	free(e.to);
}
