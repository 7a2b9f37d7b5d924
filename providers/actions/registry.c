/* The table of actions, one row a line of actions.def. */
#include "providers/actions/action.h"

#define ACTION(a) extern const struct action action_##a;
#include "providers/actions/actions.def"
#undef ACTION

static const struct action *const action_table[] = {
#define ACTION(a) &action_##a,
#include "providers/actions/actions.def"
#undef ACTION
};

const struct action *
action_find(const char *name)
{
	size_t i;

	for (i = 0; i < COUNTOF(action_table); i++)
		if (strcmp(action_table[i]->name, name) == 0)
			return action_table[i];
	return NULL;
}
