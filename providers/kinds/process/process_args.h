#ifndef OPL2_PROVIDERS_KINDS_PROCESS_PROCESS_ARGS_H
#define OPL2_PROVIDERS_KINDS_PROCESS_PROCESS_ARGS_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/* Appends the arguments of its command to argv; a value that is not known yet
 * is left out. 0, or -1 with a diagnostic. Pure. */
int process_args(const json_t *config, json_t *argv,
		 struct diags *ds) MUST_CHECK;

#endif
