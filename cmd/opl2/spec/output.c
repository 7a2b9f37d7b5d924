/* opl2 output: the outputs that the last apply recorded. */
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/state.h"

static const struct opt_def opts[] = {
	{ "json", OPT_FLAG, NULL, "print all outputs, or NAME, as JSON" },
	{ "raw", OPT_FLAG, NULL, "print the text of NAME without a newline" },
	OPTS_END,
};

static void
output_print_json(struct cmd *c, const json_t *j)
{
	CLEANUP(freep)
	char *text = json_is_object(j) || json_is_array(j)
			     ? jx_dump(j)
			     : json_dumps(j, JSON_ENCODE_ANY);

	fputs(text, c->out);
	if (!json_is_object(j) && !json_is_array(j))
		fputc('\n', c->out);
}

/* NAME -> value, which is what scripts want. */
static json_t *
values(const json_t *outputs)
{
	json_t *all = json_object();
	const char *name;
	json_t *o;

	json_object_foreach((json_t *)(uintptr_t)outputs, name, o)
		json_object_set(all, name, json_object_get(o, "value"));
	return all;
}

static int
print_all(struct cmd *c)
{
	CLEANUP(put_json) json_t *all = values(c->state->outputs);
	const char *name;
	json_t *o;

	if (opt_flag(&c->opts, "json")) {
		output_print_json(c, all);
		return EXIT_OK;
	}
	json_object_foreach(c->state->outputs, name, o)
		fprintf(c->out, "%s = %s\n", name,
			jx_bool(o, "sensitive", false)
				? "(sensitive)"
				: view_value(json_object_get(o, "value"),
					     &c->arena));
	return EXIT_OK;
}

static int
unknown_output(struct cmd *c, const char *name)
{
	CLEANUP(freep) const char **names = NULL;
	const char *key, *near;
	json_t *o;
	size_t n = 0;

	names = xcalloc(json_object_size(c->state->outputs) + 1,
			sizeof(*names));
	json_object_foreach(c->state->outputs, key, o)
		names[n++] = key;
	near = opts_nearest(name, names, n);
	diag_err(&c->ds, "E1014", "unknown output '%s'", name);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, n ? "'opl2 output' lists them"
				    : "outputs are recorded by 'opl2 apply'");
	return -1;
}

static int
exec_output(struct cmd *c)
{
	bool raw = opt_flag(&c->opts, "raw");
	const char *name = c->opts.nargs ? c->opts.args[0] : NULL;
	const json_t *o, *v;

	if (raw && (!name || opt_flag(&c->opts, "json")))
		return diag_err(
			&c->ds, "E1012",
			"'-raw' needs a NAME and cannot be used with '-json'");
	if (!name)
		return print_all(c);
	o = jx_get(c->state->outputs, name);
	if (!o)
		return unknown_output(c, name);
	v = json_object_get(o, "value");
	if (!raw) {
		output_print_json(c, v);
		return EXIT_OK;
	}
	if (json_is_string(v))
		fputs(json_string_value(v), c->out);
	else if (json_is_object(v) || json_is_array(v))
		return diag_err(&c->ds, "E1014",
				"output '%s' is not a single value; use -json",
				name);
	else
		fputs(view_value(v, &c->arena), c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_output = {
	.name = "output",
	.args = "[NAME]",
	.summary = "print the outputs: endpoints, addresses, chain ids",
	.opts = opts,
	.max_args = 1,
	.needs = NEED_STATE,
	.exec = exec_output,
};
