/*
 * Values that an operation tells before it is done. What is made of values and
 * files alone (KIND_EARLY) begins with them. It is recorded when it is made,
 * and what depends on it waits for the operation as well.
 */
#include "engine/apply/apply_impl.h"

#include "engine/io/jx.h"

bool
early_takes(const struct task *n)
{
	return !n->removal && !n->late && n->c->res &&
	       (kind_find(n->c->kind)->flags & KIND_EARLY);
}

void
early_told(struct applier *ap, struct task *t, const json_t *attrs)
{
	/* A second attempt says the same, or is refused when it is done. */
	if (t->early || t->removal || !json_is_object(attrs))
		return;
	t->early = jx_share(attrs);
	ap->nearly++;
	for (size_t i = 0; i < t->nnext; i++) {
		struct task *n = &ap->tasks[t->next[i]];

		if (n->status != TASK_WAITING || !early_takes(n))
			continue;
		n->held++;
		if (--n->wait == 0)
			ap->ready[ap->nready++] = t->next[i];
	}
}

static bool
waits_for(const struct task *t, size_t n)
{
	for (size_t i = 0; i < t->nnext; i++)
		if (t->next[i] == n)
			return true;
	return false;
}

bool
early_suffices(struct applier *ap, struct task *n)
{
	CLEANUP(put_json) json_t *config = NULL, *unknown = NULL;
	struct diags ds;
	bool all;

	diags_init(&ds);
	all = resource_eval(ap->r->spec, n->c->res, task_lookup, ap, &config,
			    &unknown, &ds) == 0 &&
	      json_array_size(unknown) == 0;
	diags_done(&ds);
	if (all)
		return true;
	n->late = true;
	n->held = 0;
	for (size_t i = 0; i < ap->ntasks; i++)
		if (ap->tasks[i].early &&
		    waits_for(&ap->tasks[i], (size_t)(n - ap->tasks)))
			n->wait++;
	return false;
}

const struct task *
early_find(const struct applier *ap, const char *addr)
{
	for (size_t i = 0; ap->nearly > 0 && i < ap->ntasks; i++)
		if (ap->tasks[i].early &&
		    strcmp(ap->tasks[i].c->addr, addr) == 0)
			return &ap->tasks[i];
	return NULL;
}

void
early_over(struct applier *ap, struct task *t)
{
	if (t->early)
		ap->nearly--;
	json_decref(TAKE(t->early));
}
