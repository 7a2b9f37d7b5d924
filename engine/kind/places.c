#include "engine/kind/places.h"

const struct places *
places_in(struct arena *a, const char *state_dir)
{
	struct places *p = arena_alloc(a, sizeof(*p));

	*p = (struct places){
		.scratch = arena_printf(a, "%s/tmp", state_dir),
		.logs = arena_printf(a, "%s/logs", state_dir),
		.assets = arena_printf(a, "%s/assets", state_dir),
		.files = arena_printf(a, "%s/files", state_dir),
		.sources = arena_printf(a, "%s/src", state_dir),
		.data = arena_printf(a, "%s/data", state_dir),
		.keys = arena_printf(a, "%s/keys", state_dir),
		.ledger = arena_printf(a, "%s/ledger", state_dir),
		.runtime = arena_strdup(a, state_dir),
	};
	return p;
}
