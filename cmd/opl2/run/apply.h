#ifndef OPL2_RUN_APPLY_H
#define OPL2_RUN_APPLY_H

#include "cmd/opl2/run/session.h"

/* Shows the plan of an opened session, asks when `ask`, and carries it out.
 * Returns an exit code, or -1 with diags. */
int apply_plan(struct session *s, bool ask);

#endif
