/* opl2 explain: the long text behind a diagnostic's code. */
#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/view/text.h"
#include "engine/base/mem.h"

static const struct diag_code *
find_code(struct cmd *c, const char *word)
{
	CLEANUP(freep) char *upper = xstrdup(word);
	CLEANUP(freep) const char **names = NULL;
	const struct diag_code *table, *found;
	const char *near;
	size_t i, n;

	for (i = 0; upper[i]; i++)
		upper[i] = (char)toupper((unsigned char)upper[i]);
	found = diag_code_find(upper);
	if (found)
		return found;
	table = diag_code_table(&n);
	names = xcalloc(n, sizeof(*names));
	for (i = 0; i < n; i++)
		names[i] = table[i].code;
	near = opts_nearest(upper, names, n);
	diag_err(&c->ds, "E1010", "unknown diagnostic '%s'", word);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 explain' lists them all");
	return NULL;
}

static int
exec_explain(struct cmd *c)
{
	const struct diag_code *code;
	size_t i, n;

	if (c->opts.nargs == 0) {
		code = diag_code_table(&n);
		for (i = 0; i < n; i++)
			fprintf(c->out, "%s  %s\n", code[i].code,
				code[i].title);
		return EXIT_OK;
	}
	code = find_code(c, c->opts.args[0]);
	if (!code)
		return -1;
	fprintf(c->out, "%s: %s\n\n", code->code, code->title);
	text_wrap(c->out, code->explain, "", 78);
	fprintf(c->out, "\nExit code %d: %s.\n", code->exit_code,
		text_exit_code(code->exit_code));
	return EXIT_OK;
}

const struct cmd_entry cmd_explain = {
	.name = "explain",
	.args = "[CODE]",
	.summary = "explain the code of an error or warning",
	.text = "Without CODE, lists all codes, one per line.",
	.opts = opts_none,
	.max_args = 1,
	.exec = exec_explain,
};
