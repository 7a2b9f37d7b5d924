/* Decides what to do with one resource of the spec. */
#include "engine/plan/plan_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/run/host.h"
#include "engine/schema/schema.h"

#define READ_TIMEOUT_MS 60000

void
change_reason(struct planner *pl, struct change *c, const struct reason *why)
{
	struct reasons rs = { c->reasons, c->nreasons, c->nreasons };

	add_reason(&pl->p->arena, &rs, why);
	c->reasons = rs.v;
	c->nreasons = rs.n;
}

const json_t *
plan_keep(struct plan *p, json_t *v)
{
	json_array_append_new(p->values, v);
	return v;
}

/* --- what is recorded --- */

static int
upgrade_entry(struct planner *pl, const struct kind *k,
	      const struct state_entry *old, struct state_entry *e)
{
	struct kind_ctx ctx;
	json_t *config, *attrs;

	if (old->schema_version > k->schema_version) {
		diag_err(pl->ds, "E0602",
			 "'%s' was recorded by a newer release of opl2",
			 old->addr);
		diag_hint(pl->ds, "use that release, or a newer one");
		return -1;
	}
	config = json_deep_copy(old->config);
	attrs = json_deep_copy(old->attrs);
	plan_keep(pl->p, config);
	plan_keep(pl->p, attrs);
	kind_ctx_init(&ctx, pl, old->addr);
	if (k->upgrade && k->upgrade(&ctx, old->schema_version, config, attrs))
		return -1;
	*e = *old;
	e->config = config;
	e->attrs = attrs;
	e->schema_version = k->schema_version;
	return 0;
}

const struct state_entry *
entry_today(struct planner *pl, const char *addr, bool *failed)
{
	const struct state_entry *e = state_get(pl->r->state, addr);
	const struct kind *k = e ? kind_find(e->kind) : NULL;
	struct state_entry *up;

	if (!e || !k || e->schema_version == k->schema_version)
		return e;
	up = arena_alloc(&pl->p->arena, sizeof(*up));
	if (upgrade_entry(pl, k, e, up)) {
		*failed = true;
		return NULL;
	}
	return up;
}

/* The address it was recorded under, which `moved` may have changed. */
static void
find_entry(struct planner *pl, struct pnode *n)
{
	const struct spec *sp = pl->r->spec;
	const char *addr = n->res->addr;
	size_t i, hops;

	for (hops = 0; hops <= sp->nmoves; hops++) {
		n->entry = entry_today(pl, addr, &n->failed);
		if (n->entry || n->failed)
			break;
		for (i = 0; i < sp->nmoves; i++)
			if (strcmp(sp->moves[i].to, addr) == 0)
				break;
		if (i == sp->nmoves)
			break;
		addr = sp->moves[i].from;
		/* What the spec still has there is not ours to take. */
		if (spec_find(sp, addr))
			break;
	}
	if (n->entry && strcmp(n->entry->kind, n->res->kind->name) != 0)
		n->entry = NULL;
	if (n->entry && addr != n->res->addr)
		n->moved_from = addr;
}

/* --- evaluation --- */

static const json_t *
plan_node_lookup(void *arg, const struct ref *ref, bool *unknown)
{
	struct planner *pl = arg;
	struct node *gn = graph_find(&pl->g, ref->addr);

	*unknown = false;
	if (!gn)
		return NULL;
	return known_at(&pl->nodes[gn->id].known, ref->path, pl->p->values,
			unknown);
}

/* Differences at these places are none: what is recorded stays, unless all of
 * it is to be made anew. */
static void
apply_ignored(struct planner *pl, struct pnode *n)
{
	const struct lifecycle *life = &n->res->life;
	size_t i;

	if (plan_is_named(pl->r, n->res->addr))
		return;
	for (i = 0; n->entry && i < life->nignore; i++) {
		const char *ptr = life->ignore_changes[i];
		const json_t *old = jx_at(n->entry->config, ptr);
		size_t k = json_array_size(n->c->unknown);

		if (jx_set_at(n->c->config, ptr,
			      old ? jx_share(old) : json_null()))
			continue;
		while (k-- > 0) {
			CLEANUP(put_json) json_t *one = json_pack("[s]", ptr);
			const char *u = json_string_value(
				json_array_get(n->c->unknown, k));

			if (is_unknown(one, u))
				json_array_remove(n->c->unknown, k);
		}
	}
}

