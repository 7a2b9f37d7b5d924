/* Saved plans: written whole, read with suspicion, refused when stale. */
#include "engine/plan/plan_digest.h"
#include "engine/plan/plan_impl.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/plan/plan_json.h"

int
plan_save(const struct plan *p, const char *path, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = plan_to_json(p);

	return file_replace_json(path, j, 0600, ds);
}

/* --- reading --- */

static int
name_index(const char *name, const char *(*fn)(unsigned), unsigned n)
{
	unsigned i;

	for (i = 0; name && i < n; i++)
		if (strcmp(name, fn(i)) == 0)
			return (int)i;
	return -1;
}

static const char *
nth_action(unsigned i)
{
	return action_name((enum action)i);
}

static const char *
nth_class(unsigned i)
{
	return class_name((enum change_class)i);
}

static const char *
nth_why(unsigned i)
{
	return why_name((enum why)i);
}

static const char *
nth_mode(unsigned i)
{
	return plan_mode_names[i];
}

static const char **
read_list(struct plan *p, const json_t *list, size_t *n)
{
	const char **v;
	size_t i;

	*n = 0;
	v = arena_alloc(&p->arena, (json_array_size(list) + 1) * sizeof(*v));
	for (i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s)
			v[(*n)++] = s;
	}
	return v;
}

static int
read_reasons(struct plan *p, const json_t *list, struct change *c)
{
	size_t i, n = json_array_size(list);

	c->reasons = arena_alloc(&p->arena, (n + 1) * sizeof(*c->reasons));
	for (i = 0; i < n; i++) {
		const json_t *j = json_array_get(list, i);
		struct reason *re = &c->reasons[c->nreasons++];
		int why = name_index(jx_str(j, "why", NULL), nth_why,
				     WHY_WITHIN + 1);
		int class = name_index(jx_str(j, "class", NULL), nth_class,
				       CLASS_IMPOSSIBLE + 1);

		if (why < 0 || class < 0)
			return -1;
		re->why = (enum why)why;
		re->class = (enum change_class) class;
		re->pointer = jx_str(j, "pointer", NULL);
		re->text = jx_str(j, "text", NULL);
		re->before = json_object_get(j, "before");
		re->after = json_object_get(j, "after");
		re->sensitive = jx_bool(j, "sensitive", false);
		re->unknown = jx_bool(j, "unknown", false);
		re->computed = jx_bool(j, "computed", false);
	}
	return 0;
}

static json_t *
share(const json_t *o, const char *key)
{
	return jx_share(jx_get(o, key));
}

static int
read_change(struct plan *p, const json_t *j, struct change *c)
{
	int action = name_index(jx_str(j, "action", NULL), nth_action,
				ACT_IMPORT + 1);
	int class = name_index(jx_str(j, "class", class_name(CLASS_IN_PLACE)),
			       nth_class, CLASS_IMPOSSIBLE + 1);

	c->addr = jx_str(j, "addr", NULL);
	c->kind = jx_str(j, "kind", NULL);
	if (action < 0 || class < 0 || !c->addr || !c->kind ||
	    read_reasons(p, jx_get(j, "reasons"), c))
		return -1;
	c->action = (enum action)action;
	c->class = (enum change_class) class;
	c->config = share(j, "config");
	c->unknown = share(j, "unknown");
	/* Nothing will be there of what goes: as in a plan that was just made,
	 * whose digest it has. */
	if (!c->unknown && c->config)
		c->unknown = json_array();
	c->attrs = share(j, "attrs");
	c->attrs_unknown = share(j, "attrs_unknown");
	c->prior_config = share(j, "prior_config");
	c->prior = share(j, "prior");
	c->costs = share(j, "costs");
	c->deferred = jx_bool(j, "deferred", false);
	c->deferred_by = jx_str(j, "deferred_by", NULL);
	c->deferred_why = jx_str(j, "deferred_why", NULL);
	c->elsewhere = jx_str(j, "elsewhere", NULL);
	c->notes = read_list(p, jx_get(j, "notes"), &c->nnotes);
	c->depends = read_list(p, jx_get(j, "depends"), &c->ndepends);
	c->irreversible = jx_bool(j, "irreversible", false);
	c->consented = jx_bool(j, "consented", false);
	c->kept = jx_bool(j, "kept", false);
	c->drifted = jx_bool(j, "drifted", false);
	c->incomplete = jx_bool(j, "incomplete", false);
	c->not_here = jx_bool(j, "not_here", false);
	c->takes_ms = (uint64_t)jx_int(jx_get(j, "takes"), "ms", 0);
	c->takes_recorded = strcmp(jx_str(jx_get(j, "takes"), "source", ""),
				   "recorded") == 0;
	return 0;
}

static void
read_outputs(struct plan *p, const json_t *outs)
{
	const char *name;
	json_t *o;

	p->outputs = arena_alloc(&p->arena, (json_object_size(outs) + 1) *
						    sizeof(*p->outputs));
	json_object_foreach((json_t *)(uintptr_t)outs, name, o) {
		struct plan_output *po = &p->outputs[p->noutputs++];

		po->name = name;
		po->before = json_object_get(o, "before");
		po->after = json_object_get(o, "after");
		po->unknown = jx_bool(o, "unknown", false);
		po->sensitive = jx_bool(o, "sensitive", false);
	}
}

