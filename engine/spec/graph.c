#include "engine/spec/graph.h"

#include <stdbool.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"

static int
by_addr(const void *a, const void *b)
{
	const struct graph_item *const *x = a, *const *y = b;

	return strcmp((*x)->addr, (*y)->addr);
}

static int
by_id(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct node *
graph_find(const struct graph *g, const char *addr)
{
	size_t lo = 0, hi = g->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(addr, g->nodes[mid].addr);

		if (c == 0)
			return &g->nodes[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* Turns the item's addresses into ids, sorted and without repeats. */
static void
link_out(struct graph *g, struct node *n, const struct graph_item *it)
{
	size_t i, k = 0;

	n->out = arena_alloc(&g->arena, (it->ndeps + 1) * sizeof(*n->out));
	for (i = 0; i < it->ndeps; i++) {
		const struct node *d = graph_find(g, it->deps[i]);

		if (d)
			n->out[n->nout++] = d->id;
	}
	qsort(n->out, n->nout, sizeof(*n->out), by_id);
	for (i = 0; i < n->nout; i++)
		if (k == 0 || n->out[k - 1] != n->out[i])
			n->out[k++] = n->out[i];
	n->nout = k;
}

static void
link_in(struct graph *g)
{
	size_t i, k;

	for (i = 0; i < g->n; i++)
		for (k = 0; k < g->nodes[i].nout; k++)
			g->nodes[g->nodes[i].out[k]].nin++;
	for (i = 0; i < g->n; i++) {
		struct node *n = &g->nodes[i];

		n->in = arena_alloc(&g->arena, (n->nin + 1) * sizeof(*n->in));
		n->nin = 0;
	}
	for (i = 0; i < g->n; i++)
		for (k = 0; k < g->nodes[i].nout; k++) {
			struct node *d = &g->nodes[g->nodes[i].out[k]];

			d->in[d->nin++] = i;
		}
}

/* A binary heap of ids, smallest first: the tie-break by address. */
static void
heap_push(size_t *h, size_t *n, size_t id)
{
	size_t i = (*n)++;

	while (i > 0 && h[(i - 1) / 2] > id) {
		h[i] = h[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h[i] = id;
}

static size_t
heap_pop(size_t *h, size_t *n)
{
	size_t top = h[0], last = h[--*n], i = 0, c;

	while ((c = 2 * i + 1) < *n) {
		if (c + 1 < *n && h[c + 1] < h[c])
			c++;
		if (h[c] >= last)
			break;
		h[i] = h[c];
		i = c;
	}
	h[i] = last;
	return top;
}

/* Every node that was not ordered has a dependency that was not: following
 * them must come round. */
static void
find_cycle(struct graph *g, const bool *done, size_t **cycle, size_t *ncycle)
{
	size_t *path = arena_alloc(&g->arena, g->n * sizeof(*path));
	size_t *at = arena_alloc(&g->arena, g->n * sizeof(*at));
	size_t id = 0, n = 0, k;

	while (done[id])
		id++;
	while (at[id] == 0) {
		path[n++] = id;
		at[id] = n;
		for (k = 0; done[g->nodes[id].out[k]]; k++)
			;
		id = g->nodes[id].out[k];
	}
	*cycle = path + at[id] - 1;
	*ncycle = n - (at[id] - 1);
}

static int
sort_nodes(struct graph *g, size_t **cycle, size_t *ncycle)
{
	size_t *heap = xcalloc(g->n + 1, sizeof(*heap));
	size_t *wait = xcalloc(g->n + 1, sizeof(*wait));
	bool *done = xcalloc(g->n + 1, sizeof(*done));
	size_t i, nheap = 0, norder = 0;
	bool cyclic;

	g->order = arena_alloc(&g->arena, (g->n + 1) * sizeof(*g->order));
	for (i = 0; i < g->n; i++) {
		wait[i] = g->nodes[i].nout;
		if (wait[i] == 0)
			heap_push(heap, &nheap, i);
	}
	while (nheap > 0) {
		const struct node *n = &g->nodes[heap_pop(heap, &nheap)];

		done[n->id] = true;
		g->order[norder++] = n->id;
		for (i = 0; i < n->nin; i++)
			if (--wait[n->in[i]] == 0)
				heap_push(heap, &nheap, n->in[i]);
	}
	cyclic = norder < g->n;
	if (cyclic)
		find_cycle(g, done, cycle, ncycle);
	free(heap);
	free(wait);
	free(done);
	return cyclic ? -1 : 0;
}

int
graph_init(struct graph *g, const struct graph_item *items, size_t n,
	   size_t **cycle, size_t *ncycle)
{
	const struct graph_item **sorted = xcalloc(n + 1, sizeof(*sorted));
	size_t i;

	memset(g, 0, sizeof(*g));
	arena_init(&g->arena);
	g->n = n;
	g->nodes = arena_alloc(&g->arena, (n + 1) * sizeof(*g->nodes));
	for (i = 0; i < n; i++)
		sorted[i] = &items[i];
	qsort(sorted, n, sizeof(*sorted), by_addr);
	for (i = 0; i < n; i++)
		g->nodes[i] = (struct node){ .addr = sorted[i]->addr,
					     .id = i,
					     .data = sorted[i]->data };
	for (i = 0; i < n; i++)
		link_out(g, &g->nodes[i], sorted[i]);
	free(sorted);
	link_in(g);
	return sort_nodes(g, cycle, ncycle);
}

void
graph_done(struct graph *g)
{
	arena_done(&g->arena);
	memset(g, 0, sizeof(*g));
}

static int
report_cycle(const struct graph *g, const size_t *cycle, size_t n,
	     const struct spec *sp, struct diags *ds)
{
	struct buf path = BUF_INIT(LIM_SPEC_BYTES);
	const struct resource *r = g->nodes[cycle[0]].data;
	size_t i;

	for (i = 0; i <= n; i++)
		buf_addf(&path, "%s%s", i ? " -> " : "",
			 g->nodes[cycle[i % n]].addr);
	diag_err(ds, "E0601", "dependency cycle: %s", buf_str(&path));
	diag_addr(ds, r->addr);
	for (i = 0; i < r->nslots; i++) {
		size_t k;

		for (k = 0; k < r->slots[i].nparts; k++) {
			const struct ref *ref = r->slots[i].parts[k].ref;

			if (ref &&
			    strcmp(ref->addr, g->nodes[cycle[1 % n]].addr) == 0)
				diag_path(ds, "%s", r->slots[i].pointer);
		}
	}
	diag_hint(ds, "remove one of these references, or the 'depends_on' "
		      "that closes the cycle");
	spec_locate(sp, ds);
	buf_done(&path);
	return -1;
}

int
graph_of_spec(struct graph *g, const struct spec *sp, struct diags *ds)
{
	struct graph_item *items = xcalloc(sp->nres + 1, sizeof(*items));
	size_t *cycle, ncycle, i;
	int rc;

	for (i = 0; i < sp->nres; i++)
		items[i] =
			(struct graph_item){ sp->res[i].addr, sp->res[i].deps,
					     sp->res[i].ndeps, &sp->res[i] };
	rc = graph_init(g, items, sp->nres, &cycle, &ncycle);
	free(items);
	if (rc) {
		report_cycle(g, cycle, ncycle, sp, ds);
		graph_done(g);
	}
	return rc;
}

void
graph_dot(const struct graph *g, struct buf *out)
{
	size_t i, k;

	buf_adds(out, "digraph opl2 {\n\trankdir = \"RL\";\n"
		      "\tnode [shape = box, fontname = \"sans-serif\"];\n");
	for (i = 0; i < g->n; i++)
		buf_addf(out, "\t\"%s\";\n", g->nodes[i].addr);
	for (i = 0; i < g->n; i++)
		for (k = 0; k < g->nodes[i].nout; k++)
			buf_addf(out, "\t\"%s\" -> \"%s\";\n", g->nodes[i].addr,
				 g->nodes[g->nodes[i].out[k]].addr);
	buf_adds(out, "}\n");
}

void
graph_mermaid(const struct graph *g, struct buf *out)
{
	size_t i, k;

	buf_adds(out, "flowchart RL\n");
	for (i = 0; i < g->n; i++)
		buf_addf(out, "\tn%zu[\"%s\"]\n", i, g->nodes[i].addr);
	for (i = 0; i < g->n; i++)
		for (k = 0; k < g->nodes[i].nout; k++)
			buf_addf(out, "\tn%zu --> n%zu\n", i,
				 g->nodes[i].out[k]);
}
