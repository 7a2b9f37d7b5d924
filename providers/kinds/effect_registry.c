/* The table of effect halves, one row a line of kinds.def. */
#include "providers/kinds/effect.h"

#define KIND(k) extern const struct effects effects_##k;
#include "providers/kinds/kinds.def"
#undef KIND

static const struct effects *const effects_table[] = {
#define KIND(k) &effects_##k,
#include "providers/kinds/kinds.def"
#undef KIND
};

enum outcome
effect_leave(struct effect_ctx *ctx UNUSED, const struct effect_op *op UNUSED)
{
	return OC_OK;
}

const struct effects *
effects_find(const char *kind)
{
	size_t i;

	for (i = 0; i < COUNTOF(effects_table); i++)
		if (strcmp(effects_table[i]->kind, kind) == 0)
			return effects_table[i];
	return NULL;
}
