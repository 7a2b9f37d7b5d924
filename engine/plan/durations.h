#ifndef OPL2_ENGINE_PLAN_DURATIONS_H
#define OPL2_ENGINE_PLAN_DURATIONS_H

#include <stdint.h>
#include <jansson.h>

#include "engine/plan/plan.h"

/*
 * How long each resource took the last time, so that a plan can say what to
 * expect: STATE_DIR/durations.json, {"ADDR": {"create": MS, "update": MS}}.
 * What an operation waited for others of its queue is not in it, so that the
 * times of several can be added up. People are told them and nothing is decided
 * by them: a file that cannot be read is an empty one.
 */

/* New reference, an object. */
json_t *durations_load(const char *state_dir);
/* Notes one. What takes less than a tenth of the time before was not made but
 * found in the store, and changes nothing. */
void durations_note(json_t *all, const char *addr, enum action action,
		    uint64_t ms);
void durations_save(const char *state_dir, const json_t *all);

/* Says what each change of the plan is expected to take. */
void plan_expect(struct plan *p, const char *state_dir);

#endif