/* What the dependencies say about reading live. */
static void
find_block(struct planner *pl, struct pnode *n, const struct node *gn)
{
	size_t i;

	for (i = 0; i < gn->nout && !n->blocked_by; i++) {
		const struct pnode *d = &pl->nodes[gn->out[i]];
		const char *why = NULL;

		/* It answers nobody: what it goes into does. */
		if (d->res->kind->flags & KIND_CACHE)
			continue;
		if (!n->elsewhere)
			n->elsewhere = d->elsewhere;
		if (d->down)
			why = "is stopped";
		else if (d->unreachable)
			why = "cannot be reached";
		else if (d->c->action == ACT_CREATE)
			why = "does not exist yet";
		else if (d->c->action != ACT_NOOP && d->c->action != ACT_READ)
			why = "will change";
		n->blocked_by = why ? d->res->addr : d->blocked_by;
		n->blocked_why = why ? why : d->blocked_why;
		n->blocked_made =
			why ? d->c->action == ACT_CREATE : d->blocked_made;
	}
}

static bool
wants_read(struct planner *pl, struct pnode *n)
{
	unsigned flags = n->res->kind->flags;
	bool possible;

	if (flags & KIND_READ_ONLY)
		possible = json_array_size(n->c->unknown) == 0;
	else
		possible =
			n->entry && n->entry->status == ENTRY_OK && !n->begun;
	if (!n->selected || !possible || pl->r->opts.no_refresh)
		return false;
	if (n->elsewhere && flags & (KIND_LIVE | KIND_RUNS | KIND_DATA)) {
		n->c->elsewhere = n->elsewhere;
		return false;
	}
	if ((flags & KIND_LIVE) && n->blocked_by) {
		n->c->deferred = true;
		n->c->deferred_by = n->blocked_by;
		n->c->deferred_why = n->blocked_why;
		return false;
	}
	return true;
}

static void
prepare_read(struct planner *pl, struct pnode *n)
{
	const struct state_entry *e = n->entry;
	bool ro = n->res->kind->flags & KIND_READ_ONLY;
	CLEANUP(put_json)
	json_t *made =
		ro ? NULL
		   : read_config(n->res->schema, e->config, n->c->config);
	struct effect_msg m = {
		.what = "read",
		.addr = n->res->addr,
		.kind = n->res->kind->name,
		.config = ro ? n->c->config : made,
		.prior_config = e ? e->config : NULL,
		.prior = e ? e->attrs : NULL,
		.priv = entry_priv(e),
		.timeout_ms = n->res->timeout_ms ? n->res->timeout_ms
						 : READ_TIMEOUT_MS,
	};

	pool_op_init(&n->op);
	n->op.msg = effect_msg_make(pl->r, &m);
	n->op.addr = n->res->addr;
	n->op.timeout_ms = m.timeout_ms;
	n->op.data = n;
}

bool
node_begin(struct planner *pl, struct pnode *n)
{
	const struct node *gn = graph_find(&pl->g, n->res->addr);
	size_t i;

	n->known.schema = n->res->schema;
	if (!n->selected) {
		find_entry(pl, n);
		return false;
	}
	for (i = 0; i < gn->nout; i++)
		n->failed = n->failed || pl->nodes[gn->out[i]].failed;
	if (n->failed)
		return false;
	find_entry(pl, n);
	n->begun = run_open_intent(pl->r, n->moved_from ? n->moved_from
							: n->res->addr);
	if (n->failed ||
	    resource_eval(pl->r->spec, n->res, plan_node_lookup, pl,
			  &n->c->config, &n->c->unknown, pl->ds)) {
		n->failed = true;
		return false;
	}
	apply_ignored(pl, n);
	if (secret_check_files(pl->r, n->c->config, pl->ds)) {
		diag_addr(pl->ds, n->c->addr);
		n->failed = true;
		return false;
	}
	n->hashes = secret_hashes(pl->r, n->c->config);
	find_block(pl, n, gn);
	if (n->entry && host_keeps_kind(n->entry->kind) && pl->r->elsewhere &&
	    !pl->r->opts.take_over)
		n->elsewhere = n->c->addr;
	if (!wants_read(pl, n))
		return false;
	prepare_read(pl, n);
	return true;
}

