/* What the accounts of a plan need, own and lack. */
#include "cmd/opl2/funds.h"

#include "cmd/opl2/view.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"

static struct u256
amount(const json_t *o, const char *key)
{
	struct u256 v;

	return u256_parse(jx_str(o, key, "0"), &v) < 0 ? u256_from(0) : v;
}

static json_t *
amount_json(const struct u256 *v)
{
	char text[79];

	u256_dec(v, text);
	return json_string(text);
}

/* --- whose money it is --------------------------------------------------- */

/* The key resource whose attribute is that value, after the plan or before. */
static const struct change *
find_key(const struct plan *p, const char *attr, const json_t *value)
{
	for (size_t i = 0; value && i < p->nchanges; i++) {
		const struct change *c = &p->changes[i];

		if (strcmp(c->kind, "key") == 0 &&
		    json_equal(json_object_get(c->attrs, attr), value))
			return c;
	}
	return NULL;
}

/* NULL while the key is not made. */
static const json_t *
address_of(const struct plan *p, const json_t *cost)
{
	const json_t *address = jx_get(cost, "address");
	const struct change *key;

	if (address)
		return address;
	key = find_key(p, "private_key", jx_get(cost, "from"));
	return key ? jx_get(key->attrs, "address") : NULL;
}

/* The name of the key, or what the kind calls who pays. */
static const char *
role_name(const struct plan *p, const json_t *address, const json_t *cost)
{
	const struct change *key = find_key(p, "address", address);

	return key ? strchr(key->addr, '.') + 1 : jx_str(cost, "role", "");
}

/* --- what the plan says -------------------------------------------------- */

/* The question to the chain that a cost is paid on. */
static json_t *
question_for(json_t *questions, const json_t *cost)
{
	const json_t *rpc = jx_get(cost, "rpc");
	int64_t id = jx_int(cost, "chain_id", 0);
	json_t *q;

	for (size_t i = 0; i < json_array_size(questions); i++) {
		q = json_array_get(questions, i);
		if (json_equal(jx_get(q, "rpc"), rpc) &&
		    jx_int(q, "chain_id", 0) == id)
			return q;
	}
	q = json_pack("{s:o, s:I, s:[]}", "rpc", jx_share(rpc), "chain_id",
		      (json_int_t)id, "wants");
	json_array_append_new(questions, q);
	return q;
}

static json_t *
questions_of(const struct plan *p)
{
	json_t *questions = json_array();

	for (size_t i = 0; i < p->nchanges; i++) {
		const json_t *costs = p->changes[i].costs;

		for (size_t k = 0; k < json_array_size(costs); k++) {
			const json_t *cost = json_array_get(costs, k);
			const json_t *address = address_of(p, cost);
			json_t *want;

			if (!jx_get(cost, "rpc") || !address)
				continue;
			want = json_copy((json_t *)(uintptr_t)cost);
			json_object_set_new(want, "address", jx_share(address));
			json_object_set_new(
				want, "role",
				json_string(role_name(p, address, cost)));
			json_array_append_new(
				json_object_get(question_for(questions, cost),
						"wants"),
				want);
		}
	}
	return questions;
}

/* --- the answers --------------------------------------------------------- */

static json_t *
account_for(json_t *accounts, const json_t *answer, const json_t *want)
{
	const char *address = jx_str(want, "address", "");
	json_t *a;

	for (size_t i = 0; i < json_array_size(accounts); i++) {
		a = json_array_get(accounts, i);
		if (strcmp(jx_str(a, "address", ""), address) == 0)
			return a;
	}
	a = json_pack("{s:s, s:s, s:s, s:o}", "role", jx_str(want, "role", ""),
		      "address", address, "needs", "0", "has",
		      jx_share(jx_get(answer, "has")));
	json_array_append_new(accounts, a);
	return a;
}

