#include "cmd/opl2/spec/graph_layout.h"

#include "engine/base/mem.h"

enum {
	GAP = 12,     /* between what is above each other */
	SWEEPS = 24,  /* that order */
	SETTLES = 12, /* that only move */
};

/* --- layers --- */

/* What a path of other edges says needs no edge. */
static void
choose_edges(struct layout *l)
{
	const struct graph *g = l->g;
	bool *reach = xcalloc(g->n * g->n + 1, sizeof(*reach));

	for (size_t i = 0; i < g->n; i++) {
		const struct node *n = &g->nodes[g->order[i]];
		bool *mine = reach + n->id * g->n;

		for (size_t k = 0; k < n->nout; k++)
			for (size_t t = 0; t < g->n; t++)
				mine[t] |= reach[n->out[k] * g->n + t];
		for (size_t k = 0; k < n->nout; k++)
			l->drawn[n->id * g->n + n->out[k]] = !mine[n->out[k]];
		for (size_t k = 0; k < n->nout; k++)
			mine[n->out[k]] = true;
	}
	free(reach);
}

static void
choose_layers(struct layout *l)
{
	const struct graph *g = l->g;

	for (size_t i = 0; i < g->n; i++) {
		const struct node *n = &g->nodes[g->order[i]];

		for (size_t k = 0; k < n->nout; k++)
			if (l->layer[n->out[k]] >= l->layer[n->id])
				l->layer[n->id] = l->layer[n->out[k]] + 1;
		if (l->layer[n->id] >= l->nlayers)
			l->nlayers = l->layer[n->id] + 1;
	}
	/* What depends on nothing goes near to what needs it. */
	for (size_t i = 0; i < g->n; i++) {
		const struct node *n = &g->nodes[i];
		size_t least = l->nlayers;

		for (size_t k = 0; k < n->nin; k++)
			if (l->layer[n->in[k]] < least)
				least = l->layer[n->in[k]];
		if (!n->nout && n->nin)
			l->layer[i] = least - 1;
	}
}

/* --- items --- */

static size_t
add_item(struct layout *l, size_t node, size_t layer, bool bend)
{
	l->items[l->nitems] =
		(struct item){ .node = node, .bend = bend, .layer = layer };
	return l->nitems++;
}

/* The bends that the edges to a node need, and what they join. */
static void
add_edges(struct layout *l, const struct node *n)
{
	size_t last = n->id, next = l->layer[n->id] + 1, left = n->nin;

	for (; left > 0; next++) {
		size_t bend;

		left = 0;
		for (size_t k = 0; k < n->nin; k++) {
			size_t at = l->layer[n->in[k]];

			if (!l->drawn[n->in[k] * l->g->n + n->id])
				continue;
			if (at == next)
				l->joints[l->njoints++] =
					(struct joint){ last, n->in[k] };
			left += at > next;
		}
		if (!left)
			return;
		bend = add_item(l, n->id, next, true);
		l->joints[l->njoints++] = (struct joint){ last, bend };
		last = bend;
	}
}

/* How many bends the edges of all nodes need, at most. */
static size_t
count_bends(const struct layout *l)
{
	size_t bends = 0;

	for (size_t i = 0; i < l->g->n; i++) {
		const struct node *n = &l->g->nodes[i];
		size_t last = l->layer[i];

		for (size_t k = 0; k < n->nin; k++)
			if (l->layer[n->in[k]] > last)
				last = l->layer[n->in[k]];
		bends += last - l->layer[i];
	}
	return bends;
}

static void
add_items(struct layout *l)
{
	const struct graph *g = l->g;
	size_t most = g->n + count_bends(l), edges = most;

	for (size_t i = 0; i < g->n; i++)
		edges += g->nodes[i].nout;
	l->items = arena_alloc(&l->a, (most + 1) * sizeof(*l->items));
	l->joints = arena_alloc(&l->a, (edges + 1) * sizeof(*l->joints));
	for (size_t i = 0; i < g->n; i++)
		add_item(l, i, l->layer[i], false);
	for (size_t i = 0; i < g->n; i++)
		add_edges(l, &g->nodes[i]);
	l->rows = arena_alloc(&l->a, (l->nlayers + 1) * sizeof(*l->rows));
	l->nrows = arena_alloc(&l->a, (l->nlayers + 1) * sizeof(*l->nrows));
	for (size_t i = 0; i < l->nitems; i++)
		l->nrows[l->items[i].layer]++;
	for (size_t k = 0; k < l->nlayers; k++) {
		l->rows[k] = arena_alloc(&l->a,
					 (l->nrows[k] + 1) * sizeof(**l->rows));
		l->nrows[k] = 0;
	}
	for (size_t i = 0; i < l->nitems; i++) {
		struct item *it = &l->items[i];

		it->y = (double)(l->nrows[it->layer] * (BOX_H + GAP));
		l->rows[it->layer][l->nrows[it->layer]++] = i;
	}
}

