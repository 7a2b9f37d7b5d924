#ifndef OPL2_ENGINE_PLAN_DIFF_H
#define OPL2_ENGINE_PLAN_DIFF_H

#include <stddef.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/plan/plan.h"

/* What differs between two objects of a kind, as reasons of a change. */

struct reasons {
	struct reason *v;
	size_t n, cap; /* in the arena */
};

void add_reason(struct arena *a, struct reasons *rs, const struct reason *why);

struct diff {
	struct arena *arena;
	const json_t *schema;
	const json_t *unknown;                 /* of the new side, or NULL */
	const json_t *old_hashes, *new_hashes; /* or NULL */
	enum why why;
	bool computed;
	struct reasons *out;
};

/* Appends a reason for each place that differs, in x-volatile fields none. */
void diff_values(struct diff *d, const json_t *before, const json_t *after);
/* As diff_values over computed fields, x-volatile ones excepted. */
void diff_attrs(struct diff *d, const json_t *before, const json_t *after);

#endif
