#ifndef OPL2_TESTS_UNIT_MEMORY_OBJECTS_H
#define OPL2_TESTS_UNIT_MEMORY_OBJECTS_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/mem.h"
#include "providers/clients/objects/objects.h"

/* Objects of several clients in memory, which fail when a test says so. */
struct memory_object {
	char name[128];
	struct buf data;
	unsigned version;
};

struct memory_place {
	struct memory_object list[64];
	size_t n;
	unsigned version;
	/* So many more writes are done; then nothing is, and nobody answers.
	 * The last one is done, but its answer is lost. -1: no end. */
	long writes;
	/* Before a put; may put something itself. */
	void (*before)(struct memory_place *m, const char *name);
};

struct memory_client {
	struct objects base;
	struct memory_place *place;
};

static inline struct memory_object *
memory_find(struct memory_place *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->list[i].name, name) == 0)
			return &m->list[i];
	return NULL;
}

static inline void
memory_put(struct memory_place *m, const char *name, const void *p, size_t n)
{
	struct memory_object *o = memory_find(m, name);

	if (!o) {
		o = &m->list[m->n++];
		*o = (struct memory_object){ .data = BUF_INIT(OBJECT_MAX) };
		snprintf(o->name, sizeof(o->name), "%s", name);
	}
	buf_reset(&o->data);
	buf_add(&o->data, p, n);
	o->version = ++m->version;
}

static inline void
memory_empty(struct memory_place *m)
{
	while (m->n)
		buf_done(&m->list[--m->n].data);
}

/* Of another place, which keeps its own. */
static inline void
memory_copy(struct memory_place *to, const struct memory_place *from)
{
	memory_empty(to);
	for (size_t i = 0; i < from->n; i++)
		memory_put(to, from->list[i].name, from->list[i].data.p,
			   from->list[i].data.n);
}

static inline enum object_result
memory_silent(struct diags *ds)
{
	diag_err(ds, "E0530", "nobody answers");
	return OBJECT_UNREACHABLE;
}

static inline enum object_result
memory_get(struct objects *o, const char *name, struct object *out,
	   struct diags *ds)
{
	struct memory_place *m = ((struct memory_client *)o)->place;
	const struct memory_object *f = memory_find(m, name);

	if (m->writes == 0)
		return memory_silent(ds);
	if (!f)
		return OBJECT_NONE;
	buf_reset(&out->data);
	buf_add(&out->data, buf_str(&f->data), f->data.n);
	snprintf(out->version.text, sizeof(out->version.text), "%u",
		 f->version);
	out->now = out->modified = (int64_t)time(NULL);
	return OBJECT_OK;
}

static inline enum object_result
memory_put_object(struct objects *o, const char *name, const void *p, size_t n,
		  const struct object_version *expect,
		  struct object_version *now, struct diags *ds)
{
	struct memory_place *m = ((struct memory_client *)o)->place;
	struct memory_object *f;
	char has[32] = "";

	if (m->writes == 0)
		return memory_silent(ds);
	if (m->before)
		m->before(m, name);
	f = memory_find(m, name);
	if (f)
		snprintf(has, sizeof(has), "%u", f->version);
	if (expect && strcmp(expect->text, has) != 0)
		return OBJECT_CONFLICT;
	memory_put(m, name, p, n);
	if (now)
		snprintf(now->text, sizeof(now->text), "%u", m->version);
	if (m->writes > 0 && --m->writes == 0)
		return memory_silent(ds);
	return OBJECT_OK;
}

static inline enum object_result
memory_list(struct objects *o, struct arena *a, const char *prefix,
	    const char *after, const char ***names, size_t *n, struct diags *ds)
{
	struct memory_place *m = ((struct memory_client *)o)->place;

	*n = 0;
	if (m->writes == 0)
		return memory_silent(ds);
	*names = arena_alloc(a, (m->n + 1) * sizeof(**names));
	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->list[i].name, prefix, strlen(prefix)) == 0 &&
		    (!after || strcmp(m->list[i].name, after) > 0))
			(*names)[(*n)++] = arena_strdup(a, m->list[i].name);
	objects_sort(*names, *n);
	return OBJECT_OK;
}

static inline enum object_result
memory_remove(struct objects *o, const char *name, struct diags *ds)
{
	struct memory_place *m = ((struct memory_client *)o)->place;
	struct memory_object *f = memory_find(m, name);

	if (m->writes == 0)
		return memory_silent(ds);
	if (f) {
		buf_done(&f->data);
		*f = m->list[--m->n];
	}
	if (m->writes > 0 && --m->writes == 0)
		return memory_silent(ds);
	return OBJECT_OK;
}

static inline void
memory_close(struct objects *o)
{
	free(o);
}

static inline struct objects *
memory_open(struct memory_place *m)
{
	static const struct objects_ops ops = {
		.name = "memory",
		.close = memory_close,
		.get = memory_get,
		.put = memory_put_object,
		.list = memory_list,
		.remove = memory_remove,
	};
	struct memory_client *c = xcalloc(1, sizeof(*c));

	c->base = (struct objects){ &ops, "memory" };
	c->place = m;
	return &c->base;
}

#endif