/* --- places --- */

double
item_half(const struct item *it)
{
	return (it->bend ? BEND_H : BOX_H) / 2.0;
}

/* As near to where each wants to be as their order and sizes allow: what would
 * overlap moves as one, to the mean. */
static void
place_row(struct layout *l, size_t k)
{
	size_t n = l->nrows[k], nb = 0, i = 0;
	double *sum = xcalloc(n + 1, sizeof(*sum)), offset = 0;
	size_t *count = xcalloc(n + 1, sizeof(*count));

	for (i = 0; i < n; i++) {
		struct item *it = &l->items[l->rows[k][i]];

		if (i)
			offset += item_half(&l->items[l->rows[k][i - 1]]) +
				  GAP + item_half(it);
		sum[nb] = it->y - offset;
		count[nb++] = 1;
		while (nb > 1 && sum[nb - 2] / (double)count[nb - 2] >=
					 sum[nb - 1] / (double)count[nb - 1]) {
			sum[nb - 2] += sum[nb - 1];
			count[nb - 2] += count[nb - 1];
			nb--;
		}
	}
	offset = 0;
	for (size_t b = 0, at = 0; b < nb; b++)
		for (i = 0; i < count[b]; i++, at++) {
			struct item *it = &l->items[l->rows[k][at]];

			if (at)
				offset +=
					item_half(
						&l->items[l->rows[k][at - 1]]) +
					GAP + item_half(it);
			it->y = sum[b] / (double)count[b] + offset;
		}
	free(sum);
	free(count);
}

/* Stable; rows are short, and nearly in order. */
static void
sort_row(struct layout *l, size_t k)
{
	size_t *row = l->rows[k];

	for (size_t i = 1; i < l->nrows[k]; i++)
		for (size_t j = i;
		     j > 0 && l->items[row[j]].y < l->items[row[j - 1]].y;
		     j--) {
			size_t t = row[j];

			row[j] = row[j - 1];
			row[j - 1] = t;
		}
}

static void
pull(struct item *it, const struct item *by)
{
	it->sum += by->y;
	it->n++;
}

/* Moves a row to the middle of what it is joined to, at the left, the right or
 * both. */
static void
move_row(struct layout *l, size_t k, bool by_left, bool by_right, bool sort)
{
	for (size_t i = 0; i < l->nrows[k]; i++) {
		struct item *it = &l->items[l->rows[k][i]];

		it->sum = 0;
		it->n = 0;
	}
	for (size_t i = 0; i < l->njoints; i++) {
		struct item *from = &l->items[l->joints[i].left];
		struct item *to = &l->items[l->joints[i].right];

		if (by_left && to->layer == k)
			pull(to, from);
		if (by_right && from->layer == k)
			pull(from, to);
	}
	for (size_t i = 0; i < l->nrows[k]; i++) {
		struct item *it = &l->items[l->rows[k][i]];

		if (it->n)
			it->y = it->sum / it->n;
	}
	if (sort)
		sort_row(l, k);
	place_row(l, k);
}

static void
place(struct layout *l)
{
	for (unsigned s = 0; s < SWEEPS + SETTLES; s++)
		for (size_t i = 0; i < l->nlayers; i++) {
			bool order = s < SWEEPS, left = s % 2 == 0;

			move_row(l, left ? i : l->nlayers - 1 - i,
				 left || !order, !left || !order, order);
		}
}

void
layout_init(struct layout *l, const struct graph *g)
{
	memset(l, 0, sizeof(*l));
	l->g = g;
	arena_init(&l->a);
	l->layer = arena_alloc(&l->a, (g->n + 1) * sizeof(*l->layer));
	l->drawn = arena_alloc(&l->a, g->n * g->n + 1);
	choose_edges(l);
	choose_layers(l);
	add_items(l);
	place(l);
}

void
layout_done(struct layout *l)
{
	arena_done(&l->a);
}
