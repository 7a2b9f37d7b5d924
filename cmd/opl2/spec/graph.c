/* opl2 graph: what depends on what, for a drawing program. */
#include "engine/spec/graph.h"

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/spec/graph_svg.h"
#include "engine/base/limits.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "mermaid", OPT_FLAG, NULL, "print Mermaid instead of DOT" },
	{ "svg", OPT_FLAG, NULL, "print a picture instead, as SVG" },
	OPTS_END,
};

static int
exec_graph(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	struct graph g;

	if (opt_flag(&c->opts, "mermaid") && opt_flag(&c->opts, "svg"))
		return diag_err(&c->ds, "E1012",
				"-mermaid and -svg cannot be used together");
	if (graph_of_spec(&g, c->spec, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "mermaid"))
		graph_mermaid(&g, &b);
	else if (opt_flag(&c->opts, "svg"))
		graph_svg(&g,
			  arena_printf(&c->arena, "Dependencies of %s",
				       c->spec->name),
			  &b);
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
		"arrow that others imply is left out.",
	.opts = opts,
	.needs = NEED_SPEC | NEED_LENIENT,
	.exec = exec_graph,
};