static int
read_body(struct plan *p, const json_t *j)
{
	const json_t *list = jx_get(j, "changes"), *st = jx_get(j, "state");
	int mode = name_index(jx_str(j, "mode", NULL), nth_mode,
			      PLAN_REFRESH_ONLY + 1);
	size_t i, n = json_array_size(list);

	if (mode < 0)
		return -1;
	p->mode = (enum plan_mode)mode;
	p->chain = jx_str(j, "chain", "");
	p->tool_version = jx_str(j, "opl2", "");
	p->spec_digest = jx_str(j, "spec_digest", "");
	p->lineage = jx_str(st, "lineage", "");
	p->journal = jx_str(st, "journal", "");
	p->serial = (uint64_t)jx_int(st, "serial", 0);
	snprintf(p->content, sizeof(p->content), "%s",
		 jx_str(j, "plan_digest", ""));
	p->refused = jx_bool(j, "refused", false);
	p->limited = jx_bool(j, "limited", false);
	p->delete_data = jx_bool(j, "delete_data", false);
	p->take_over = jx_bool(j, "take_over", false);
	p->host = jx_get(j, "host");
	p->force = jx_bool(j, "force", false);
	p->changes = arena_alloc(&p->arena, (n + 1) * sizeof(*p->changes));
	for (i = 0; i < n; i++)
		if (read_change(p, json_array_get(list, i),
				&p->changes[p->nchanges++]))
			return -1;
	read_outputs(p, jx_get(j, "outputs"));
	plan_count(p);
	return 0;
}

static int
check_digest(struct plan *p, json_t *j)
{
	char digest[65];

	snprintf(p->digest, sizeof(p->digest), "%s", jx_str(j, "digest", ""));
	json_object_del(j, "digest");
	jx_digest(j, digest);
	return strcmp(digest, p->digest) == 0 ? 0 : -1;
}

int
plan_read(const char *path, struct plan **out, struct diags *ds)
{
	json_t *j = jx_load_file(path, LIM_STATE_BYTES, ds);
	struct plan *p;

	*out = NULL;
	if (!j)
		return -1;
	p = xcalloc(1, sizeof(*p));
	arena_init(&p->arena);
	p->values = json_array();
	plan_keep(p, j);
	if (jx_int(j, "format_version", 0) != PLAN_FORMAT) {
		diag_err(ds, "E0605", "this release cannot read the plan '%s'",
			 path);
		diag_hint(ds, "make a new plan");
	} else if (check_digest(p, j) || read_body(p, j)) {
		diag_err(ds, "E0605", "the plan '%s' is damaged or was edited",
			 path);
		diag_hint(ds, "make a new plan");
	} else {
		*out = p;
		return 0;
	}
	plan_free(p);
	return -1;
}

/* --- may it be applied? --- */

static int
stale(struct diags *ds, const char *what)
{
	diag_err(ds, "E0605", "the saved plan is stale: %s", what);
	diag_hint(ds, "make a new plan");
	return -1;
}

static int
check_fresh(struct run *r, const struct plan *p, struct diags *ds)
{
	const struct spec *sp = r->spec;

	if (strcmp(p->tool_version, OPL2_VERSION) != 0)
		return stale(ds, "it was made by another release of opl2");
	if (sp && strcmp(p->spec_digest, sp->digest) != 0)
		return stale(ds, "the spec, its variables or its preset have "
				 "changed since");
	if (strcmp(p->chain, r->chain) != 0)
		return stale(ds, "it is for another chain");
	/* A first plan comes before there is a lineage. */
	if (*p->lineage && strcmp(p->lineage, r->state->lineage) != 0)
		return stale(ds, "it was made for another state");
	if (p->serial != r->state->serial)
		return stale(ds, "the state has changed since");
	if (strcmp(p->journal, r->impl->stamp) != 0)
		return stale(ds, "another run was interrupted since");
	if (p->refused) {
		diag_err(ds, "E0610",
			 "the saved plan was rejected when it was made");
		return -1;
	}
	return 0;
}

static int
check_versions(const struct plan *p, const json_t *j, struct diags *ds)
{
	const json_t *vs = jx_get(j, "schema_versions");
	const char *name;
	json_t *v;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)vs, name, v) {
		const struct kind *k = kind_find(name);

		if (!k ||
		    json_integer_value(v) != (json_int_t)k->schema_version)
			return stale(ds, "a kind's schema has changed");
	}
	for (i = 0; i < p->nchanges; i++)
		if (!kind_find(p->changes[i].kind))
			return stale(ds, "it contains an unknown kind");
	return 0;
}

int
plan_load(struct run *r, const char *path, struct plan **out, struct diags *ds)
{
	struct plan *p;
	size_t i;

	if (plan_read(path, &p, ds))
		return -1;
	if (check_fresh(r, p, ds) ||
	    check_versions(p, json_array_get(p->values, 0), ds)) {
		plan_free(p);
		return -1;
	}
	for (i = 0; i < p->nchanges && r->spec; i++)
		p->changes[i].res = spec_find(r->spec, p->changes[i].addr);
	/* What it says of itself proves nothing. */
	plan_digest_set(p, r);
	r->opts.mode = p->mode;
	r->opts.delete_data = p->delete_data;
	r->opts.take_over = p->take_over;
	r->opts.force = p->force;
	*out = p;
	return 0;
}
