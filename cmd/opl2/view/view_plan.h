#ifndef OPL2_VIEW_VIEW_PLAN_H
#define OPL2_VIEW_VIEW_PLAN_H

#include "cmd/opl2/view/view.h"

/* A plan for people, in parts: what the files view_plan.c (the list),
 * view_change.c (one of it) and view_summary.c (what to decide by) share. */
struct painter {
	FILE *out;
	bool color;
	bool full; /* with the attributes of what is new */
	int width; /* of the addresses of the group */
	struct arena a;
};

/* seq, or nothing where colours do not belong. */
const char *paint(const struct painter *pt, const char *seq);

/* One change, its reasons, notes and costs. */
void view_change(struct painter *pt, const struct change *ch);
/* A line of what somebody pays, after head; none for what must only be there.
 */
void view_cost(struct painter *pt, const char *head, const json_t *cost);
/* "about 2 min" as an earlier run took, else "first time: about 2 min". Arena
 * text. */
const char *view_takes(struct painter *pt, const struct change *ch);

/* What cannot be undone, what restarts, what is downloaded and built. */
void view_decide(struct painter *pt, const struct plan *p);
/* Who pays for what. */
void view_costs(struct painter *pt, const struct plan *p);

#endif
