/* opl2 show: a saved plan, the state, or the spec with all that is in it. */
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/state/state_show.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"
#include "state/codec.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "spec", OPT_FLAG, NULL,
	  "print the resolved spec and the source of each value" },
	{ "full", OPT_FLAG, NULL, "show the attributes of new resources" },
	{ "json", OPT_FLAG, NULL, "print one JSON document" },
	{ "markdown", OPT_FLAG, NULL, "print a plan for a review comment" },
	OPTS_END,
};

static void
print_doc(struct cmd *c, const json_t *j)
{
	CLEANUP(freep) char *text = jx_dump(j);

	fputs(text, c->out);
}

static int
show_spec(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);

	if (cmd_load_spec(c, true))
		return -1;
	spec_print(c->spec, &b);
	fputs(buf_str(&b), c->out);
	return EXIT_OK;
}

static int
show_plan(struct cmd *c, const char *path)
{
	CLEANUP(put_json) json_t *j = NULL;
	struct plan *p = NULL;

	if (plan_read(path, &p, &c->ds))
		return -1;
	if (opt_flag(&c->opts, "json")) {
		j = plan_to_json(p);
		print_doc(c, j);
	} else if (opt_flag(&c->opts, "markdown")) {
		view_plan_markdown(c->out, p);
	} else {
		view_plan(c->out, p, c->color, opt_flag(&c->opts, "full"));
		view_plan_end(c->out, p, c->color, opt_flag(&c->opts, "full"),
			      NULL);
	}
	plan_free(p);
	return EXIT_OK;
}

static int
show_state(struct cmd *c)
{
	CLEANUP(put_json) json_t *j = NULL;

	if (opt_flag(&c->opts, "markdown"))
		return diag_err(&c->ds, "E1012",
				"'-markdown' needs a PLANFILE");
	if (opt_flag(&c->opts, "json")) {
		j = state_encode(c->state, &c->ds);
		if (!j)
			return -1;
		print_doc(c, j);
		return EXIT_OK;
	}
	state_show_all(c->out, c->state, &c->arena);
	return EXIT_OK;
}

static int
exec_show(struct cmd *c)
{
	if (opt_flag(&c->opts, "spec"))
		return show_spec(c);
	if (c->opts.nargs)
		return show_plan(c, c->opts.args[0]);
	return show_state(c);
}

const struct cmd_entry cmd_show = {
	.name = "show",
	.args = "[PLANFILE]",
	.summary = "show the state, a saved plan, or the resolved spec",
	.opts = opts,
	.max_args = 1,
	.needs = NEED_STATE,
	.exec = exec_show,
};
