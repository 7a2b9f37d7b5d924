#ifndef OPL2_VIEW_VIEW_STEPS_H
#define OPL2_VIEW_VIEW_STEPS_H

#include <stdint.h>

#include "engine/run/events.h"

/* The progress of one action as lines on stderr, each with the time since the
 * beginning. The same text is repeated only now and then. */
struct view_steps {
	struct events events; /* hand this to the run */
	uint64_t began, said; /* monotonic ms */
	char last[400];
};

void view_steps_init(struct view_steps *s);

#endif
