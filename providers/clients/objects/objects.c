#include "providers/clients/objects/objects.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
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
objects_unheard(const char *name, enum http_result rc, const struct diags *own,
		const char *check, struct diags *ds)
{
	diag_err(ds, "E0530", "%s cannot be reached: %s", name,
		 own->first ? own->first->summary : "no answer");
	diag_hint(ds, "check the network and %s; nothing new begins without it",
		  check);
	return rc == HTTP_FAILED ? OBJECT_FAILED : OBJECT_UNREACHABLE;
}

void
server_clock_set(struct server_clock *c, int64_t date)
{
	*c = (struct server_clock){ date, boot_ms() };
}

int64_t
server_clock_now(const struct server_clock *c)
{
	return c->date ? c->date + (int64_t)((boot_ms() - c->at) / 1000)
		       : (int64_t)time(NULL);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
objects_sort(const char **names, size_t n)
{
	qsort(names, n, sizeof(*names), by_name);
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

enum object_result
objects_remove(struct objects *o, const char *const *names, size_t n,
	       struct diags *ds)
{
	enum object_result rc = OBJECT_OK;

	while (rc == OBJECT_OK && n > 0) {
		size_t part = !o->ops->remove_all || n == 1 ? 1
			      : n > OBJECTS_AT_ONCE         ? OBJECTS_AT_ONCE
							    : n;

		rc = part == 1 ? o->ops->remove(o, names[0], ds)
			       : o->ops->remove_all(o, names, part, ds);
		names += part;
		n -= part;
	}
	return rc;
}
