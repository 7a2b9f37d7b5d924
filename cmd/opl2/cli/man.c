/*
 * The manual page, from the same tables as --help. Hyphens of options are
 * written \- so that a copied line works in a shell.
 */
#include "cmd/opl2/cli/help.h"
#include "cmd/opl2/view/text.h"

static const char *const environment[][2] = {
	{ "OPL2_VAR_NAME", "value of the variable NAME of the spec" },
	{ "OPL2_CLI_ARGS",
	  "options inserted before those on the command line" },
	{ "OPL2_CLI_ARGS_COMMAND", "the same, for one command only" },
	{ "OPL2_INPUT", "0: never ask for input, like -input=false" },
	{ "OPL2_IN_AUTOMATION",
	  "if not empty: print no hints about next steps" },
	{ "OPL2_LOG", "trace or debug: log lines for debugging opl2 itself" },
	{ "OPL2_LOG_PATH", "file for these lines instead of standard error" },
	{ "NO_COLOR", "non-empty: no colours" },
	{ "XDG_CACHE_HOME", "where opl2/store is kept (default ~/.cache)" },
};

static const char *const files[][2] = {
	{ "opl2.yaml", "the chain's spec" },
	{ "opl2.lock", "identities of everything that was fetched; commit it" },
	{ "deployments/NAME.json", "the contracts on the L1; commit it" },
	{ ".opl2/", "state, journal, ledger, keys, data, logs; keep it "
		    "private" },
};

/* Text as troff takes it: no line starts a request, hyphens stay hyphens. */
static void
roff(FILE *out, const char *s)
{
	bool start = true;

	for (; *s; s++) {
		if (start && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		if (*s == '-')
			fputs("\\-", out);
		else if (*s == '\\')
			fputs("\\e", out);
		else
			fputc(*s, out);
		start = *s == '\n';
	}
}

static void
item(FILE *out, const char *left, const char *right)
{
	fputs(".TP\n.B ", out);
	roff(out, left);
	fputc('\n', out);
	roff(out, right);
	fputc('\n', out);
}

static void
man_command(FILE *out, const struct cmd_entry *e, struct arena *a)
{
	const struct opt_def *d;

	fprintf(out, ".SS opl2 %s%s%s%s\n%c", e->name,
		e->opts[0].name ? " [OPTIONS]" : "", *e->args ? " " : "",
		e->args, toupper((unsigned char)e->summary[0]));
	roff(out, e->summary + 1);
	fputs(".\n", out);
	if (e->text) {
		fputs(".PP\n", out);
		roff(out, e->text);
		fputc('\n', out);
	}
	for (d = e->opts; d->name; d++)
		item(out, help_option(d, a),
		     d->type == OPT_LIST
			     ? arena_printf(a, "%s (repeatable)", d->help)
			     : d->help);
}

void
help_man(FILE *out)
{
	struct arena a;
	size_t i;

	arena_init(&a);
	fprintf(out, ".TH OPL2 1 \"\" \"opl2 %s\" \"User Commands\"\n",
		OPL2_VERSION);
	fputs(".SH NAME\n"
	      "opl2 \\- declarative plan and apply for OP Stack chains\n"
	      ".SH SYNOPSIS\n"
	      ".B opl2\n"
	      "[\\-chdir=DIR] COMMAND [OPTIONS] [ARGS]\n"
	      ".SH DESCRIPTION\n"
	      "opl2 reads a chain spec (opl2.yaml), shows what it would "
	      "install, build, pay for, write and start, and does it. A second "
	      "apply changes nothing. An interrupted apply is resumed by the "
	      "next one.\n"
	      ".SH GLOBAL OPTIONS\n",
	      out);
	for (i = 0; global_opts[i].name; i++)
		item(out, help_option(&global_opts[i], &a),
		     global_opts[i].help);
	fputs(".SH COMMANDS\n", out);
	for (i = 0; i < cmd_count; i++)
		man_command(out, cmd_table[i], &a);
	fputs(".SH EXIT STATUS\n", out);
	for (i = 0; i < TEXT_EXIT_CODES; i++)
		item(out, arena_printf(&a, "%zu", i), text_exit_code((int)i));
	fputs(".SH ENVIRONMENT\n", out);
	for (i = 0; i < COUNTOF(environment); i++)
		item(out, environment[i][0], environment[i][1]);
	fputs(".SH FILES\n", out);
	for (i = 0; i < COUNTOF(files); i++)
		item(out, files[i][0], files[i][1]);
	arena_done(&a);
}
