/* opl2 help: the overview, and one command at length. */
#include "cmd/opl2/cli/help.h"

#include "cmd/opl2/view/text.h"

const struct opt_def opts_none[] = { OPTS_END };

const struct opt_def global_opts[] = {
	{ "chdir", OPT_TEXT, "DIR", "switch to another directory first" },
	{ "version", OPT_FLAG, NULL, "print the version" },
	OPTS_END,
};

const char *
help_option(const struct opt_def *d, struct arena *a)
{
	if (d->type == OPT_ON)
		return arena_printf(a, "-%s=false", d->name);
	if (d->type == OPT_FLAG)
		return arena_printf(a, "-%s", d->name);
	return arena_printf(a, "-%s=%s", d->name, d->arg);
}

static void
print_options(FILE *out, const struct opt_def *d)
{
	struct arena a;

	arena_init(&a);
	for (; d->name; d++) {
		const char *left = help_option(d, &a);
		const char *again = d->type == OPT_LIST ? " (repeatable)" : "";

		if (text_width(left) > 22)
			fprintf(out, "  %s\n  %-24s%s%s\n", left, "", d->help,
				again);
		else
			fprintf(out, "  %-24s%s%s\n", left, d->help, again);
	}
	arena_done(&a);
}

static void
print_commands(FILE *out, const char *group)
{
	size_t n = group ? strlen(group) : 0;
	unsigned i;

	for (i = 0; i < cmd_count; i++) {
		const struct cmd_entry *e = cmd_table[i];

		if (group &&
		    (strncmp(e->name, group, n) != 0 || e->name[n] != ' '))
			continue;
		fprintf(out, "  %-19s%s\n", e->name, e->summary);
	}
}

/* Whether commands of two words begin with the name. */
static bool
has_parts(const char *name)
{
	size_t n = strlen(name);
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		if (strncmp(cmd_table[i]->name, name, n) == 0 &&
		    cmd_table[i]->name[n] == ' ')
			return true;
	return false;
}

void
help_command(FILE *out, const struct cmd_entry *e)
{
	fprintf(out, "Usage: opl2 %s%s%s%s\n\n%c%s.\n", e->name,
		e->opts[0].name ? " [OPTIONS]" : "", *e->args ? " " : "",
		e->args, toupper((unsigned char)e->summary[0]), e->summary + 1);
	if (e->text) {
		fputc('\n', out);
		text_wrap(out, e->text, "", 78);
	}
	if (has_parts(e->name)) {
		fputs("\nCommands:\n", out);
		print_commands(out, e->name);
	}
	if (e->opts[0].name) {
		fputs("\nOptions:\n", out);
		print_options(out, e->opts);
	}
}

void
help_group(FILE *out, const char *group)
{
	fprintf(out, "Usage: opl2 %s COMMAND\n\nCommands:\n", group);
	print_commands(out, group);
}

void
help_overview(FILE *out)
{
	int i;

	fputs("Usage: opl2 [-chdir=DIR] COMMAND [OPTIONS] [ARGS]\n"
	      "\n"
	      "Creates and runs OP Stack chains from one YAML file, and takes "
	      "them down.\n"
	      "\n"
	      "Commands:\n",
	      out);
	print_commands(out, NULL);
	fputs("\nOptions before the command:\n", out);
	print_options(out, global_opts);
	fputs("\nExit codes:\n", out);
	for (i = 0; i < TEXT_EXIT_CODES; i++)
		fprintf(out, "  %2d  %s\n", i, text_exit_code(i));
	fputs("\n"
	      "Run 'opl2 COMMAND -help' for help on a command, 'opl2 explain "
	      "CODE' for an error.\n",
	      out);
}

static const struct opt_def opts[] = {
	{ "man", OPT_FLAG, NULL, "print the manual page opl2(1)" },
	OPTS_END,
};

static int
exec_help(struct cmd *c)
{
	const char *word = c->opts.nargs ? c->opts.args[0] : NULL;
	const char *name = word;
	bool group = false;
	unsigned i;

	if (opt_flag(&c->opts, "man")) {
		help_man(c->out);
		return EXIT_OK;
	}
	if (!word) {
		help_overview(c->out);
		return EXIT_OK;
	}
	if (c->opts.nargs == 2)
		name = arena_printf(&c->arena, "%s %s", word, c->opts.args[1]);
	for (i = 0; i < cmd_count; i++) {
		const char *n = cmd_table[i]->name;

		if (strcmp(n, name) == 0) {
			help_command(c->out, cmd_table[i]);
			return EXIT_OK;
		}
		group |= strncmp(n, word, strlen(word)) == 0 &&
			 n[strlen(word)] == ' ';
	}
	if (group) {
		help_group(c->out, word);
		return EXIT_OK;
	}
	diag_err(&c->ds, "E1001", "unknown command '%s'", name);
	diag_hint(&c->ds, "'opl2 help' lists the commands");
	return -1;
}

const struct cmd_entry cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.summary = "show help for a command",
	.opts = opts,
	.max_args = 2,
	.exec = exec_help,
};
