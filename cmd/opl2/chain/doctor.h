#ifndef OPL2_CHAIN_DOCTOR_H
#define OPL2_CHAIN_DOCTOR_H

#include <stdint.h>
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "providers/runtime/process_status.h"

#define DOCTOR_SINCE_MS (10 * 60 * 1000) /* how far back logs are read */

/* What is wrong with the chain (providers/health/findings.h), by its processes,
 * their logs and what was seen of it (snapshot.h; NULL: nothing). New
 * reference; NULL when there are errors in c->ds. */
json_t *doctor_examine(struct cmd *c, const struct runtime_status *st,
		       const json_t *seen, uint64_t since_ms);

/* Adds to each finding the title and the cause that its code has. */
void doctor_explain(const json_t *list);

#endif
