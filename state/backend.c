#include "state/backend.h"

#include <assert.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define MARK_MAX 65536u

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

/* `backend:` has one key; all but `local` are elsewhere, and reached by the
 * keeper. */
struct state_backend *
backend_open(const struct backend_place *p)
{
	bool local = !p->backend || json_object_get(p->backend, "local");
	const struct backend_ops *ops =
		backend_find(local ? "local" : "shared");

	assert(ops);
	if (local)
		json_decref(p->owned);
	return ops->open(p);
}

json_t *
backend_mark(const char *state_dir)
{
	CLEANUP(freep) char *path = path_join(state_dir, "shared");
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (file_exists(path))
		j = jx_load_file(path, MARK_MAX, &ignored);
	return jx_share(jx_get(j, "place"));
}

struct state_backend *
backend_open_here(const char *state_dir)
{
	json_t *mark = backend_mark(state_dir);
	struct backend_place p = {
		.state_dir = state_dir,
		.chain = jx_str(mark, "chain", ""),
		.spec_dir = jx_str(mark, "spec_dir", "/"),
		.store_dir = jx_str(mark, "store_dir", "/"),
		.backend = jx_get(mark, "backend"),
		.encryption = jx_get(mark, "encryption"),
		.owned = mark,
	};

	return backend_open(&p);
}

struct state_backend *
backend_open_named(const struct backend_place *p, struct diags *ds)
{
	CLEANUP(put_json) json_t *mark = backend_mark(p->state_dir);

	if (!mark || (p->backend && !jx_get(p->backend, "local")))
		return backend_open(p);
	diag_err(ds, "E0540",
		 "'%s' is a copy of a shared state, and the spec has no "
		 "'backend'",
		 p->state_dir);
	diag_hint(ds, "bring 'backend' back, or move the folder away to begin "
		      "a chain of its own");
	return NULL;
}

struct state_backend *
backend_open_local(const char *state_dir)
{
	return backend_open(&(struct backend_place){ .state_dir = state_dir });
}

int
backend_pull(struct state_backend *b, struct diags *ds)
{
	return b->ops->pull ? b->ops->pull(b, ds) : 0;
}

void
backend_keep(struct state_backend *b, const char *path, int64_t from)
{
	if (b->ops->keep)
		b->ops->keep(b, path, from);
}

const json_t *
backend_moved(const struct state_backend *b)
{
	return b->ops->moved ? b->ops->moved(b) : NULL;
}

int
backend_settle(struct state_backend *b, struct diags *ds)
{
	return b->ops->settle ? b->ops->settle(b, ds) : 0;
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