/* What is spent adds up; what must be owned at the start is spent of. */
static void
add_need(json_t *account, const json_t *answer, const json_t *cost)
{
	struct u256 needs = amount(account, "needs");
	struct u256 more = amount(answer, "needs");

	if (jx_bool(cost, "own", false)) {
		if (u256_cmp(&more, &needs) > 0)
			needs = more;
	} else if (u256_add(&needs, &more, &needs)) {
		memset(&needs, 0xff, sizeof(needs));
	}
	json_object_set_new(account, "needs", amount_json(&needs));
}

static void
set_missing(struct session *s, json_t *account)
{
	struct u256 needs = amount(account, "needs");
	struct u256 has = amount(account, "has"), missing = u256_from(0);
	char text[96];

	if (u256_cmp(&needs, &has) > 0) {
		u256_sub(&needs, &has, &missing);
		wei_format(&missing, text, sizeof(text));
		diag_warn(&s->c->ds, "W0883", "%s %s lacks %s",
			  jx_str(account, "role", ""),
			  jx_str(account, "address", ""), text);
	}
	json_object_set_new(account, "missing", amount_json(&missing));
}

static void
check_limit(struct session *s, json_t *chain, const struct u256 *spent)
{
	const json_t *limits = s->c->spec ? s->c->spec->limits : NULL;
	struct u256 most = amount(limits, "eth");
	char have[96], want[96];

	if (u256_is_zero(&most))
		return;
	json_object_set_new(chain, "limit", amount_json(&most));
	if (u256_cmp(spent, &most) <= 0)
		return;
	wei_format(spent, want, sizeof(want));
	wei_format(&most, have, sizeof(have));
	diag_warn(&s->c->ds, "W0884",
		  "what is planned costs about %s, over the limit of %s", want,
		  have);
}

static json_t *
chain_funds(struct session *s, const json_t *question, const json_t *answer)
{
	const json_t *wants = jx_get(question, "wants");
	const json_t *got = jx_get(answer, "wants");
	json_t *accounts = json_array(), *chain;
	struct u256 spent = u256_from(0);
	bool estimate = false;
	size_t pass, i;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < json_array_size(wants); i++) {
			const json_t *cost = json_array_get(wants, i);
			const json_t *a = json_array_get(got, i);
			bool own = jx_bool(cost, "own", false);
			struct u256 needs = amount(a, "needs");

			if (own != (pass == 1))
				continue;
			add_need(account_for(accounts, a, cost), a, cost);
			estimate |= jx_bool(cost, "estimate", false);
			if (!own && u256_add(&spent, &needs, &spent))
				memset(&spent, 0xff, sizeof(spent));
		}
	for (i = 0; i < json_array_size(accounts); i++)
		set_missing(s, json_array_get(accounts, i));
	chain = json_pack("{s:O, s:O, s:b, s:o}", "chain_id",
			  jx_get(answer, "chain_id"), "price",
			  jx_get(answer, "price"), "estimate", estimate,
			  "accounts", accounts);
	check_limit(s, chain, &spent);
	return chain;
}

static json_t *
funds_of_plan(struct session *s)
{
	CLEANUP(put_json) json_t *questions = questions_of(s->plan);
	size_t n = json_array_size(questions);
	CLEANUP(diags_done) struct diags quiet;
	struct action_call *calls;
	json_t *out = json_array();

	diags_init(&quiet);
	if (n == 0 || s->ro.no_refresh)
		return out;
	calls = xcalloc(n, sizeof(*calls));
	for (size_t i = 0; i < n; i++) {
		calls[i].name = "funds";
		calls[i].args = json_array_get(questions, i);
		diags_init(&calls[i].ds);
	}
	/* A chain that does not answer is told by the plan itself. */
	(void)run_actions(s->run, calls, n, &quiet);
	for (size_t i = 0; i < n; i++) {
		if (calls[i].ok)
			json_array_append_new(
				out,
				chain_funds(s, json_array_get(questions, i),
					    calls[i].answer));
		diags_done(&calls[i].ds);
		json_decref(calls[i].answer);
	}
	free(calls);
	return out;
}

void
funds_show(struct session *s)
{
	CLEANUP(put_json) json_t *funds = funds_of_plan(s);

	s->c->view->ops->funds(s->c->view, funds);
}
