#ifndef OPL2_CMD_OPL2_STATE_MIGRATE_H
#define OPL2_CMD_OPL2_STATE_MIGRATE_H

#include "cmd/opl2/cli/cmd.h"

/* Moves the state from where it is to where the spec says: `opl2 init
 * -migrate-state`. An exit code, or -1. */
int migrate_state(struct cmd *c);

#endif
