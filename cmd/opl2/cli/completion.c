/*
 * opl2 completion: scripts for bash, zsh and fish, written from the tables.
 * They hold plain word lists, so that a TAB starts no program.
 */
#include "cmd/opl2/cli/help.h"
#include "engine/kind/kind.h"

/* Words that may follow the command where the arguments are. */
static void
arg_words(FILE *out, const struct cmd_entry *e)
{
	const struct diag_code *codes;
	size_t i, n;

	if (strcmp(e->name, "completion") == 0)
		fputs(" bash zsh fish", out);
	if (strcmp(e->name, "schema") == 0)
		for (i = 0; i < kind_count; i++)
			fprintf(out, " %s", kind_table[i]->name);
	if (strcmp(e->name, "import") == 0)
		for (i = 0; i < kind_count; i++)
			if (kind_table[i]->flags & KIND_IMPORT)
				fprintf(out, " %s.", kind_table[i]->name);
	if (strcmp(e->name, "explain") == 0) {
		codes = diag_code_table(&n);
		for (i = 0; i < n; i++)
			fprintf(out, " %s", codes[i].code);
	}
	if (strcmp(e->name, "help") == 0)
		for (i = 0; i < cmd_count; i++)
			if (!strchr(cmd_table[i]->name, ' '))
				fprintf(out, " %s", cmd_table[i]->name);
}

static const char *
option_word(const struct opt_def *d, struct arena *a)
{
	if (d->type == OPT_ON)
		return arena_printf(a, "-%s=false", d->name);
	if (d->type == OPT_FLAG)
		return arena_printf(a, "-%s", d->name);
	return arena_printf(a, "-%s=", d->name);
}

/* First words of all commands, each once: groups are listed together. */
static void
command_words(FILE *out)
{
	const char *last = "";
	size_t nlast = 0;
	unsigned i;

	for (i = 0; i < cmd_count; i++) {
		const char *name = cmd_table[i]->name;
		size_t n = strcspn(name, " ");

		if (n != nlast || strncmp(name, last, n) != 0)
			fprintf(out, " %.*s", (int)n, name);
		last = name;
		nlast = n;
	}
}

static void
group_words(FILE *out, const char *group, size_t n)
{
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		if (strncmp(cmd_table[i]->name, group, n) == 0 &&
		    cmd_table[i]->name[n] == ' ')
			fprintf(out, " %s", cmd_table[i]->name + n + 1);
}

static bool
is_command(const char *name, size_t n)
{
	unsigned i;

	for (i = 0; i < cmd_count; i++)
		if (strlen(cmd_table[i]->name) == n &&
		    strncmp(cmd_table[i]->name, name, n) == 0)
			return true;
	return false;
}

static void
bash_case(FILE *out, struct arena *a)
{
	unsigned i;

	for (i = 0; i < cmd_count; i++) {
		const struct cmd_entry *e = cmd_table[i];
		const struct opt_def *d;

		fprintf(out, "\t'%s') words='", e->name);
		for (d = e->opts; d->name; d++)
			fprintf(out, "%s ", option_word(d, a));
		fputs("-help", out);
		arg_words(out, e);
		group_words(out, e->name, strlen(e->name));
		fputs("' ;;\n", out);
	}
	for (i = 0; i < cmd_count; i++) {
		const char *name = cmd_table[i]->name;
		size_t n = strcspn(name, " ");

		if (!name[n] || is_command(name, n) ||
		    (i && strncmp(cmd_table[i - 1]->name, name, n + 1) == 0))
			continue;
		fprintf(out, "\t'%.*s') words='", (int)n, name);
		group_words(out, name, n);
		fputs("' ;;\n", out);
	}
}

/* The commands of two words, as patterns of a case. */
static void
two_words(FILE *out)
{
	const char *sep = "";
	unsigned i;

	for (i = 0; i < cmd_count; i++) {
		if (!strchr(cmd_table[i]->name, ' '))
			continue;
		fprintf(out, "%s'%s'", sep, cmd_table[i]->name);
		sep = "|";
	}
}

