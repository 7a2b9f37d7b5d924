#ifndef OPL2_ENGINE_PLAN_PLAN_DIGEST_H
#define OPL2_ENGINE_PLAN_PLAN_DIGEST_H

#include "engine/plan/plan.h"

/*
 * What a reviewer approves: "sha256:" and 64 hex digits over what would be
 * done. In it are the chain, the spec's digest, the state's lineage, and of
 * each change address, action, class, dependencies and the config that results,
 * with the folders of this machine by their roles. Not in it is what differs
 * from machine to machine, or by the minute, while the same would be done:
 * reasons, what was read, fees, durations, the serial.
 */
/* Sets p->content from the plan as it is. */
void plan_digest_set(struct plan *p, const struct run *r);
/* E0651 for what is no such digest (p may be NULL then); E0652 for that of
 * another plan, naming what differs as far as that can be told. */
int plan_digest_check(const struct plan *p, const struct run *r,
		      const char *approved, struct diags *ds);

#endif
