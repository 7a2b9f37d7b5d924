#ifndef OPL2_STATE_STATE_SHOW_H
#define OPL2_STATE_STATE_SHOW_H

#include <stdio.h>

#include "engine/base/arena.h"
#include "state/state.h"

/* Recorded objects for people; sensitive fields are not shown. */
void state_show_entry(FILE *out, const struct state_entry *e, struct arena *a);
void state_show_all(FILE *out, const struct state *s, struct arena *a);

#endif
