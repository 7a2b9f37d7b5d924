/*
 * What a spec must say of the money it may spend. A chain that the spec runs
 * itself costs nothing; on any other a ceiling is asked for before there is a
 * plan. Which chain a resource pays on is what its x-chain field leads to.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

#define PRICE      10000000000u /* wei per gas, for the figure in the hint */
#define PRICE_TEXT "10gwei"

static bool on_own_chain(const struct spec *sp, const struct resource *r,
			 unsigned depth);

static bool
leads_to_own(const struct spec *sp, const struct slot *s, unsigned depth)
{
	for (size_t i = 0; i < s->nparts; i++) {
		const struct ref *ref = s->parts[i].ref;
		const struct resource *to =
			ref ? spec_find(sp, ref->addr) : NULL;

		if (to && (to->kind->flags & KIND_RUNS ||
			   on_own_chain(sp, to, depth + 1)))
			return true;
	}
	return false;
}

/* Circles are told of later, by the graph. */
static bool
on_own_chain(const struct spec *sp, const struct resource *r, unsigned depth)
{
	const char *field = schema_chain(r->schema);

	for (size_t i = 0; field && depth < REF_DEPTH && i < r->nslots; i++)
		if (strcmp(r->slots[i].pointer + 1, field) == 0)
			return leads_to_own(sp, &r->slots[i], depth);
	return false;
}

/* --- what it costs ------------------------------------------------------- */

/* New reference: what the kind says of a create that is wholly to come. */
static json_t *
costs_of(const struct spec *sp, const struct resource *r)
{
	CLEANUP(put_json) json_t *unknown = json_array();
	CLEANUP(diags_done) struct diags quiet;
	struct plan_req req = { .config = r->config,
				.unknown = unknown,
				.creating = true };
	struct plan_out out = { 0 };
	struct arena arena;
	struct kind_ctx ctx = { .ds = &quiet,
				.arena = &arena,
				.addr = r->addr,
				.chain = sp->name,
				.spec_dir = sp->dir,
				.places = sp->places };

	diags_init(&quiet);
	arena_init(&arena);
	for (size_t i = 0; i < r->nslots; i++)
		json_array_append_new(unknown,
				      json_string(r->slots[i].pointer));
	if (r->kind->plan && r->kind->plan(&ctx, &req, &out))
		out.costs = NULL;
	json_decref(out.attrs);
	arena_done(&arena);
	return out.costs;
}

struct bill {
	const struct resource *first; /* who pays, by address */
	struct u256 gas, wei;
};

static void
add_amount(struct u256 *sum, const json_t *cost, const char *key)
{
	struct u256 v;

	if (u256_parse(jx_str(cost, key, "0"), &v) == 0 &&
	    u256_add(sum, &v, sum))
		memset(sum, 0xff, sizeof(*sum));
}

/* What must only be owned is not spent. */
static void
add_costs(struct bill *b, const struct resource *r, const json_t *costs)
{
	size_t own = 0, n = json_array_size(costs);

	for (size_t i = 0; i < n; i++) {
		const json_t *cost = json_array_get(costs, i);

		if (jx_bool(cost, "own", false)) {
			own++;
			continue;
		}
		add_amount(&b->gas, cost, "gas");
		add_amount(&b->wei, cost, "wei");
	}
	if (!b->first && (n == 0 || own < n))
		b->first = r;
}

/* --- what is said of it -------------------------------------------------- */

/* Upwards, to two digits that are not zero. */
static void
round_up(struct u256 *v)
{
	struct u256 grain = u256_from(1), ten = u256_from(10), most, less, q;

	for (;;) {
		most = u256_from(100);
		if (u256_mul(&grain, &most, &most) || u256_cmp(v, &most) < 0)
			break;
		u256_mul(&grain, &ten, &grain);
	}
	less = u256_from(1);
	u256_sub(&grain, &less, &less);
	if (u256_add(v, &less, &q))
		return;
	u256_div(&q, &grain, &q, NULL);
	u256_mul(&q, &grain, v);
}

static void
hint(struct diags *ds, const struct bill *b)
{
	struct u256 price = u256_from(PRICE), sum;
	char gas[79], wei[96] = "", most[96];

	if (u256_mul(&b->gas, &price, &sum) || u256_add(&sum, &b->wei, &sum))
		memset(&sum, 0xff, sizeof(sum));
	if (u256_is_zero(&sum)) {
		diag_hint(ds, "set how much one apply may spend: 'limits: { "
			      "eth: AMOUNT }'");
		return;
	}
	round_up(&sum);
	u256_dec(&b->gas, gas);
	wei_format(&b->wei, wei, sizeof(wei));
	ether_format(&sum, most, sizeof(most));
	diag_hint(ds,
		  "set how much one apply may spend, such as 'limits: { eth: "
		  "%s }', which is enough for %s gas at " PRICE_TEXT "%s%s",
		  most, gas, u256_is_zero(&b->wei) ? "" : " and to send ",
		  u256_is_zero(&b->wei) ? "" : wei);
}

/* Where a limit would stand, or else what makes it needed. */
static const struct ynode *
spec_limits_place(const struct spec *sp, const struct resource *r)
{
	const struct ynode *limits = ynode_get(sp->src->top, "limits");
	const struct ynode *use = ynode_get(sp->src->top, "use");
	const char *pointer =
		arena_printf(&sp->src->scratch, "/%s", schema_chain(r->schema));
	const struct ynode *at;

	if (limits && limits->line)
		return locate(sp->src->top, "/limits");
	if (use)
		return use;
	at = locate(r->node, pointer);
	return at ? at : r->key;
}

int
spec_check_limits(const struct spec *sp, struct diags *ds)
{
	struct bill bill = { .gas = u256_from(0), .wei = u256_from(0) };

	if (jx_get(sp->limits, "eth"))
		return 0;
	for (size_t i = 0; i < sp->nres; i++) {
		const struct resource *r = &sp->res[i];
		CLEANUP(put_json) json_t *costs = NULL;

		if (!(r->kind->flags & KIND_IRREVERSIBLE) ||
		    !schema_chain(r->schema) || on_own_chain(sp, r, 0))
			continue;
		costs = costs_of(sp, r);
		add_costs(&bill, r, costs);
	}
	if (!bill.first)
		return 0;
	diag_err(ds, "E0873",
		 "'limits.eth' is missing: '%s' spends ether on a chain that "
		 "this spec does not run",
		 bill.first->addr);
	ynode_at(ds, spec_limits_place(sp, bill.first));
	hint(ds, &bill);
	return -1;
}
