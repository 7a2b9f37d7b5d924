#ifndef OPL2_ENGINE_PLAN_DURATIONS_H
#define OPL2_ENGINE_PLAN_DURATIONS_H

#include <stdint.h>
#include <jansson.h>

#include "engine/plan/plan.h"
#include "state/backend.h"

/*
 * How long each resource took the last time, so that a plan can say what to
 * expect: the blob durations.json, {"ADDR": {"create": MS, "update": MS}}.
 * What an operation waited for others of its queue is not in it, so that the
 * times of several can be added up. People are told them and nothing is decided
 * by them: a file that cannot be read is an empty one.
 */

/* New reference, an object. */
json_t *durations_load(struct state_backend *sb);
/* Notes one. What takes less than a tenth of the time before was not made but
 * found in the store, and changes nothing. */
void durations_note(json_t *all, const char *addr, enum action action,
		    uint64_t ms);
void durations_save(struct state_backend *sb, const json_t *all);

/* What making the resource took the last time, by `all`, else by x-takes of its
 * kind; 0 when neither says it. */
uint64_t durations_expect(const json_t *all, const char *addr,
			  const char *kind);

/* Says what each change of the plan is expected to take. */
void plan_expect(struct plan *p, struct state_backend *sb);

#endif
