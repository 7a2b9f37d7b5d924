/*
 * Changes that cannot be taken back need to be named: -replace=ADDR together
 * with -accept-irreversible=CHAIN. Naming one covers what hangs together with
 * it in the graph and is not graver, so that a new chain id is accepted once
 * and not for each of the ten files that it goes into. Where nothing is made
 * anew, but there is no way back, -accept-irreversible alone is enough.
 */
#include "engine/plan/plan_impl.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

static bool
needs_consent(const struct change *c)
{
	return (c->action == ACT_CREATE || c->action == ACT_REPLACE ||
		c->action == ACT_UPDATE) &&
	       c->class >= CLASS_NEW_GENESIS && c->class != CLASS_IMPOSSIBLE;
}

static bool
is_one_way(const struct change *c)
{
	return c->action == ACT_UPDATE && c->class == CLASS_ONE_WAY;
}

/* Is it, or may it turn out to be when apply knows all values? */
static bool
may_be_one_way(const struct change *c)
{
	size_t i;

	for (i = 0; i < c->nreasons; i++)
		if (c->reasons[i].class == CLASS_ONE_WAY)
			return c->action == ACT_UPDATE;
	return false;
}

bool
plan_is_named(const struct run *r, const char *addr)
{
	size_t i;

	for (i = 0; i < r->opts.nreplace; i++)
		if (strcmp(r->opts.replace[i], addr) == 0)
			return true;
	return false;
}

/* Spreads from the named ones along edges, in one direction. */
static void
spread(struct planner *pl, size_t from, bool up)
{
	size_t *todo = xcalloc(pl->g.n + 1, sizeof(*todo)), n = 0, i;
	bool *seen = xcalloc(pl->g.n + 1, sizeof(*seen));
	enum change_class limit = pl->nodes[from].c->class;

	todo[n++] = from;
	seen[from] = true;
	while (n > 0) {
		const struct node *gn = &pl->g.nodes[todo[--n]];
		const size_t *next = up ? gn->out : gn->in;
		size_t nnext = up ? gn->nout : gn->nin;
		struct change *c = pl->nodes[gn->id].c;

		if (c->class <= limit && needs_consent(c))
			c->consented = true;
		for (i = 0; i < nnext; i++)
			if (!seen[next[i]]) {
				seen[next[i]] = true;
				todo[n++] = next[i];
			}
	}
	free(todo);
	free(seen);
}

/* All that is grave about it comes from another one, which is refused. */
static bool
plan_consent_follows(const struct planner *pl, const struct change *c)
{
	size_t i;

	for (i = 0; i < c->nreasons; i++) {
		const struct reason *re = &c->reasons[i];
		const struct node *gn;
		const struct change *from;

		if (re->class < CLASS_NEW_GENESIS)
			continue;
		gn = re->unknown && re->text ? graph_find(&pl->g, re->text)
					     : NULL;
		from = gn ? pl->nodes[gn->id].c : NULL;
		if (!from || !needs_consent(from) || from->consented)
			return false;
	}
	return true;
}

/* What the schema says by a keyword of the first field that has it, or NULL:
 * x-upgrade, the contract whose upgrade would do instead; x-why, why the value
 * cannot be changed. */
static const char *
said_of(const struct change *c, const char *keyword)
{
	const char *text = NULL;

	for (size_t i = 0; c->res && i < c->nreasons && !text; i++)
		if (c->reasons[i].pointer)
			text = jx_str(schema_at(c->res->schema,
						c->reasons[i].pointer),
				      keyword, NULL);
	return text;
}

static void
plan_consent_refuse(struct planner *pl, const struct change *c)
{
	const char *contract = said_of(c, "x-upgrade");
	const char *why = said_of(c, "x-why");

	pl->p->refused = true;
	if (plan_consent_follows(pl, c))
		return;
	diag_err(pl->ds, "E0610", "'%s' would need a %s, which is irreversible",
		 c->addr, class_name(c->class));
	diag_addr(pl->ds, c->addr);
	if (contract && !why) {
		diag_hint(pl->ds,
			  "revert the change; to change a running chain, "
			  "upgrade %s through the ProxyAdmin (a "
			  "contract_call). To create a new chain, use "
			  "-replace=%s and -accept-irreversible=%s",
			  contract, c->addr, pl->r->chain);
		return;
	}
	diag_hint(pl->ds,
		  "%s%sto do this, use -replace=%s and "
		  "-accept-irreversible=%s; otherwise revert the change",
		  why ? why : "", why ? ": " : "", c->addr, pl->r->chain);
}

/* What there is no way back from: the fields. */
static const char *
one_way_fields(struct planner *pl, const struct change *c)
{
	const char *all = "";
	size_t i;

	for (i = 0; i < c->nreasons; i++) {
		const struct reason *re = &c->reasons[i];

		if (re->class == CLASS_ONE_WAY && re->pointer)
			all = arena_printf(&pl->p->arena, "%s%s'%s'", all,
					   *all ? ", " : "", re->pointer + 1);
	}
	return all;
}

static void
refuse_one_way(struct planner *pl, const struct change *c)
{
	const char *why = said_of(c, "x-why");

	pl->p->refused = true;
	diag_err(pl->ds, "E0624",
		 "'%s' could not be reverted after the change of %s", c->addr,
		 one_way_fields(pl, c));
	diag_addr(pl->ds, c->addr);
	diag_hint(pl->ds, "%s; then use -accept-irreversible=%s",
		  why ? why
		      : "first back up what it has now: 'opl2 stop', 'opl2 "
			"backup -data FILE.tar.gz', 'opl2 start'",
		  pl->r->chain);
}

int
plan_consent(struct planner *pl)
{
	const char *accept = pl->r->opts.accept_irreversible;
	bool accepted = accept && strcmp(accept, pl->r->chain) == 0;
	size_t i;

	if (accept && !accepted) {
		diag_err(pl->ds, "E0610",
			 "-accept-irreversible names '%s', but this chain is "
			 "'%s'",
			 accept, pl->r->chain);
		pl->p->refused = true;
		return -1;
	}
	for (i = 0; accepted && i < pl->g.n; i++) {
		struct change *c = pl->nodes[i].c;

		c->consented = c->consented || may_be_one_way(c);
		if (!plan_is_named(pl->r, c->addr) || c->action == ACT_NOOP)
			continue;
		c->consented = true;
		spread(pl, i, true);
		spread(pl, i, false);
	}
	for (i = 0; i < pl->g.n; i++) {
		struct change *c = pl->nodes[pl->g.order[i]].c;

		c->irreversible =
			c->irreversible || needs_consent(c) || is_one_way(c);
		if (c->class == CLASS_IMPOSSIBLE && c->action != ACT_NOOP) {
			diag_err(pl->ds, "E0611",
				 "'%s' cannot be changed in this way", c->addr);
			diag_addr(pl->ds, c->addr);
			pl->p->refused = true;
		} else if (needs_consent(c) && !c->consented) {
			plan_consent_refuse(pl, c);
		} else if (is_one_way(c) && !c->consented) {
			refuse_one_way(pl, c);
		}
	}
	return pl->p->refused ? -1 : 0;
}
