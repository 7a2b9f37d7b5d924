#ifndef OPL2_RUN_SCOPE_H
#define OPL2_RUN_SCOPE_H

#include "cmd/opl2/cli/cmd.h"

/* The names that -NAME=ADDR and the lines of -NAME-file=FILE give, in arena
 * memory: addresses, or kinds. -1 with diags: E0650 for a line that is none,
 * and for a file of targets without any, which would mean everything. */
int scope_take(struct cmd *c, const char *name, const char *const **out,
	       size_t *n);

#endif
