#include "cmd/opl2/chain/part.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"
#include "providers/runtime/process_def.h"
#include "state/state.h"

/* What the state has of what a spec refers to: attributes before fields. */
static const json_t *
part_lookup(void *arg, const struct ref *ref, bool *unknown)
{
	const struct state_entry *e = state_get(arg, ref->addr);
	const json_t *v = e ? jx_at(e->attrs, ref->path) : NULL;

	if (e && !v)
		v = jx_at(e->config, ref->path);
	*unknown = !v;
	return v;
}

const json_t *
part_fields(const struct spec *spec, const struct state *state,
	    const struct state_entry *e, json_t *keep)
{
	const struct resource *r = spec ? spec_find(spec, e->addr) : NULL;
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *unknown = NULL;
	json_t *config = NULL;

	diags_init(&quiet);
	if (!r || resource_eval(spec, r, part_lookup, (void *)(uintptr_t)state,
				&config, &unknown, &quiet))
		return NULL;
	json_array_append_new(keep, config);
	return config;
}

static void
take_fields(struct part *p, const json_t *fields)
{
	const json_t *proposes = jx_get(fields, "proposes");

	p->role = role_parse(jx_str(fields, "role", NULL));
	p->signs_as = jx_str(fields, "signs_as", NULL);
	p->da_server = jx_get(fields, "da_server");
	if (!proposes)
		return;
	p->propose_to = jx_str(proposes, "to", "oracle");
	p->game_type = jx_int(proposes, "game_type", 0);
	p->interval_ms = process_ms(proposes, "interval", 0);
}

/* Are these of the same preset's use? "" is the chain's own. */
static bool
same_instance(const struct part *a, const struct part *b)
{
	const char *x = strchr(a->name, '/'), *y = strchr(b->name, '/');

	if (!x || !y)
		return x == y;
	return x - a->name == y - b->name &&
	       !memcmp(a->name, b->name, (size_t)(x - a->name));
}

static bool
any_role_beside(const struct part *list, size_t n, const struct part *p)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].role != ROLE_NONE && same_instance(&list[i], p))
			return true;
	return false;
}

struct part *
parts_of(const struct spec *spec, const struct state *state, struct arena *a,
	 json_t *keep, size_t *n)
{
	size_t all, i;
	const struct state_entry **entries = state_list(state, a, &all);
	struct part *list = arena_alloc(a, (all + 1) * sizeof(*list));
	bool *before;

	*n = 0;
	for (i = 0; i < all; i++) {
		const struct state_entry *e = entries[i];
		struct part *p = &list[*n];
		const json_t *fields;

		if (strcmp(e->kind, "process"))
			continue;
		fields = part_fields(spec, state, e, keep);
		*p = (struct part){ .e = e, .name = strchr(e->addr, '.') + 1 };
		take_fields(p, fields ? fields : e->config);
		++*n;
	}
	before = arena_alloc(a, (*n + 1) * sizeof(*before));
	for (i = 0; i < *n; i++)
		before[i] = !any_role_beside(list, *n, &list[i]);
	for (i = 0; i < *n; i++)
		if (before[i])
			part_before_roles(&list[i], state);
	return list;
}
