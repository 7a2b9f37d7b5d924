#ifndef OPL2_VIEW_LIVE_H
#define OPL2_VIEW_LIVE_H

#include <stdbool.h>
#include <stdio.h>

#include "engine/run/events.h"

/*
 * What is going on right now. On a terminal: a block at the bottom with one
 * line per running resource, redrawn in place; finished ones scroll away
 * above it. Elsewhere: a plain line when something starts and ends, and between
 * them one after ten seconds, then less often while it says the same.
 */
struct live *live_new(FILE *out, bool terminal, bool color);
void live_free(struct live *l);
void live_event(struct live *l, const struct event *ev);
void live_tick(struct live *l);
/* Takes the block off the screen, before anything else is printed. */
void live_clear(struct live *l);

#endif
