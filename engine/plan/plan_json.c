/* A plan as JSON: the documented form, and the one that is saved. */
#include "engine/plan/plan_json.h"

#include "engine/io/jx.h"
#include "engine/plan/plan_impl.h"

const char *const plan_mode_names[] = { "normal", "destroy", "refresh-only" };

static void
plan_json_put(json_t *o, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(o, key, jx_share(v));
}

static void
put_str(json_t *o, const char *key, const char *s)
{
	if (s)
		json_object_set_new(o, key, json_string(s));
}

static void
put_flag(json_t *o, const char *key, bool v)
{
	if (v)
		json_object_set_new(o, key, json_true());
}

static void
put_list(json_t *o, const char *key, const char *const *v, size_t n)
{
	json_t *list;
	size_t i;

	if (n == 0)
		return;
	list = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(list, json_string(v[i]));
	json_object_set_new(o, key, list);
}

static json_t *
reason_json(const struct reason *re)
{
	json_t *o = json_pack("{s:s, s:s}", "why", why_name(re->why), "class",
			      class_name(re->class));

	put_str(o, "pointer", re->pointer);
	if (!re->sensitive) {
		plan_json_put(o, "before", re->before);
		plan_json_put(o, "after", re->after);
	}
	put_flag(o, "sensitive", re->sensitive);
	put_flag(o, "unknown", re->unknown);
	put_flag(o, "computed", re->computed);
	put_str(o, "text", re->text);
	return o;
}

/* Nothing is done with what stays as it is: its values are in the state. */
static bool
needs_values(const struct change *c)
{
	return c->action != ACT_NOOP || c->deferred || c->drifted || c->kept;
}

static void
put_values(json_t *o, const struct change *c)
{
	plan_json_put(o, "config", c->config);
	if (json_array_size(c->unknown))
		plan_json_put(o, "unknown", c->unknown);
	plan_json_put(o, "attrs", c->attrs);
	if (json_array_size(c->attrs_unknown))
		plan_json_put(o, "attrs_unknown", c->attrs_unknown);
	plan_json_put(o, "prior_config", c->prior_config);
	plan_json_put(o, "prior", c->prior);
}

static json_t *
change_json(const struct change *c)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "addr", c->addr, "kind",
			      c->kind, "action", action_name(c->action));
	size_t i;

	if (c->class != CLASS_IN_PLACE)
		put_str(o, "class", class_name(c->class));
	if (c->nreasons) {
		json_t *list = json_array();

		for (i = 0; i < c->nreasons; i++)
			json_array_append_new(list,
					      reason_json(&c->reasons[i]));
		json_object_set_new(o, "reasons", list);
	}
	if (needs_values(c))
		put_values(o, c);
	put_flag(o, "deferred", c->deferred);
	put_str(o, "deferred_by", c->deferred_by);
	put_str(o, "deferred_why", c->deferred_why);
	put_str(o, "elsewhere", c->elsewhere);
	put_list(o, "notes", c->notes, c->nnotes);
	plan_json_put(o, "costs", c->costs);
	put_list(o, "depends", c->depends, c->ndepends);
	put_flag(o, "irreversible", c->irreversible);
	put_flag(o, "consented", c->consented);
	put_flag(o, "kept", c->kept);
	put_flag(o, "drifted", c->drifted);
	put_flag(o, "incomplete", c->incomplete);
	put_flag(o, "cache", change_is_cache(c));
	put_flag(o, "not_here", c->not_here);
	if (c->takes_ms)
		json_object_set_new(
			o, "takes",
			json_pack("{s:I, s:s}", "ms", (json_int_t)c->takes_ms,
				  "source",
				  c->takes_recorded ? "recorded" : "typical"));
	return o;
}

static json_t *
outputs_json(const struct plan *p)
{
	json_t *all = json_object();
	size_t i;

	for (i = 0; i < p->noutputs; i++) {
		const struct plan_output *po = &p->outputs[i];
		json_t *o = json_object();

		if (!po->sensitive) {
			plan_json_put(o, "before", po->before);
			if (!po->unknown)
				plan_json_put(o, "after", po->after);
		}
		put_flag(o, "unknown", po->unknown);
		put_flag(o, "sensitive", po->sensitive);
		json_object_set_new(all, po->name, o);
	}
	return all;
}

static json_t *
counts_json(const struct plan_counts *n)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, "
			 "s:i, s:i, s:i, s:o}",
			 "create", (int)n->create, "update", (int)n->update,
			 "replace", (int)n->replace, "delete", (int)n->remove,
			 "forget", (int)n->forget, "read", (int)n->read, "noop",
			 (int)n->noop, "import", (int)n->import, "deferred",
			 (int)n->deferred, "drifted", (int)n->drifted, "kept",
			 (int)n->kept, "irreversible", (int)n->irreversible,
			 "not_here", (int)n->not_here, "cache",
			 json_pack("{s:i, s:i}", "build", (int)n->cache_build,
				   "drop", (int)n->cache_drop));
}

static json_t *
versions_json(const struct plan *p)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < p->nchanges; i++) {
		const struct kind *k = kind_find(p->changes[i].kind);

		if (k && !json_object_get(o, k->name))
			json_object_set_new(o, k->name,
					    json_integer(k->schema_version));
	}
	return o;
}

static json_t *
body_json(const struct plan *p)
{
	json_t *changes = json_array();
	json_t *o;
	size_t i;

	for (i = 0; i < p->nchanges; i++)
		json_array_append_new(changes, change_json(&p->changes[i]));
	o = json_pack("{s:i, s:s, s:s, s:s, s:s, s:{s:s, s:I, s:s}, s:o, s:o, "
		      "s:o, s:o}",
		      "format_version", PLAN_FORMAT, "opl2", p->tool_version,
		      "mode", plan_mode_names[p->mode], "chain", p->chain,
		      "spec_digest", p->spec_digest, "state", "lineage",
		      p->lineage, "serial", (json_int_t)p->serial, "journal",
		      p->journal, "schema_versions", versions_json(p),
		      "summary", counts_json(&p->counts), "changes", changes,
		      "outputs", outputs_json(p));
	put_str(o, "plan_digest", p->content);
	put_flag(o, "refused", p->refused);
	put_flag(o, "limited", p->limited);
	put_flag(o, "delete_data", p->delete_data);
	put_flag(o, "take_over", p->take_over);
	plan_json_put(o, "host", p->host);
	put_flag(o, "force", p->force);
	return o;
}

void
plan_seal(struct plan *p)
{
	json_t *o = body_json(p);

	jx_digest(o, p->digest);
	json_decref(o);
}

json_t *
plan_to_json(const struct plan *p)
{
	json_t *o = body_json(p);

	put_str(o, "digest", p->digest);
	return o;
}
