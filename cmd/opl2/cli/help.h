#ifndef OPL2_CLI_HELP_H
#define OPL2_CLI_HELP_H

#include <stdio.h>

#include "cmd/opl2/cli/cmd.h"

/* Everything that is written from the tables of commands and options. */

/* Options before the command: -chdir, -version, -help. */
extern const struct opt_def global_opts[];

void help_overview(FILE *out);
/* Commands whose first word is group ("state"). */
void help_group(FILE *out, const char *group);
void help_command(FILE *out, const struct cmd_entry *e);
/* opl2(1) in man(7) macros. */
void help_man(FILE *out);

/* Name of the option as it is typed: "-out=FILE", "-json", "-lock=false". */
const char *help_option(const struct opt_def *d, struct arena *a);

#endif
