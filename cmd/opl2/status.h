#ifndef OPL2_CMD_STATUS_H
#define OPL2_CMD_STATUS_H

#include <jansson.h>

#include "cmd/opl2/cmd.h"

/* Prints the chain's part of the status, for people: what health_view() made
 * (providers/health/view.h). */
void status_print_chain(struct cmd *c, const json_t *view);

#endif
