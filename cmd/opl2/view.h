#ifndef OPL2_CMD_VIEW_H
#define OPL2_CMD_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/base/diag.h"

/* How opl2 shows things: the only files that print results. */

/* All diagnostics, sorted; at most 20 errors, then a count. */
void view_diags(FILE *out, struct diags *ds, bool color);

#endif
