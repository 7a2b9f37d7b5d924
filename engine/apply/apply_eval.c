/* Values that only apply knows, and whether they are what was approved. */
#include "engine/apply/apply_impl.h"

#include "engine/io/jx.h"
#include "engine/schema/schema.h"

const json_t *
task_lookup(void *arg, const struct ref *ref, bool *unknown)
{
	struct applier *ap = arg;
	const struct task *t = early_find(ap, ref->addr);
	const struct state_entry *e =
		t ? NULL : state_get(ap->r->state, ref->addr);
	struct known k;

	*unknown = !t && (!e || e->status != ENTRY_OK);
	if (*unknown)
		return NULL;
	k = t ? (struct known){ .config = t->config, .attrs = t->early }
	      : (struct known){ .config = e->config, .attrs = e->attrs };
	return known_at(&k, ref->path, ap->owner, unknown);
}

static bool
is_requested(const struct change *c)
{
	for (size_t i = 0; i < c->nreasons; i++)
		if (c->reasons[i].why == WHY_REQUESTED)
			return true;
	return false;
}

/* As plan_node.c has it. */
static void
keep_ignored(struct applier *ap, struct task *t)
{
	const struct state_entry *e = task_entry(ap, t);
	const struct lifecycle *life = &t->c->res->life;
	size_t i;

	if (is_requested(t->c))
		return;
	for (i = 0; e && i < life->nignore; i++) {
		const json_t *old = jx_at(e->config, life->ignore_changes[i]);

		(void)jx_set_at(t->config, life->ignore_changes[i],
				old ? jx_share(old) : json_null());
	}
}

/* What the plan knew must still be so. Not of a download or build: another
 * machine may have other tools for it. What uses it is asked in its turn. */
static int
check_approved(struct applier *ap, struct task *t)
{
	struct reasons rs = { 0 };
	struct diff d = {
		.arena = &ap->arena,
		.schema = t->c->res->schema,
		.unknown = t->c->unknown,
		.why = WHY_CONFIG,
		.out = &rs,
	};
	size_t i;

	if (change_is_cache(t->c))
		return 0;
	diff_values(&d, t->c->config, t->config);
	for (i = 0; i < rs.n; i++) {
		if (rs.v[i].unknown)
			continue;
		diag_err(ap->ds, "E0606",
			 "'%s' differs from the plan: a value it refers to "
			 "changed",
			 rs.v[i].pointer);
		diag_addr(ap->ds, t->c->addr);
		diag_path(ap->ds, "%s", rs.v[i].pointer);
		diag_hint(ap->ds,
			  "make a new plan; completed steps are recorded");
		return -1;
	}
	return 0;
}

int
task_eval(struct applier *ap, struct task *t)
{
	json_t *unknown = NULL;
	int rc;

	if (!t->c->res) {
		diag_err(ap->ds, "E0600", "a plan without its spec");
		return -1;
	}
	json_decref(t->config);
	t->config = NULL;
	rc = resource_eval(ap->r->spec, t->c->res, task_lookup, ap, &t->config,
			   &unknown, ap->ds);
	if (rc == 0)
		keep_ignored(ap, t);
	if (rc == 0 && json_array_size(unknown) > 0) {
		rc = diag_err(ap->ds, "E0606",
			      "'%s' needs a value that is not recorded",
			      json_string_value(json_array_get(unknown, 0)));
		diag_addr(ap->ds, t->c->addr);
		diag_hint(ap->ds, "-target or -exclude may leave out what it "
				  "refers to; plan without it");
	}
	json_decref(unknown);
	return rc ? rc : check_approved(ap, t);
}

bool
task_differs(struct applier *ap, struct task *t, enum change_class *class)
{
	const struct state_entry *e = task_entry(ap, t);
	struct reasons rs = { 0 };
	struct diff d = {
		.arena = &ap->arena,
		.schema = t->c->res->schema,
		.old_hashes = entry_hashes(e),
		.why = WHY_CONFIG,
		.out = &rs,
	};
	json_t *hashes = secret_hashes(ap->r, t->config);
	size_t i;

	*class = CLASS_IN_PLACE;
	d.new_hashes = hashes;
	diff_values(&d, e ? e->config : NULL, t->config);
	json_decref(hashes);
	for (i = 0; i < rs.n; i++)
		if (rs.v[i].class > *class)
			*class = rs.v[i].class;
	/* Reasons that have nothing to do with the config stand. */
	for (i = 0; i < t->c->nreasons; i++) {
		const struct reason *re = &t->c->reasons[i];

		if (re->why == WHY_CONFIG || re->why == WHY_MOVED)
			continue;
		if (re->class > *class)
			*class = re->class;
		return true;
	}
	return rs.n > 0;
}

int
apply_outputs(struct applier *ap)
{
	const struct spec *sp = ap->r->spec;
	json_t *all = json_object();
	int rc = 0;
	size_t i;

	for (i = 0; sp && i < sp->noutputs; i++) {
		const struct output *o = &sp->outputs[i];
		const json_t *was = jx_get(ap->r->state->outputs, o->name);
		json_t *v = NULL;
		bool unknown = false;

		if (output_eval(sp, o, task_lookup, ap, &v, &unknown, ap->ds)) {
			rc = -1;
		} else if (!unknown) {
			json_object_set_new(all, o->name,
					    json_pack("{s:O?, s:b}", "value", v,
						      "sensitive",
						      o->sensitive));
		} else if (was) {
			json_object_set_new(all, o->name, jx_share(was));
		}
		json_decref(v);
	}
	state_set_outputs(ap->r->state, all);
	json_decref(all);
	return rc;
}
