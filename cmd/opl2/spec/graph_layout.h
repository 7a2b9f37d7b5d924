#ifndef OPL2_SPEC_GRAPH_LAYOUT_H
#define OPL2_SPEC_GRAPH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/spec/graph.h"

/*
 * A layered layout: each node is in the layer of its depth, from the left; an
 * edge over several layers gets a bend in each that it passes; and all are
 * moved up and down until edges are short and cross little. The edges to one
 * node share their bends. An edge that others imply is left out.
 */
enum { BOX_H = 36, BEND_H = 4 };

struct item { /* a node, or a bend of the edges to one */
	size_t node;
	bool bend;
	size_t layer;
	double y; /* of its middle; may be negative */
	double sum;
	unsigned n; /* of what it is joined to: y added up, how many */
};

struct joint { /* between items of neighbouring layers */
	size_t left, right;
};

struct layout {
	const struct graph *g;
	struct arena a;
	size_t *layer;      /* of each node */
	bool *drawn;        /* g->n * g->n: an edge from, to */
	struct item *items; /* the nodes first, by id */
	size_t nitems;
	struct joint *joints;
	size_t njoints;
	size_t nlayers;
	size_t **rows; /* items of each layer, from the top */
	size_t *nrows;
};

/* The same graph gives the same layout. */
void layout_init(struct layout *l, const struct graph *g);
void layout_done(struct layout *l);
/* Of its height. */
double item_half(const struct item *it);

#endif