/* --- the read --- */

static void
say_unreachable(struct planner *pl, const struct pnode *n)
{
	const struct diag *why = n->op.ds.first;

	diag_warn(pl->ds, "W0613", "cannot read '%s', which %s: %s", n->c->addr,
		  n->entry ? "is assumed to be unchanged"
			   : "has never been read",
		  why->summary);
	diag_addr(pl->ds, n->c->addr);
	if (why->detail)
		diag_detail(pl->ds, why->detail);
	if (why->hint)
		diag_hint(pl->ds, "%s%s", why->hint,
			  n->entry ? ""
				   : "; until it answers, apply only does what "
				     "does not need it");
}

static void
take_read(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	if (n->op.outcome != OC_UNREACHABLE)
		diags_append(pl->ds, &n->op.ds);
	n->down = n->op.down;
	switch (n->op.outcome) {
	case OC_OK:
		n->was_read = true;
		json_decref(c->prior);
		c->prior = n->op.attrs ? jx_share(n->op.attrs) : json_object();
		break;
	case OC_GONE:
		n->was_read = n->gone = true;
		break;
	case OC_UNREACHABLE:
		n->unreachable = true;
		say_unreachable(pl, n);
		c->deferred = true;
		c->deferred_by = n->res->addr;
		c->deferred_why = "cannot be reached";
		break;
	default:
		n->failed = true;
	}
}

/* --- the decision --- */

static enum change_class
root_class(const struct pnode *n)
{
	enum change_class c = schema_class(n->res->schema, "");

	return c > CLASS_REPLACE ? c : CLASS_REPLACE;
}

static void
reason_for(struct planner *pl, struct pnode *n, enum why why, const char *text,
	   enum change_class class)
{
	struct reason re = { .why = why, .text = text, .class = class };

	change_reason(pl, n->c, &re);
}

static void
plan_node_compare(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;
	struct reasons rs = { c->reasons, c->nreasons, c->nreasons };
	struct diff d = {
		.arena = &pl->p->arena,
		.schema = n->res->schema,
		.unknown = c->unknown,
		.old_hashes = entry_hashes(n->entry),
		.new_hashes = n->hashes,
		.why = WHY_CONFIG,
		.out = &rs,
	};

	diff_values(&d, n->entry->config, c->config);
	if (n->was_read && !n->gone && !n->lazy) {
		size_t before = rs.n;

		d.unknown = NULL;
		d.why = WHY_DRIFT;
		d.computed = true;
		diff_attrs(&d, n->entry->attrs, c->prior);
		c->drifted = rs.n > before;
	}
	c->reasons = rs.v;
	c->nreasons = rs.n;
	plan_sources(pl, n);
}

/* Is the thing that replace_when names going to be another? */
static bool
triggered(struct planner *pl, const char *what)
{
	size_t len = strcspn(what, "/"), i;
	CLEANUP(freep) char *addr = xstrndup(what, len);
	struct node *gn = graph_find(&pl->g, addr);
	const struct change *c;

	/* An address of an instance holds a slash of its own. */
	while (!gn && what[len]) {
		len += 1 + strcspn(what + len + 1, "/");
		free(addr);
		addr = xstrndup(what, len);
		gn = graph_find(&pl->g, addr);
	}
	c = gn ? pl->nodes[gn->id].c : NULL;
	if (!c || c->action == ACT_NOOP || c->action == ACT_READ)
		return false;
	if (what[len] == '\0' || c->action != ACT_UPDATE)
		return true;
	for (i = 0; i < c->nreasons; i++)
		if (c->reasons[i].pointer &&
		    strncmp(c->reasons[i].pointer, what + len,
			    strlen(what + len)) == 0)
			return true;
	return false;
}

