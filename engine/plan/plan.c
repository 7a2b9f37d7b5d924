#include "engine/plan/plan.h"

#include "engine/io/jx.h"

const char *
action_name(enum action a)
{
	static const char *const names[] = { "no-op",  "read",    "create",
					     "update", "replace", "delete",
					     "forget", "import" };

	return names[a];
}

const char *
class_name(enum change_class c)
{
	static const char *const names[] = { "in place",    "restart",
					     "no way back", "replace",
					     "new genesis", "new chain",
					     "impossible" };

	return names[c];
}

bool
class_needs_consent(enum change_class c)
{
	return c == CLASS_ONE_WAY || c > CLASS_REPLACE;
}

const char *
why_name(enum why w)
{
	static const char *const names[] = {
		"new",        "config",    "drift",     "gone",
		"incomplete", "requested", "triggered", "orphan",
		"destroy",    "protected", "needed",    "moved",
		"kept",       "removed",   "import",    "within"
	};

	return names[w];
}

bool
change_is_cache(const struct change *c)
{
	const struct kind *k = kind_find(c->kind);

	return k && k->flags & KIND_CACHE;
}

const char *
change_moved_from(const struct change *c)
{
	for (size_t i = 0; i < c->nreasons; i++)
		if (c->reasons[i].why == WHY_MOVED)
			return c->reasons[i].text;
	return NULL;
}

bool
change_is_quiet(const struct change *c)
{
	return c->action == ACT_NOOP && !c->kept && !change_moved_from(c);
}

bool
plan_has_changes(const struct plan *p)
{
	const struct plan_counts *c = &p->counts;
	size_t i;

	if (p->mode == PLAN_REFRESH_ONLY)
		return c->drifted > 0;
	if (c->create + c->update + c->replace + c->remove + c->forget +
	    c->read + c->import)
		return true;
	for (i = 0; i < p->nchanges; i++)
		if (change_moved_from(&p->changes[i]))
			return true;
	for (i = 0; i < p->noutputs; i++) {
		const struct plan_output *o = &p->outputs[i];

		if (o->unknown || !o->before != !o->after ||
		    (o->before && !json_equal(o->before, o->after)))
			return true;
	}
	return false;
}

const struct change *
plan_find(const struct plan *p, const char *addr)
{
	size_t i;

	for (i = 0; i < p->nchanges; i++)
		if (strcmp(p->changes[i].addr, addr) == 0)
			return &p->changes[i];
	return NULL;
}

void
change_done(struct change *c)
{
	json_decref(c->config);
	json_decref(c->unknown);
	json_decref(c->attrs);
	json_decref(c->attrs_unknown);
	json_decref(c->prior_config);
	json_decref(c->prior);
	json_decref(c->costs);
}

void
plan_free(struct plan *p)
{
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->nchanges; i++)
		change_done(&p->changes[i]);
	json_decref(p->values);
	arena_done(&p->arena);
	free(p);
}
