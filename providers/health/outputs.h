#ifndef OPL2_HEALTH_OUTPUTS_H
#define OPL2_HEALTH_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * Whether the proposer keeps up. Pure.
 */
struct outputs_due {
	int64_t seconds;   /* until the next output is due; negative: overdue */
	int64_t behind;    /* safe L2 blocks without an output, when there could
			      be more than one of them already; else 0 */
	int64_t caught_up; /* seconds until it is not behind; 0: not known */
	bool late;         /* overdue, and none was made for long */
	bool made;         /* its L2 block is there, and has to become safe */
};

/*
 * output is that of probe_l1, node an answer of probe_node, interval that of
 * games in seconds or 0, now the time. false when it cannot be told.
 */
bool outputs_due(const json_t *output, const json_t *node, int64_t interval,
		 int64_t now, struct outputs_due *out);

#endif
