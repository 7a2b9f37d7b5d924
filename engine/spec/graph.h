#ifndef OPL2_ENGINE_SPEC_GRAPH_H
#define OPL2_ENGINE_SPEC_GRAPH_H

#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/diag/diag.h"
#include "engine/spec/spec.h"

/*
 * The dependency graph by address. Time and memory are O(nodes + edges), but
 * for the logarithm of a sort: five thousand resources cost milliseconds.
 */
struct node {
	const char *addr;
	size_t id;   /* index into nodes: the order of addresses */
	size_t *out; /* ids this one depends on; ascending, no repeats */
	size_t nout;
	size_t *in; /* ids that depend on this one; ascending */
	size_t nin;
	void *data; /* the caller's */
};

struct graph {
	struct arena arena;
	struct node *nodes; /* sorted by addr */
	size_t n;
	size_t *order; /* ids: dependencies first, ties by address */
};

/* What a node is made from; borrowed, must outlive the graph. */
struct graph_item {
	const char *addr;
	const char *const *deps; /* unknown addresses are ignored */
	size_t ndeps;
	void *data;
};

/* Items may come in any order; addresses must be distinct. 0, or -1 when there
 * is a cycle: g is then usable but for order, and *cycle (arena of g) is the
 * ids along it, *ncycle of them. */
int graph_init(struct graph *g, const struct graph_item *items, size_t n,
	       size_t **cycle, size_t *ncycle);
void graph_done(struct graph *g);
struct node *graph_find(const struct graph *g, const char *addr); /* or NULL */

/* The graph of a spec. A cycle is reported with its path and the position of
 * its first resource (E0601); g is then not to be freed. */
int graph_of_spec(struct graph *g, const struct spec *sp, struct diags *ds);

void graph_dot(const struct graph *g, struct buf *out);
void graph_mermaid(const struct graph *g, struct buf *out);

#endif
