/* opl2 graph: what depends on what, for a drawing program. */
#include "engine/spec/graph.h"

#include "cmd/opl2/cli/cmd.h"
#include "engine/base/limits.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "mermaid", OPT_FLAG, NULL, "print Mermaid instead of DOT" },
	OPTS_END,
};

static int
exec_graph(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	struct graph g;

	if (graph_of_spec(&g, c->spec, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "mermaid"))
		graph_mermaid(&g, &b);
	else
		graph_dot(&g, &b);
	fputs(buf_str(&b), c->out);
	graph_done(&g);
	return EXIT_OK;
}

const struct cmd_entry cmd_graph = {
	.name = "graph",
	.args = "",
	.summary = "print the dependencies as DOT or Mermaid",
	.opts = opts,
	.needs = NEED_SPEC | NEED_LENIENT,
	.exec = exec_graph,
};
