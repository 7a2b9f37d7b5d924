/* opl2 service install, service print: a unit that starts the chain at boot. */
#include "cmd/opl2/chain/procs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"

static const struct opt_def opts[] = {
	{ "system", OPT_FLAG, NULL,
	  "a system unit instead of a user unit; install needs root" },
	{ "environment-file", OPT_TEXT, "FILE",
	  "file with variables that are in no other file: NAME=VALUE lines, "
	  "mode 0600" },
	OPTS_VARS,
	OPTS_END,
};

/* Each of the special characters is written as itself after what takes its
 * meaning away: another '%' or '$', a backslash. */
static void
add_escaped(struct buf *b, const char *text, const char *doubled,
	    const char *backslashed)
{
	for (; *text; text++) {
		if (strchr(doubled, *text))
			buf_addch(b, *text);
		if (strchr(backslashed, *text))
			buf_addch(b, '\\');
		buf_addch(b, *text);
	}
}

/* A word of a command. systemd puts variables into all but the first. */
static void
add_word(struct buf *b, const char *word, bool first)
{
	buf_addch(b, '"');
	add_escaped(b, word, first ? "%" : "%$", "\"\\");
	buf_addch(b, '"');
}

/* ---- what a boot could not find ---- */

/* Is NAME set by a line of the file's text? */
static bool
is_set_in(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; line && *line;) {
		if (!strncmp(line, name, n) && line[n] == '=' && line[n + 1] &&
		    line[n + 1] != '\n')
			return true;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

/* The text of -environment-file, malloc'd ("" without the option); NULL with a
 * diagnostic. The caller wipes it. */
static char *
read_environment(struct cmd *c, const char *path)
{
	CLEANUP(close_fdp) int fd = -1;
	struct stat st;
	char *text;
	ssize_t n;

	if (!path)
		return xstrdup("");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		diag_errno(&c->ds, "E0942", "cannot read '%s'", path);
		return NULL;
	}
	if (st.st_mode & 077) {
		diag_err(&c->ds, "E0942", "other users can read '%s'", path);
		diag_hint(&c->ds, "run `chmod 600 %s`", path);
		return NULL;
	}
	text = xcalloc(1, LIM_SPEC_BYTES + 1);
	n = read(fd, text, LIM_SPEC_BYTES);
	if (n >= 0)
		return text;
	diag_errno(&c->ds, "E0942", "cannot read '%s'", path);
	free(text);
	return NULL;
}

/* "env:NAME" is NAME, "var:NAME" is OPL2_VAR_NAME: malloc'd. */
static char *
variable_of(const char *need)
{
	bool var = !strncmp(need, "var:", 4);

	return xasprintf("%s%s", var ? "OPL2_VAR_" : "", need + 4);
}

/* What a process takes from the environment alone is gone after a boot. */
static int
refuse_lost(struct cmd *c, const struct process_status *p,
	    const char *environment)
{
	for (size_t i = 0; i < p->nneeds; i++) {
		CLEANUP(freep) char *name = variable_of(p->needs[i]);

		if (is_set_in(environment, name))
			continue;
		diag_err(&c->ds, "E0943",
			 "'%s' needs %s, which is set only in the environment",
			 p->name, name);
		diag_hint(&c->ds,
			  "put keys in files or keystores, or add %s=... to "
			  "the file given by -environment-file",
			  name);
		return -1;
	}
	return 0;
}

static int
check_boot(struct cmd *c)
{
	const char *path = opt_text(&c->opts, "environment-file");
	CLEANUP(put_json) json_t *names = json_array();
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	char *environment;
	int rc = 0;

	if (runtime_of(c->state_dir)->elsewhere) {
		diag_err(&c->ds, "E0943",
			 "the processes run in a cluster, which starts them "
			 "again by itself");
		return -1;
	}
	if (procs_status(c, names, &st))
		return -1;
	if (!st->attended) {
		diag_err(&c->ds, "E0943",
			 "no supervisor is running that could report what the "
			 "processes need");
		diag_hint(&c->ds, "run `opl2 start` first");
		return -1;
	}
	environment = read_environment(c, path);
	if (!environment)
		return -1;
	for (size_t i = 0; rc == 0 && i < st->n; i++)
		rc = refuse_lost(c, &st->procs[i], environment);
	explicit_bzero(environment, strlen(environment));
	free(environment);
	return rc;
}

/* ---- the unit ---- */

