#ifndef OPL2_STATE_UPGRADE_H
#define OPL2_STATE_UPGRADE_H

#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * Steps that bring a state document of format `from` to `from` + 1.
 *
 * To change the format: raise STATE_FORMAT, add one step to the table in
 * upgrade.c, keep an example of the old format under tests/, and never touch
 * an old step again. A step changes doc in place, except for its version and
 * checksum, which are seen to.
 */
struct upgrade_step {
	unsigned from;
	int (*run)(json_t *doc, struct diags *ds);
};

/* The table, ended by a step without a function. */
extern const struct upgrade_step state_upgrades[];

/* Runs the steps from doc's version up to `target`. Returns -1 with E0503
 * when a step is missing. */
int upgrade_run(json_t *doc, const struct upgrade_step *steps, unsigned target,
		struct diags *ds);

#endif
