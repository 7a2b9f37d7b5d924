#include "providers/clients/objects/objects.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define OBJECTS(name) extern const struct objects_ops objects_##name;
#include "providers/clients/objects/objects.def"
#undef OBJECTS

static const struct objects_ops *const all[] = {
#define OBJECTS(name) &objects_##name,
#include "providers/clients/objects/objects.def"
#undef OBJECTS
};

void
object_done(struct object *o)
{
	buf_done(&o->data);
}

struct objects *
objects_open(const json_t *backend, struct diags *ds)
{
	for (size_t i = 0; i < COUNTOF(all); i++) {
		const json_t *config = jx_get(backend, all[i]->name);

		if (config)
			return all[i]->open(config, ds);
	}
	diag_err(ds, "E0600", "the backend is none that this program knows");
	return NULL;
}

void
objects_close(struct objects *o)
{
	if (o)
		o->ops->close(o);
}

void
objects_closep(struct objects **o)
{
	objects_close(*o);
}

enum object_result
objects_put_sure(struct objects *o, const char *name, const void *p, size_t n,
		 const struct object_version *expect,
		 struct object_version *now, struct diags *ds)
{
	CLEANUP(object_done) struct object there = OBJECT_INIT;
	enum object_result rc = o->ops->put(o, name, p, n, expect, now, ds);
	CLEANUP(diags_done) struct diags own;
	enum object_result got;

	diags_init(&own);
	if (rc != OBJECT_CONFLICT && rc != OBJECT_UNREACHABLE)
		return rc;
	got = o->ops->get(o, name, &there, &own);
	if (got != OBJECT_OK || there.data.n != n ||
	    memcmp(there.data.p, p, n) != 0)
		return rc;
	if (now)
		*now = there.version;
	return OBJECT_OK;
}
