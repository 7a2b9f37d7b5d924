/* Adopting one object that was made without opl2. */
#include "engine/apply/apply_impl.h"

#include "engine/base/buf.h"
#include "engine/io/jx.h"

#define HINT_MAX 8192

static int
check_resource(struct run *r, const char *addr, struct diags *ds)
{
	const struct resource *res = spec_find(r->spec, addr);

	if (!res) {
		diag_err(ds, "E0604", "'%s' is not a resource of this chain",
			 addr);
		diag_hint(ds, "'opl2 show -spec' lists the addresses");
		return -1;
	}
	if (!(res->kind->flags & KIND_IMPORT)) {
		diag_err(ds, "E1042", "a '%s' cannot be imported",
			 res->kind->name);
		diag_addr(ds, addr);
		diag_hint(ds, "'opl2 apply' creates it");
		return -1;
	}
	return 0;
}

static int
refuse_recorded(const char *addr, struct diags *ds)
{
	diag_err(ds, "E1040", "'%s' is already in the state", addr);
	diag_addr(ds, addr);
	diag_hint(ds,
		  "'opl2 state show %s' shows it; 'opl2 state rm %s' removes "
		  "it from the state and leaves the object alone",
		  addr, addr);
	return -1;
}

/* Is what this stands for recorded, and as the spec wants it? */
static bool
is_settled(const struct run *r, const struct plan *p, const char *addr)
{
	const struct state_entry *e = state_get(r->state, addr);
	const struct change *c = plan_find(p, addr);

	return e && e->status == ENTRY_OK && c && c->action == ACT_NOOP;
}

/* Appends the option for an address, once. */
static void
add_target(struct buf *text, const char *addr)
{
	CLEANUP(buf_done) struct buf word = BUF_INIT(HINT_MAX);

	buf_addf(&word, " -target=%s ", addr);
	if (!strstr(buf_str(text), buf_str(&word)))
		buf_addf(text, "%s%s", text->n ? "" : " ", buf_str(&word) + 1);
}

/* Only what gives the config a value counts: what it merely comes after, a
 * balance to deploy with perhaps, was there when somebody did it by hand. */
static int
check_sources(const struct run *r, const struct plan *p, const struct change *c,
	      struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(HINT_MAX);
	size_t i, k;

	for (i = 0; i < c->res->nslots; i++) {
		const struct slot *s = &c->res->slots[i];

		for (k = 0; k < s->nparts; k++)
			if (s->parts[k].ref &&
			    strcmp(s->parts[k].ref->addr, c->addr) != 0 &&
			    !is_settled(r, p, s->parts[k].ref->addr))
				add_target(&text, s->parts[k].ref->addr);
	}
	if (!text.n)
		return 0;
	diag_err(ds, "E1041",
		 "'%s' refers to a resource that is not applied yet, so there "
		 "is nothing to compare with",
		 c->addr);
	diag_addr(ds, c->addr);
	diag_hint(ds, "first run 'opl2 apply%.*s'", (int)text.n - 1,
		  buf_str(&text));
	return -1;
}

static int
import_planned(struct run *r, const struct plan *p, const char *addr,
	       const json_t *files, struct apply_result *res, struct diags *ds)
{
	const struct change *c = plan_find(p, addr);
	struct plan only = *p;
	struct change adopt;

	if (!c || c->prior_config ||
	    (c->action != ACT_CREATE && c->action != ACT_IMPORT))
		return refuse_recorded(addr, ds);
	if (check_sources(r, p, c, ds))
		return -1;
	adopt = *c;
	adopt.action = ACT_IMPORT;
	only.changes = &adopt;
	only.nchanges = 1;
	return apply_run(r, &only, files, res, ds);
}

int
run_import(struct run *r, const char *addr, const json_t *files,
	   struct apply_result *res, struct diags *ds)
{
	struct plan *p = NULL;
	int rc;

	memset(res, 0, sizeof(*res));
	if (check_resource(r, addr, ds))
		return -1;
	if (state_get(r->state, addr))
		return refuse_recorded(addr, ds);
	r->opts.targets = &addr;
	r->opts.ntargets = 1;
	rc = plan_make(r, &p, ds);
	r->opts.targets = NULL;
	r->opts.ntargets = 0;
	if (rc == 0)
		rc = import_planned(r, p, addr, files, res, ds);
	plan_free(p);
	return rc;
}
