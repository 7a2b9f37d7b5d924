#ifndef OPL2_SPEC_GRAPH_SVG_H
#define OPL2_SPEC_GRAPH_SVG_H

#include "engine/base/buf.h"
#include "engine/spec/graph.h"

/*
 * The graph of a spec as a picture of its own: layers from left to right by
 * depth, what others depend on at the left. An arrow that others imply is left
 * out. Each node says its address and all that it depends on (data-addr,
 * data-needs), for a page in which one can walk. The same graph gives the same
 * bytes. Colours follow the reader's scheme, light or dark. `data` of the nodes
 * is a struct resource.
 */
void graph_svg(const struct graph *g, const char *title, struct buf *out);

#endif
