/* What became of things: journal and state, in step. */
#include "engine/apply/apply_impl.h"

#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"

static json_t *
depends_json(const struct change *c)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < c->ndepends; i++)
		json_array_append_new(list, json_string(c->depends[i]));
	return list;
}

/* What the kind wrote for others to read goes with the record. */
static void
keep_files(struct applier *ap, const char *addr)
{
	struct state_backend *b = ap->r->impl->backend;
	struct arena *a = &ap->arena;
	const char *path;

	if (!b->ops->keep)
		return;
	path = arena_printf(a, "files/%s", addr_file(a, addr));
	if (file_exists(arena_printf(a, "%s/%s", ap->r->state_dir, path)))
		backend_keep(b, path, -1);
}

int
record_done(struct applier *ap, struct task *t, const json_t *config,
	    json_t *attrs, json_t *priv, const json_t *lock,
	    enum entry_status status)
{
	const struct kind *k = kind_find(t->c->kind);
	CLEANUP(put_json) json_t *depends = depends_json(t->c);
	CLEANUP(put_json)
	json_t *private =
		entry_private(json_incref(priv), secret_hashes(ap->r, config));
	struct state_entry e = {
		.addr = t->c->addr,
		.kind = t->c->kind,
		.schema_version = k->schema_version,
		.status = status,
		.config = config,
		.attrs = attrs,
		.private = private,
		.depends = depends,
	};
	int rc;

	FAULT("apply.before_record");
	keep_files(ap, t->c->addr);
	if (ap->r->opts.locked)
		lock = NULL;
	rc = journal_done(ap->r->impl->journal, &e, lock, ap->ds);
	state_put(ap->r->state, &e);
	if (lock)
		run_lock_put(ap->r, t->c->addr, lock);
	return rc;
}

int
record_gone(struct applier *ap, const char *addr)
{
	FAULT("apply.before_record");
	state_remove(ap->r->state, addr);
	return journal_gone(ap->r->impl->journal, addr, ap->ds);
}

int
record_forget(struct applier *ap, const char *addr)
{
	state_remove(ap->r->state, addr);
	return journal_forget(ap->r->impl->journal, addr, ap->ds);
}

int
record_none(struct applier *ap, const char *addr)
{
	return journal_none(ap->r->impl->journal, addr, ap->ds);
}

static bool
same_depends(const struct change *c, const json_t *list)
{
	CLEANUP(put_json) json_t *now = depends_json(c);

	return json_equal(now, list);
}

int
record_depends(struct applier *ap, const struct task *t)
{
	const struct state_entry *e = task_entry(ap, t);
	CLEANUP(put_json) json_t *depends = NULL;
	struct state_entry to;

	if (!e || same_depends(t->c, e->depends))
		return 0;
	to = *e;
	depends = depends_json(t->c);
	to.depends = depends;
	if (journal_done(ap->r->impl->journal, &to, NULL, ap->ds))
		return -1;
	state_put(ap->r->state, &to);
	return 0;
}

int
record_moves(struct applier *ap)
{
	for (size_t i = 0; i < ap->p->nchanges; i++) {
		const struct change *c = &ap->p->changes[i];
		const char *from = c->kept ? NULL : change_moved_from(c);
		const struct state_entry *e =
			from ? state_get(ap->r->state, from) : NULL;
		struct state_entry to;

		if (!e)
			continue;
		to = *e;
		to.addr = c->addr;
		if (journal_moved(ap->r->impl->journal, &to, from, ap->ds))
			return -1;
		state_put(ap->r->state, &to);
		state_remove(ap->r->state, from);
		run_move_intent(ap->r, from, c->addr);
		run_lock_move(ap->r, from, c->addr);
		ap->moved = true;
	}
	return 0;
}

const char *
moved_to(const struct applier *ap, const char *addr)
{
	for (size_t i = 0; ap->moved && i < ap->p->nchanges; i++) {
		const struct change *c = &ap->p->changes[i];
		const char *from = c->kept ? NULL : change_moved_from(c);

		if (from && strcmp(from, addr) == 0)
			return c->addr;
	}
	return addr;
}

/* The first intent of an operation says what is being made, so that it can be
 * found again, or removed, even when the spec is another by then. */
json_t *
intent_token(struct applier *ap, struct task *t, const json_t *token)
{
	const struct state_entry *old = task_entry(ap, t);
	json_t *o = json_object();

	if (token)
		json_object_set_new(o, "token", jx_share(token));
	if (!t->object_sent) {
		CLEANUP(put_json) json_t *depends = depends_json(t->c);
		struct state_entry e = {
			.addr = t->c->addr,
			.kind = t->c->kind,
			.schema_version = kind_find(t->c->kind)->schema_version,
			.status = ENTRY_INCOMPLETE,
			.config = t->config ? t->config
				  : old     ? old->config
					    : NULL,
			.attrs = old ? old->attrs : NULL,
			.private = old ? old->private : NULL,
			.depends = depends,
		};

		json_object_set_new(o, "object", entry_to_json(&e));
		t->object_sent = true;
	}
	return o;
}
