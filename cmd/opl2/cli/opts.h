#ifndef OPL2_CLI_OPTS_H
#define OPL2_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"

/*
 * One option table per command. Parsing, --help, the man page and shell
 * completion are all made from it, so they cannot disagree.
 *
 * -x and --x are the same; a value is -x=V or -x V; options and arguments may
 * be mixed; "--" ends the options. The parser is our own because
 * getopt_long_only() accepts any unambiguous abbreviation, and a script that
 * says -auto today must not change its meaning when an option is added.
 */
enum opt_type {
	OPT_FLAG,  /* off unless given: -json, -json=false */
	OPT_ON,    /* on unless -x=false */
	OPT_TEXT,  /* the last one wins */
	OPT_LIST,  /* repeatable */
	OPT_COUNT, /* a whole number > 0 */
	OPT_TIME   /* a duration: 3s */
};

struct opt_def {
	const char *name; /* NULL ends a table */
	enum opt_type type;
	const char *arg;  /* name of the value, "FILE"; NULL for a flag */
	const char *help; /* lower case, no full stop */
};

struct opt_val {
	const struct opt_def *def;
	const char *text;
	uint64_t num; /* flag 0/1, count, milliseconds */
};

struct opts { /* everything lives in the arena given to opts_parse */
	const struct opt_def *defs;
	struct opt_val *vals;
	size_t nvals;
	const char **args; /* what is not an option */
	size_t nargs;
	bool help; /* -h, -help */
};

/* what: "opl2 plan", for messages. 0 or -1 with diags (all of them). */
int opts_parse(struct opts *o, const struct opt_def *defs, const char *what,
	       size_t argc, const char *const *argv, struct arena *a,
	       struct diags *ds);

/* Values by name; asking for a name that the table lacks is a defect and
 * aborts. */
bool opt_given(const struct opts *o, const char *name);
bool opt_flag(const struct opts *o, const char *name);
const char *opt_text(const struct opts *o, const char *name); /* or NULL */
uint64_t opt_num(const struct opts *o, const char *name, uint64_t def);
/* All values in order, arena memory. */
const char *const *opt_list(const struct opts *o, const char *name,
			    struct arena *a, size_t *n);

/* Splits text as a shell would at blanks, with '...', "..." and \. Appends
 * to out (arena memory, grown); -1 when a quote is open. */
int opts_split(const char *text, const char ***out, size_t *n, struct arena *a);

/* The one of names that word is most likely a slip of, or NULL. */
const char *opts_nearest(const char *word, const char *const *names, size_t n);

#endif
