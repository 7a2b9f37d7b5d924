#ifndef OPL2_EFFECT_PROCESS_DEF_H
#define OPL2_EFFECT_PROCESS_DEF_H

#include <jansson.h>

#include "engine/base/diag.h"
#include "providers/effect.h"

/* The supervisor's definition (engine/supctl.h) of a process's config. New
 * reference; NULL with diagnostics. */
json_t *process_def(const struct op *op, struct diags *ds);

#endif
