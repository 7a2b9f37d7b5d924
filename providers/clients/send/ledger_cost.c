/* What the entries of a ledger cost together. */
#include "engine/io/jx.h"
#include "providers/clients/send/ledger.h"

static bool
add_product(struct u256 *sum, uint64_t gas, const struct u256 *price,
	    const struct u256 *value)
{
	struct u256 n = u256_from(gas), cost;

	return u256_mul(&n, price, &cost) || u256_add(&cost, value, &cost) ||
	       u256_add(sum, &cost, sum);
}

struct u256
ledger_dearest(const struct ledger_slot *slot)
{
	struct u256 most = u256_from(0);

	for (size_t k = 0; k < slot->nversions; k++)
		if (u256_cmp(&slot->versions[k].max_fee, &most) > 0)
			most = slot->versions[k].max_fee;
	return most;
}

/* Mined ones as paid, signed ones at their dearest: true when over. */
static bool
add_committed(const struct ledger *l, struct u256 *sum)
{
	bool over = false;

	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *s = &l->slots[i];
		struct u256 most = ledger_dearest(s);

		if (s->mined)
			over |= add_product(sum, s->gas_used, &s->price,
					    &s->tx.value);
		else if (s->nversions > 0)
			over |= add_product(sum, s->tx.gas, &most,
					    &s->tx.value);
	}
	return over;
}

struct spending {
	uint64_t chain_id;
	const char *apply;
	struct u256 sum;
};

/* Matches nothing: it is there to see every entry. */
static bool
add_entry(const struct ledger *l, void *arg)
{
	struct spending *s = arg;
	struct u256 cost = u256_from(0), reserve = u256_from(0);

	if (l->chain_id != s->chain_id ||
	    strcmp(jx_str(l->begin, "apply", ""), s->apply) != 0)
		return false;
	if (!l->ended &&
	    u256_parse(jx_str(l->begin, "reserve", "0"), &reserve) < 0)
		reserve = u256_from(0);
	if (add_committed(l, &cost) ||
	    u256_add(&s->sum, u256_cmp(&cost, &reserve) < 0 ? &reserve : &cost,
		     &s->sum))
		memset(&s->sum, 0xff, sizeof(s->sum));
	return false;
}

int
ledger_spent(const char *dir, uint64_t chain_id, const char *apply,
	     const char *except, struct u256 *out, struct diags *ds)
{
	struct spending s = { .chain_id = chain_id, .apply = apply };
	char *name = NULL;

	if (ledger_find(dir, except, add_entry, &s, &name, ds) < 0)
		return -1;
	*out = s.sum;
	return 0;
}

/* --- for people ---------------------------------------------------------- */

struct paying {
	const char *apply;
	json_t *chains;
};

static json_t *
chain_of(json_t *chains, uint64_t id)
{
	json_t *c;
	size_t i;

	json_array_foreach(chains, i, c)
		if (jx_int(c, "chain_id", 0) == (int64_t)id)
			return c;
	c = json_pack("{s:I, s:s, s:i}", "chain_id", (json_int_t)id, "wei", "0",
		      "unmined", 0);
	json_array_append_new(chains, c);
	return c;
}

/* Matches nothing, as add_entry. */
static bool
add_paid(const struct ledger *l, void *arg)
{
	struct paying *p = arg;
	struct u256 sum;
	int64_t unmined;
	char text[79];
	json_t *c;

	if (strcmp(jx_str(l->begin, "apply", ""), p->apply) != 0)
		return false;
	c = chain_of(p->chains, l->chain_id);
	unmined = jx_int(c, "unmined", 0);
	if (u256_parse(jx_str(c, "wei", "0"), &sum) < 0)
		sum = u256_from(0);
	for (size_t i = 0; i < l->nslots; i++) {
		const struct ledger_slot *s = &l->slots[i];

		if (s->mined)
			(void)add_product(&sum, s->gas_used, &s->price,
					  &s->tx.value);
		else
			unmined += s->nversions > 0;
	}
	u256_dec(&sum, text);
	json_object_set_new(c, "wei", json_string(text));
	json_object_set_new(c, "unmined", json_integer(unmined));
	return false;
}

int
ledger_paid(const char *dir, const char *apply, json_t *chains,
	    struct diags *ds)
{
	struct paying p = { .apply = apply, .chains = chains };
	char *name = NULL;

	return ledger_find(dir, NULL, add_paid, &p, &name, ds) < 0 ? -1 : 0;
}