/* A live object of a kind that converges goes with what it lives in: when that
 * is made anew there is nothing to read before, and it is made again. */
static bool
goes_with(const struct pnode *n)
{
	const unsigned flags = n->res->kind->flags;

	return n->c->deferred && n->blocked_made &&
	       !(flags & (KIND_ONCE | KIND_READ_ONLY));
}

static void
more_reasons(struct planner *pl, struct pnode *n)
{
	size_t i;

	if (goes_with(n))
		reason_for(pl, n, WHY_WITHIN, n->blocked_by, CLASS_IN_PLACE);
	if (plan_is_named(pl->r, n->res->addr))
		reason_for(pl, n, WHY_REQUESTED, NULL, root_class(n));
	for (i = 0; i < n->res->life.nreplace; i++)
		if (triggered(pl, n->res->life.replace_when[i]))
			reason_for(pl, n, WHY_TRIGGERED,
				   n->res->life.replace_when[i], CLASS_REPLACE);
}

/* The gravest class that is certain, or as good as that: see plan_source.c.
 * What hangs on another value that is not known yet is approved as far as it
 * needs no consent: should it turn out graver, apply stops there. */
static enum change_class
gravest(const struct change *c)
{
	enum change_class g = CLASS_IN_PLACE;
	size_t i;

	for (i = 0; i < c->nreasons; i++) {
		enum change_class k = c->reasons[i].class;

		if (c->reasons[i].unknown && class_needs_consent(k) &&
		    (!c->reasons[i].text || k == CLASS_IMPOSSIBLE))
			k = CLASS_IN_PLACE;
		if (k > g)
			g = k;
	}
	return g;
}

static enum change_class
moved_class(const struct pnode *n)
{
	return n->moved_from && n->res->kind->flags & KIND_NAMED
		       ? CLASS_REPLACE
		       : CLASS_IN_PLACE;
}

static void
decide_recorded(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	if (n->gone && !n->lazy) {
		c->action = ACT_CREATE;
		c->drifted = true;
		reason_for(pl, n, WHY_GONE, NULL, root_class(n));
		c->class = root_class(n) > CLASS_REPLACE ? root_class(n)
							 : CLASS_IN_PLACE;
		return;
	}
	if (n->entry->status == ENTRY_INCOMPLETE || n->begun) {
		c->action = ACT_CREATE;
		c->incomplete = true;
		reason_for(pl, n, WHY_INCOMPLETE, NULL, CLASS_IN_PLACE);
		return;
	}
	plan_node_compare(pl, n);
	more_reasons(pl, n);
	c->class = gravest(c);
	if (moved_class(n) > c->class)
		c->class = moved_class(n);
	if (c->nreasons == 0 && c->class == CLASS_IN_PLACE)
		c->action = ACT_NOOP;
	else
		c->action =
			c->class >= CLASS_REPLACE ? ACT_REPLACE : ACT_UPDATE;
}

static void
decide_read_only(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	if (!n->entry)
		reason_for(pl, n, WHY_NEW, NULL, CLASS_IN_PLACE);
	else
		plan_node_compare(pl, n);
	c->class = CLASS_IN_PLACE;
	c->action = n->entry && !c->nreasons ? ACT_NOOP : ACT_READ;
}

