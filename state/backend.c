#include "state/backend.h"

#include <string.h>

#include "engine/base/compiler.h"

#define BACKEND(name) extern const struct backend_ops backend_##name;
#include "state/backends.def"
#undef BACKEND

static const struct backend_ops *const backends[] = {
#define BACKEND(name) &backend_##name,
#include "state/backends.def"
#undef BACKEND
};

const struct backend_ops *
backend_find(const char *name)
{
	for (size_t i = 0; i < COUNTOF(backends); i++) {
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	}
	return NULL;
}

struct state_backend *
backend_open_local(const char *state_dir)
{
	return backend_find("local")->open(state_dir);
}

void
backend_close(struct state_backend *b)
{
	if (!b)
		return;
	if (b->leased)
		b->ops->release(b);
	b->ops->close(b);
}
