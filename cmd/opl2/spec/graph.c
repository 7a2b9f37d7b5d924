/* opl2 graph: what depends on what, for a drawing program. */
#include "engine/spec/graph.h"

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/spec/graph_svg.h"
#include "engine/base/limits.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/plan/durations.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "mermaid", OPT_FLAG, NULL, "print Mermaid instead of DOT" },
	{ "svg", OPT_FLAG, NULL, "print a picture instead, as SVG" },
	{ "critical", OPT_FLAG, NULL,
	  "print what takes longest one after another, and how long" },
	OPTS_END,
};

/* For each node the time until it is made, and the dependency that it waits
 * for longest: itself where there is none. Returns the node that is made
 * last. */
static size_t
longest(const struct graph *g, const uint64_t *takes, uint64_t *until,
	size_t *after)
{
	size_t last = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct node *n = &g->nodes[g->order[i]];
		size_t id = n->id;

		after[id] = id;
		for (size_t k = 0; k < n->nout; k++)
			if (until[n->out[k]] > until[id]) {
				until[id] = until[n->out[k]];
				after[id] = n->out[k];
			}
		until[id] += takes[id];
		if (until[id] >= until[last])
			last = id;
	}
	return last;
}

static void
print_critical(struct cmd *c, const struct graph *g, const uint64_t *takes)
{
	uint64_t *until = arena_alloc(&c->arena, (g->n + 1) * sizeof(*until));
	size_t *after = arena_alloc(&c->arena, (g->n + 1) * sizeof(*after));
	size_t *path = arena_alloc(&c->arena, (g->n + 1) * sizeof(*path));
	size_t at = longest(g, takes, until, after), n = 0;
	uint64_t all = 0;
	char a[32], b[32];

	for (size_t i = 0; i < g->n; i++)
		all += takes[i];
	duration_format(until[at], a, sizeof(a));
	duration_format(all, b, sizeof(b));
	fprintf(c->out,
		"%s one after another, of %s in all, as each took the last "
		"time or its kind takes:\n",
		a, b);
	for (path[n++] = at; after[at] != at; path[n++] = at)
		at = after[at];
	while (n-- > 0) {
		if (!takes[path[n]])
			continue;
		duration_format(until[path[n]] - takes[path[n]], a, sizeof(a));
		duration_format(takes[path[n]], b, sizeof(b));
		fprintf(c->out, "%8s  + %-8s %s\n", a, b,
			g->nodes[path[n]].addr);
	}
}

/* Nothing of the graph says how long a resource takes: the last run does. */
static void
graph_critical(struct cmd *c, const struct graph *g)
{
	CLEANUP(backend_closep) struct state_backend *b = cmd_spec_backend(c);
	CLEANUP(put_json) json_t *all = durations_load(b);
	uint64_t *takes = arena_alloc(&c->arena, (g->n + 1) * sizeof(*takes));

	for (size_t i = 0; i < c->spec->nres; i++) {
		const struct resource *r = &c->spec->res[i];

		takes[graph_find(g, r->addr)->id] =
			durations_expect(all, r->addr, r->kind->name);
	}
	if (g->n > 0)
		print_critical(c, g, takes);
}

static int
exec_graph(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	struct graph g;

	if (opt_flag(&c->opts, "mermaid") + opt_flag(&c->opts, "svg") +
		    opt_flag(&c->opts, "critical") >
	    1)
		return diag_err(&c->ds, "E1012",
				"only one of -mermaid, -svg and -critical can "
				"be used");
	if (graph_of_spec(&g, c->spec, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "mermaid"))
		graph_mermaid(&g, &b);
	else if (opt_flag(&c->opts, "svg"))
		graph_svg(&g,
			  arena_printf(&c->arena, "Dependencies of %s",
				       c->spec->name),
			  &b);
	else if (opt_flag(&c->opts, "critical"))
		graph_critical(c, &g);
	else
		graph_dot(&g, &b);
	fputs(buf_str(&b), c->out);
	graph_done(&g);
	return EXIT_OK;
}

const struct cmd_entry cmd_graph = {
	.name = "graph",
	.args = "",
	.summary = "print the dependencies as DOT, Mermaid or SVG",
	.text = "DOT is for Graphviz. The picture of -svg needs no other "
		"program: "
		"each resource is drawn right of what it depends on, and an "
		"arrow that others imply is left out. -critical says what the "
		"time of an apply from nothing consists of.",
	.opts = opts,
	.needs = NEED_SPEC | NEED_LENIENT,
	.exec = exec_graph,
};
