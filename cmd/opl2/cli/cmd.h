#ifndef OPL2_CLI_CMD_H
#define OPL2_CLI_CMD_H

#include <stdbool.h>
#include <stdio.h>
#include <jansson.h>

#include "cmd/opl2/cli/opts.h"
#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/diag/diag.h"
#include "engine/diag/exit.h"

struct run;
struct run_opts;
struct runtime_chain;
struct spec;
struct state;
struct view;

/*
 * A command is a descriptor and one file.
 *
 * To add one:
 *   1. cmd/opl2/ROOM/NAME.c    a table of options, a function, and at the end
 *                              `const struct cmd_entry cmd_NAME = { ... };`
 *   2. cmd/opl2/cli/table.def  the line CMD(NAME), where help shall list it
 *   3. tests/cli/              a test
 * Help, man page, completion and the did-you-mean follow from the descriptor.
 * A command of two words is named "state list" and lives in the file of the
 * first.
 *
 * exec() returns an exit code, or -1 after an error diagnostic: then the exit
 * code is that of the first error. main() prints what is left in cmd->ds to
 * stderr, so a command only prints its result. Results go to cmd->out, which
 * is stdout, fully buffered; main() flushes it and turns a success into a
 * failure if it could not be written.
 */
enum cmd_need {
	/* cmd->spec is loaded and free of errors; give the command OPTS_VARS */
	NEED_SPEC = 1 << 0,
	/* with NEED_SPEC: a sensitive variable may be missing */
	NEED_LENIENT = 1 << 1,
	/* cmd->state is the state as it is now, read without the lock */
	NEED_STATE = 1 << 2,
	/* .opl2 exists: created 0700 when missing */
	NEED_STATE_DIR = 1 << 3,
	/* cmd->view shows progress and results; give the command OPTS_VIEW,
	 * which selects NDJSON */
	NEED_VIEW = 1 << 4,
	/* E0544 when the processes run on another machine that shares the
	 * state */
	NEED_HERE = 1 << 5
};

struct cmd { /* what a command gets; main() owns all of it */
	const struct cmd_entry *entry;
	struct opts opts;
	struct diags ds;
	struct arena arena;    /* lives as long as the command */
	FILE *out;             /* results */
	bool color;            /* SGR sequences may go to out */
	bool color_err;        /* ... and to stderr */
	bool input;            /* a question may be asked */
	bool in_automation;    /* no "what next" hints */
	const char *dir;       /* absolute: where the spec is */
	const char *state_dir; /* absolute: dir/.opl2 */
	const char *program;   /* absolute path of the running opl2 */
	struct spec *spec;     /* NEED_SPEC, else NULL */
	struct state *state;   /* NEED_STATE, else NULL */
	json_t *elsewhere;     /* with it: engine/run/host.h, or NULL */
	struct view *view;     /* NEED_VIEW, else NULL */
	/* Open while ports of processes elsewhere are reached from here, or
	 * NULL. */
	struct runtime_chain *reached;
};

struct cmd_entry {
	const char *name;    /* "plan", "state list" */
	const char *args;    /* "[PLANFILE]" or "" */
	const char *summary; /* lower case, no full stop */
	const char *text; /* paragraphs of --help and the man page, or NULL */
	const struct opt_def *opts;
	unsigned min_args, max_args; /* max 0: takes none */
	unsigned needs;
	int (*exec)(struct cmd *c);
};

/* table.c, in the order in which help lists them. */
extern const struct cmd_entry *const cmd_table[];
extern const unsigned cmd_count;

/* Rows that several option tables share. */
#define OPTS_VARS                                                              \
	{ "var", OPT_LIST, "NAME=VALUE", "set a variable of the spec" },       \
	{                                                                      \
		"var-file", OPT_LIST, "FILE",                                  \
			"set variables from a YAML or JSON file"               \
	}
#define OPTS_LOCK                                                              \
	{ "lock", OPT_ON, NULL, "do not lock the state" },                     \
	{                                                                      \
		"lock-timeout", OPT_TIME, "DURATION",                          \
			"how long to wait for the state lock"                  \
	}
#define OPTS_VIEW                                                              \
	{ "json", OPT_FLAG, NULL, "print JSON, one object per line" },         \
	{                                                                      \
		"json-into", OPT_TEXT, "FILE",                                 \
			"write the JSON of -json to FILE, and show the usual"  \
	}
#define OPTS_INPUT                                                             \
	{                                                                      \
		"input", OPT_ON, NULL, "set to false to never ask for input"   \
	}
#define OPTS_END                                                               \
	{                                                                      \
		NULL, OPT_FLAG, NULL, NULL                                     \
	}

/* For commands without options. */
extern const struct opt_def opts_none[];

/* For commands that do not always need a spec: as NEED_SPEC. */
int cmd_load_spec(struct cmd *c, bool lenient);
/* run_open() of this chain, with its processes in reach, wherever the spec says
 * that they run. */
int cmd_run_open(struct cmd *c, const struct run_opts *ro,
		 const struct spec *spec, bool write, struct run **out);
/* -1 with E0544 when the processes run on another machine, or with what keeps
 * the state from being read. */
int cmd_check_here(struct cmd *c);
/* Where the state is: what the folder is a copy of, in a fresh clone what the
 * spec says. NULL with a diagnostic. */
struct state_backend *cmd_backend(struct cmd *c);
/* Where the loaded spec says; never NULL. */
struct state_backend *cmd_spec_backend(struct cmd *c);

/* An argument as an absolute path; arena text. */
const char *cmd_path(struct cmd *c, const char *arg);

/* Asks on the terminal until somebody types `word` whole, or anything else.
 * 0 when it was typed; -1 with a diag, also when nobody can be asked. */
int cmd_confirm(struct cmd *c, const char *question, const char *word);

/* Prints and forgets the diagnostics so far, to stderr or the view. */
void cmd_flush_diags(struct cmd *c);

#endif
