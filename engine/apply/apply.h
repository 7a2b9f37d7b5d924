#ifndef OPL2_ENGINE_APPLY_APPLY_H
#define OPL2_ENGINE_APPLY_APPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/plan/plan.h"
#include "engine/run/run.h"

/* Carrying a plan out. */

struct apply_result {
	unsigned created, updated, replaced, removed, forgotten, read;
	unsigned imported;
	unsigned failed, skipped;
	unsigned kept;    /* left behind, see struct change.kept */
	bool interrupted; /* by a signal; what was done is recorded */
	uint64_t elapsed_ms;
};
/*
 * Carries the plan out and evaluates the outputs. Independent branches go on
 * after an error. -1 with diags when anything failed, was skipped or
 * interrupted; the state is saved in every case. Exit 13 is the caller's to
 * give, by res->kept.
 */
int run_apply(struct run *r, const struct plan *p, struct apply_result *res,
	      struct diags *ds);
/* Instead of it, for a plan without changes: what a run that broke off has left
 * in its journal goes into the state. */
int run_apply_nothing(struct run *r, const struct plan *p, struct diags *ds);

/*
 * Adopts an object that was made without opl2: the kind's import() is given
 * `files` (array of absolute paths), verifies them, and what it gives is
 * recorded as if it had been created. Plans (with the options of the run) the
 * resource and what it depends on; refuses what is recorded already (E1040),
 * what refers to something that is not as the spec says yet (E1041), and a
 * kind that cannot (E1042). Nothing else is begun. -1 with diags, and then
 * nothing is recorded.
 */
int run_import(struct run *r, const char *addr, const json_t *files,
	       struct apply_result *res, struct diags *ds);

#endif