static void
decide(struct planner *pl, struct pnode *n)
{
	const char *id = spec_import_id(pl->r->spec, n->res->addr);
	struct change *c = n->c;

	if (n->res->kind->flags & KIND_READ_ONLY) {
		decide_read_only(pl, n);
	} else if (!n->entry && !n->begun && id) {
		c->action = ACT_IMPORT;
		reason_for(pl, n, WHY_IMPORT, id, CLASS_IN_PLACE);
	} else if (!n->entry) {
		c->action = ACT_CREATE;
		reason_for(pl, n, WHY_NEW, NULL, CLASS_IN_PLACE);
		/* -replace of what is not recorded: consent for a kind that
		 * finds traces of an earlier one. */
		more_reasons(pl, n);
	} else {
		decide_recorded(pl, n);
	}
	if (n->moved_from)
		reason_for(pl, n, WHY_MOVED, n->moved_from, moved_class(n));
}

/* Attributes as references see them, for what does not go through the kind. */
static int
settle_attrs(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	switch (c->action) {
	case ACT_CREATE:
	case ACT_REPLACE:
	case ACT_IMPORT:
		return plan_predict(pl, n, true);
	case ACT_UPDATE:
		return plan_predict(pl, n, false);
	case ACT_READ:
		if (!n->was_read || n->gone)
			return plan_predict(pl, n, true);
		c->attrs = jx_share(c->prior);
		return 0;
	default:
		c->attrs = jx_share(n->lazy ? n->entry->attrs : c->prior);
		return 0;
	}
}

int
node_decide(struct planner *pl, struct pnode *n)
{
	n->c->reasons = NULL;
	n->c->nreasons = 0;
	decide(pl, n);
	return settle_attrs(pl, n);
}

/* Outside of -target: as recorded, whatever the spec says; of what is not
 * recorded nothing is known. */
static void
leave_alone(struct pnode *n)
{
	struct change *c = n->c;

	c->action = ACT_NOOP;
	json_decref(c->config);
	json_decref(c->unknown);
	c->config = n->entry ? jx_share(n->entry->config) : json_object();
	c->unknown = n->entry ? json_array() : json_pack("[s]", "");
	c->attrs = n->entry ? jx_share(n->entry->attrs) : NULL;
}

/* Only what was read matters; the spec's wishes wait. */
static void
decide_refresh(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;
	json_t *config = c->config;

	if (!n->entry) {
		leave_alone(n);
		return;
	}
	/* Compared with itself: only drift is left. */
	c->config = jx_share(n->entry->config);
	json_decref(config);
	json_decref(c->unknown);
	c->unknown = json_array();
	json_decref(n->hashes);
	n->hashes = NULL;
	if (n->gone && !n->lazy) {
		c->drifted = true;
		reason_for(pl, n, WHY_GONE, NULL, CLASS_IN_PLACE);
	} else {
		plan_node_compare(pl, n);
	}
	c->attrs = json_incref(c->prior);
}

/* What only has to be there is not spent. */
static bool
spends_nothing(const struct change *c)
{
	for (size_t i = 0; i < json_array_size(c->costs); i++)
		if (!jx_bool(json_array_get(c->costs, i), "own", false))
			return false;
	return json_array_size(c->costs) > 0;
}

void
node_finish(struct planner *pl, struct pnode *n)
{
	struct change *c = n->c;

	if (n->op.msg)
		take_read(pl, n);
	if (n->failed)
		return;
	if (n->entry) {
		c->prior_config = jx_share(n->entry->config);
		if (!c->prior)
			c->prior = jx_share(n->entry->attrs);
	}
	n->lazy = plan_is_lazy(pl, n);
	if (!n->selected)
		leave_alone(n);
	else if (pl->p->mode == PLAN_REFRESH_ONLY)
		decide_refresh(pl, n);
	else if (node_decide(pl, n))
		n->failed = true;
	c->not_here = n->lazy && c->action == ACT_NOOP && plan_lacks(pl, n);
	if ((n->res->kind->flags & KIND_IRREVERSIBLE) &&
	    (c->action == ACT_CREATE || c->action == ACT_REPLACE))
		c->irreversible = !spends_nothing(c);
	n->known.config = c->config;
	n->known.unknown = c->unknown;
	n->known.attrs = c->attrs;
	n->known.attrs_unknown = c->attrs_unknown;
}
