#ifndef OPL2_CHAIN_STATUS_H
#define OPL2_CHAIN_STATUS_H

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "providers/runtime/process_status.h"

/* Prints the chain's part of the status, for people: what health_view() made
 * (providers/health/view.h). */
void status_print_chain(struct cmd *c, const json_t *view);

/* Does what should run run, is down what was stopped, and is there no problem?
 * view may be NULL. */
bool status_healthy(const struct runtime_status *st, const json_t *view);

#endif
