#include "providers/facts/role.h"

#include <string.h>

static const char *const names[ROLE_COUNT] = {
	[ROLE_NONE] = "",
	[ROLE_L1] = "l1",
	[ROLE_DA] = "da",
	[ROLE_ENGINE] = "engine",
	[ROLE_NODE] = "node",
	[ROLE_SEQUENCER] = "sequencer",
	[ROLE_CONDUCTOR] = "conductor",
	[ROLE_BATCHER] = "batcher",
	[ROLE_PROPOSER] = "proposer",
	[ROLE_CHALLENGER] = "challenger",
	[ROLE_METRICS] = "metrics",
};

const char *
role_name(enum process_role role)
{
	return names[role];
}

enum process_role
role_parse(const char *name)
{
	for (int i = ROLE_NONE + 1; name && i < ROLE_COUNT; i++)
		if (!strcmp(names[i], name))
			return (enum process_role)i;
	return ROLE_NONE;
}