static void
add_command(struct cmd *c, struct buf *b, const char *key, const char *words)
{
	CLEANUP(freep) char *dir = xasprintf("-chdir=%s", c->dir);

	buf_addf(b, "%s=", key);
	add_word(b, c->program, true);
	buf_addch(b, ' ');
	add_word(b, dir, false);
	buf_addf(b, " %s\n", words);
}

static void
write_unit(struct cmd *c, struct buf *b)
{
	const char *env = opt_text(&c->opts, "environment-file");
	bool system = opt_flag(&c->opts, "system");

	buf_addf(b,
		 "[Unit]\n"
		 "Description=OP Stack chain %s\n"
		 "Documentation=man:opl2(1)\n"
		 "Wants=network-online.target\n"
		 "After=network-online.target\n"
		 "\n"
		 "[Service]\n"
		 "# The nodes are the supervisor's: they outlive this unit's "
		 "own\n"
		 "# processes, and are stopped by their steps, never killed.\n"
		 "Type=oneshot\n"
		 "RemainAfterExit=yes\n"
		 "KillMode=process\n"
		 "SendSIGKILL=no\n"
		 "# A shared state may be out of reach for a while after a "
		 "boot.\n"
		 "Restart=on-failure\n"
		 "RestartSec=30\n"
		 "TimeoutStartSec=30min\n"
		 "TimeoutStopSec=20min\n",
		 c->spec->name);
	if (system && geteuid() != 0)
		buf_addf(b, "User=%u\n", (unsigned)geteuid());
	if (env) {
		CLEANUP(freep) char *path = path_join(c->dir, env);

		buf_adds(b, "EnvironmentFile=");
		add_escaped(b, path, "%", "");
		buf_addch(b, '\n');
	}
	add_command(c, b, "ExecStart", "start -resume");
	add_command(c, b, "ExecStop", "stop -suspend");
	buf_addf(b, "\n[Install]\nWantedBy=%s.target\n",
		 system ? "multi-user" : "default");
}

static int
exec_print(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);

	if (check_boot(c))
		return -1;
	write_unit(c, &b);
	fputs(buf_str(&b), c->out);
	return EXIT_OK;
}

/* Where units of this user, or of the system, are; malloc'd. */
static char *
unit_dir(struct cmd *c)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (opt_flag(&c->opts, "system"))
		return xstrdup("/etc/systemd/system");
	if (config && *config == '/')
		return path_join(config, "systemd/user");
	if (home && *home == '/')
		return path_join(home, ".config/systemd/user");
	diag_err(&c->ds, "E0942", "HOME is not set");
	return NULL;
}

static int
exec_install(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	const char *how = opt_flag(&c->opts, "system") ? "" : " --user";
	CLEANUP(freep) char *dir = NULL;
	CLEANUP(freep) char *path = NULL;

	if (check_boot(c) || !(dir = unit_dir(c)))
		return -1;
	path = xasprintf("%s/opl2-%s.service", dir, c->spec->name);
	write_unit(c, &b);
	if (file_mkdirs(dir, 0755, &c->ds) ||
	    file_replace(path, buf_str(&b), b.n, 0644, &c->ds))
		return -1;
	fprintf(c->out,
		"Wrote %s\n\nWhat next:\n"
		"  systemctl%s daemon-reload\n"
		"  systemctl%s enable --now opl2-%s\n",
		path, how, how, c->spec->name);
	if (*how)
		fputs("  loginctl enable-linger    also when nobody is logged "
		      "in\n",
		      c->out);
	return EXIT_OK;
}

#define UNIT_TEXT                                                              \
	"At boot the unit starts the processes that ran before; a hold by "    \
	"'opl2 "                                                               \
	"stop' remains. At shutdown it stops all by their own stop steps and " \
	"remembers "                                                           \
	"which ones ran. systemd never kills a node.\n"                        \
	"\n"                                                                   \
	"It is "                                                               \
	"refused when a process has a key or URL from the environment only: "  \
	"such a process could not be started at boot."

const struct cmd_entry cmd_service_print = {
	.name = "service print",
	.args = "",
	.summary = "show the systemd unit that starts the chain at boot",
	.text = UNIT_TEXT,
	.opts = opts,
	.needs = NEED_HERE | NEED_SPEC | NEED_LENIENT,
	.exec = exec_print,
};

const struct cmd_entry cmd_service_install = {
	.name = "service install",
	.args = "",
	.summary = "write the systemd unit where systemd finds it",
	.text = UNIT_TEXT
	"\n"
	"\n"
	"Does not enable or start the unit; prints the commands for that.",
	.opts = opts,
	.needs = NEED_HERE | NEED_SPEC | NEED_LENIENT,
	.exec = exec_install,
};