static void
completion_bash(FILE *out, struct arena *a)
{
	fputs("_opl2()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} i w cmd= words files=\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tw=${COMP_WORDS[i]}\n"
	      "\t\tcase $w in\n"
	      "\t\t-*|=) ;;\n"
	      "\t\t*) [[ ${COMP_WORDS[i-1]} == = ]] && continue\n"
	      "\t\t   case \"$cmd $w\" in\n"
	      "\t\t   ' '*) cmd=$w ;;\n\t\t   ",
	      out);
	two_words(out);
	fputs(") cmd=\"$cmd $w\"; break ;;\n"
	      "\t\t   *) break ;;\n"
	      "\t\t   esac ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $cmd in\n"
	      "\t'') words='-chdir= -version -help",
	      out);
	command_words(out);
	fputs("' ;;\n", out);
	bash_case(out, a);
	fputs("\t*) words= ;;\n\tesac\n"
	      "\t[[ $cur == -* ]] || files=-f\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" $files -- "
	      "\"$cur\")\n"
	      "\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n"
	      "\treturn 0\n}\n"
	      "complete -o bashdefault -F _opl2 opl2\n",
	      out);
}

static void
completion_zsh(FILE *out, struct arena *a)
{
	fputs("#compdef opl2\nautoload -U +X bashcompinit && bashcompinit\n",
	      out);
	completion_bash(out, a);
}

/* Text between single quotes of fish. */
static const char *
fish_quote(const char *s, struct arena *a)
{
	char *q = arena_alloc(a, 2 * strlen(s) + 1), *p = q;

	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			*p++ = '\\';
		*p++ = *s;
	}
	return q;
}

static void
completion_fish(FILE *out, struct arena *a)
{
	unsigned i;

	fputs("complete -c opl2 -n __fish_use_subcommand -o chdir -x -a "
	      "'(__fish_complete_directories)'\n",
	      out);
	for (i = 0; i < cmd_count; i++) {
		const struct cmd_entry *e = cmd_table[i];
		size_t n = strcspn(e->name, " ");
		const char *seen =
			arena_printf(a, "__fish_seen_subcommand_from %.*s%s%s",
				     (int)n, e->name,
				     e->name[n] ? "; and __fish_seen_"
						  "subcommand_from"
						: "",
				     e->name + n);
		const struct opt_def *d;

		if (e->name[n])
			fprintf(out,
				"complete -c opl2 -n '__fish_seen_subcommand_"
				"from %.*s' -a %s -d '%s'\n",
				(int)n, e->name, e->name + n + 1,
				fish_quote(e->summary, a));
		else
			fprintf(out,
				"complete -c opl2 -n __fish_use_subcommand -a "
				"%s -d '%s'\n",
				e->name, fish_quote(e->summary, a));
		for (d = e->opts; d->name; d++)
			fprintf(out,
				"complete -c opl2 -n '%s' -o %s%s -d "
				"'%s'\n",
				seen, d->name, d->arg ? " -r" : "",
				fish_quote(d->help, a));
	}
}

static int
exec_completion(struct cmd *c)
{
	const char *shell = c->opts.args[0];

	if (strcmp(shell, "bash") == 0)
		completion_bash(c->out, &c->arena);
	else if (strcmp(shell, "zsh") == 0)
		completion_zsh(c->out, &c->arena);
	else if (strcmp(shell, "fish") == 0)
		completion_fish(c->out, &c->arena);
	else {
		diag_err(&c->ds, "E1004", "unknown shell '%s'", shell);
		diag_hint(&c->ds, "use bash, zsh or fish");
		return -1;
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_completion = {
	.name = "completion",
	.args = "bash|zsh|fish",
	.summary = "print a completion script for a shell",
	.text = "For bash: opl2 completion bash > "
		"~/.local/share/bash-completion/completions/opl2",
	.opts = opts_none,
	.min_args = 1,
	.max_args = 1,
	.exec = exec_completion,
};
