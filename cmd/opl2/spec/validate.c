/* opl2 validate: all that can be found wrong with a spec, in one pass. */
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/graph.h"
#include "engine/spec/spec.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static void
validate_print_json(struct cmd *c)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	json_t *list = json_array();
	const struct diag *d;

	diags_sort(&c->ds);
	for (d = c->ds.first; d; d = d->next)
		json_array_append_new(list, view_diag_json(d));
	j = json_pack("{s:b, s:I, s:I, s:o}", "valid", c->ds.nerrors == 0,
		      "error_count", (json_int_t)c->ds.nerrors, "warning_count",
		      (json_int_t)c->ds.nwarnings, "diagnostics", list);
	text = jx_dump(j);
	fputs(text, c->out);
}

static int
exec_validate(struct cmd *c)
{
	struct graph g;
	int code, rc = cmd_load_spec(c, true);

	if (rc == 0)
		rc = spec_check_limits(c->spec, &c->ds);
	if (rc == 0) {
		rc = graph_of_spec(&g, c->spec, &c->ds);
		if (rc == 0)
			graph_done(&g);
	}
	code = rc ? diags_exit_code(&c->ds) : EXIT_OK;
	if (opt_flag(&c->opts, "json")) {
		validate_print_json(c);
		diags_done(&c->ds);
		diags_init(&c->ds);
		return code;
	}
	if (rc == 0)
		fprintf(c->out, "The spec of '%s' is valid: %zu resources.\n",
			c->spec->name, c->spec->nres);
	return code;
}

const struct cmd_entry cmd_validate = {
	.name = "validate",
	.args = "",
	.summary = "check the spec without network, keys or state",
	.opts = opts,
	.exec = exec_validate,
};
