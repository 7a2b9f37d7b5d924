/*
 * The question before something happens. Only the whole word counts; a run
 * that nobody can answer for is refused, never taken for a yes.
 */
#include "cmd/opl2/cli/cmd.h"
#include "engine/base/mem.h"

int
cmd_confirm(struct cmd *c, const char *question, const char *word)
{
	CLEANUP(freep) char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!c->input) {
		diag_err(&c->ds, "E1008",
			 "this needs approval, but input is disabled");
		diag_hint(&c->ds, "use -auto-approve, or save a plan with "
				  "'opl2 plan -out=FILE' and apply it");
		return -1;
	}
	fprintf(c->out,
		"\n"
		"%s\n"
		"Type '%s' to continue: ",
		question, word);
	fflush(c->out);
	n = getline(&line, &cap, stdin);
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	if (n >= 0 && strcmp(line, word) == 0)
		return 0;
	return diag_err(&c->ds, "E1009", "not approved; nothing was changed");
}
