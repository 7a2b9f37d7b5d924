/* What the accounts of a plan need, own and lack. */
#include "cmd/opl2/run/funds.h"

#include "cmd/opl2/run/accounts.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

static struct u256
funds_amount(const json_t *o, const char *key)
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

/* The plan, and whose accounts its keys are (accounts.h). */
struct book {
	const struct plan *p;
	const json_t *accounts;
};

/* An account, perhaps of a key that is only to be made. */
struct who {
	const json_t *address;    /* NULL: not known yet */
	const struct change *key; /* or NULL */
};

static const json_t *
funds_address_of(const struct book *b, const struct change *key)
{
	return jx_get(jx_get(b->accounts, key->addr), "address");
}

/* The key that a field of the change refers to. */
static const struct change *
key_at(const struct book *b, const struct change *c, const char *pointer)
{
	for (size_t i = 0; c->res && i < c->res->nslots; i++) {
		const struct slot *s = &c->res->slots[i];
		const struct ref *ref = s->nparts == 1 ? s->parts[0].ref : NULL;
		const struct change *key =
			ref && strcmp(s->pointer, pointer) == 0
				? plan_find(b->p, ref->addr)
				: NULL;

		if (key && strcmp(key->kind, "key") == 0)
			return key;
	}
	return NULL;
}

static const struct change *
key_of(const struct book *b, const json_t *address)
{
	for (size_t i = 0; address && i < b->p->nchanges; i++) {
		const struct change *c = &b->p->changes[i];

		if (strcmp(c->kind, "key") == 0 &&
		    json_equal(funds_address_of(b, c), address))
			return c;
	}
	return NULL;
}

static struct who
who_at(const struct book *b, const struct change *c, const char *pointer)
{
	struct who w = { .key = pointer ? key_at(b, c, pointer) : NULL };

	if (w.key)
		w.address = funds_address_of(b, w.key);
	else if (pointer && json_is_string(jx_at(c->config, pointer)))
		w.address = jx_at(c->config, pointer);
	if (!w.key)
		w.key = key_of(b, w.address);
	return w;
}

static struct who
payer(const struct book *b, const struct change *c, const json_t *cost)
{
	struct who w = { .address = jx_get(cost, "address") };

	if (!w.address)
		return who_at(b, c, jx_str(cost, "at", NULL));
	w.key = key_of(b, w.address);
	return w;
}

/* What helps the account to more money: the spec says it where it says what the
 * account must own. */
static const char *
remedy(const struct book *b, const struct who *w)
{
	for (size_t i = 0; w->key && i < b->p->nchanges; i++) {
		const struct change *c = &b->p->changes[i];
		const char *text = jx_str(c->config, "remedy", NULL);

		if (text && strcmp(c->kind, "balance") == 0 &&
		    key_at(b, c, "/address") == w->key)
			return text;
	}
	return NULL;
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

static void
keep(json_t *to, const json_t *from, const char *key)
{
	if (jx_get(from, key))
		json_object_set_new(to, key, jx_share(jx_get(from, key)));
}

/* One row of the question: of the cost, or of what its receiver gets. */
static void
add_want(json_t *questions, const struct book *b, const json_t *cost,
	 const struct who *w, bool gets)
{
	const char *role = w->key ? strchr(w->key->addr, '.') + 1
				  : jx_str(cost, "role", "");
	const char *help = remedy(b, w);
	json_t *want;

	if (!w->address && !w->key)
		return;
	want = json_object();
	json_object_set_new(want, "role", json_string(role));
	if (w->address)
		json_object_set_new(want, "address", jx_share(w->address));
	else
		json_object_set_new(
			want, "pending",
			json_string(jx_str(jx_get(b->accounts, w->key->addr),
					   "pending", "not read yet")));
	if (help)
		json_object_set_new(want, "remedy", json_string(help));
	if (gets) {
		json_object_set_new(want, "gets",
				    jx_share(jx_get(cost, "wei")));
	} else {
		json_object_set_new(want, "gas",
				    json_string(jx_str(cost, "gas", "0")));
		json_object_set_new(want, "wei",
				    json_string(jx_str(cost, "wei", "0")));
		keep(want, cost, "largest");
		keep(want, cost, "bonds");
		json_object_set_new(want, "own",
				    json_boolean(jx_bool(cost, "own", false)));
		json_object_set_new(
			want, "estimate",
			json_boolean(jx_bool(cost, "estimate", false)));
	}
	json_array_append_new(
		json_object_get(question_for(questions, cost), "wants"), want);
}

static json_t *
questions_of(const struct book *b)
{
	json_t *questions = json_array();

	for (size_t i = 0; i < b->p->nchanges; i++) {
		const struct change *c = &b->p->changes[i];

		for (size_t k = 0; k < json_array_size(c->costs); k++) {
			const json_t *cost = json_array_get(c->costs, k);
			struct who w = payer(b, c, cost);

			if (!jx_get(cost, "rpc") ||
			    plan_new_chain(b->p, c, jx_get(cost, "rpc")))
				continue;
			add_want(questions, b, cost, &w, false);
			w = who_at(b, c, jx_str(cost, "to", NULL));
			add_want(questions, b, cost, &w, true);
		}
	}
	return questions;
}

/* --- the answers --------------------------------------------------------- */

/* By address, or by role while there is none; NULL when there is no row. */
static json_t *
find_account(json_t *accounts, const json_t *want)
{
	const char *key = jx_get(want, "address") ? "address" : "role";

	for (size_t i = 0; i < json_array_size(accounts); i++) {
		json_t *a = json_array_get(accounts, i);

		if (json_equal(jx_get(a, key), jx_get(want, key)))
			return a;
	}
	return NULL;
}

static json_t *
account_for(json_t *accounts, const json_t *answer, const json_t *want)
{
	json_t *a = find_account(accounts, want);
	const char *why = jx_str(want, "pending", NULL);

	if (a)
		return a;
	a = json_pack("{s:s, s:s, s:s*, s:s*}", "role",
		      jx_str(want, "role", ""), "needs", "0", "pending", why,
		      "remedy", jx_str(want, "remedy", NULL));
	if (!why) {
		json_object_set(a, "address", json_object_get(want, "address"));
		json_object_set_new(a, "has", jx_share(jx_get(answer, "has")));
	} else if (strcmp(why, "not made yet") == 0) {
		json_object_set_new(a, "has", json_string("0"));
	}
	json_array_append_new(accounts, a);
	return a;
}

static void
add_amount(json_t *account, const char *key, const struct u256 *more)
{
	struct u256 sum = funds_amount(account, key);

	if (u256_add(&sum, more, &sum))
		memset(&sum, 0xff, sizeof(sum));
	json_object_set_new(account, key, amount_json(&sum));
}

/* What is spent adds up; what must be owned at the start is spent of. */
static void
add_need(json_t *account, const json_t *answer, const json_t *want)
{
	struct u256 needs = funds_amount(account, "needs");
	struct u256 more = funds_amount(answer, "needs");

	if (!jx_bool(want, "own", false)) {
		add_amount(account, "needs", &more);
		add_amount(account, "spends", &more);
	} else if (u256_cmp(&more, &needs) > 0) {
		json_object_set_new(account, "needs", amount_json(&more));
	}
}

/* What this plan itself sends to the account is there when it is needed. */
static void
set_missing(struct session *s, json_t *account)
{
	struct u256 needs = funds_amount(account, "needs");
	struct u256 has = funds_amount(account, "has"), missing = u256_from(0);
	struct u256 gets = funds_amount(account, "gets");
	const char *help = jx_str(account, "remedy", NULL);
	char text[96];

	if (!jx_get(account, "has"))
		return;
	if (!u256_add(&has, &gets, &has) && u256_cmp(&needs, &has) > 0) {
		u256_sub(&needs, &has, &missing);
		ether_round(&missing, true, text, sizeof(text));
		diag_warn(&s->c->ds, "W0883", "%s (%s) needs %s more",
			  jx_str(account, "role", ""),
			  jx_str(account, "address",
				 jx_str(account, "pending", "")),
			  text);
		diag_hint(&s->c->ds, "%s%s%s",
			  jx_get(account, "address")
				  ? "send it there, before apply or while it "
				    "builds"
				  : "'opl2 apply -target=key' creates the key, "
				    "then send it there",
			  help ? "; " : "", help ? help : "");
	}
	json_object_set_new(account, "missing", amount_json(&missing));
}

/* Its own money must last until the first one comes back. */
static void
check_bonds(struct session *s, const json_t *account)
{
	const json_t *bonds = jx_get(account, "bonds");
	struct u256 needs = funds_amount(account, "needs");
	struct u256 held = funds_amount(bonds, "at_once");
	const char *help = jx_str(account, "remedy", NULL);
	char own[96], most[96];

	if (u256_cmp(&held, &needs) <= 0)
		return;
	ether_round(&needs, false, own, sizeof(own));
	ether_round(&held, true, most, sizeof(most));
	diag_warn(&s->c->ds, "W0829",
		  "bonds of %s hold up to %s at once, and it must own only %s",
		  jx_str(account, "role", ""), most, own);
	diag_hint(&s->c->ds, "let it own more, or pay them less often%s%s",
		  help ? "; " : "", help ? help : "");
}

static void
check_limit(struct session *s, json_t *chain, const struct u256 *spent)
{
	const json_t *limits = s->c->spec ? s->c->spec->limits : NULL;
	struct u256 most = funds_amount(limits, "eth");
	char have[96], want[96];

	if (u256_is_zero(&most))
		return;
	json_object_set_new(chain, "limit", amount_json(&most));
	if (u256_cmp(spent, &most) <= 0)
		return;
	ether_round(spent, true, want, sizeof(want));
	ether_format(&most, have, sizeof(have));
	diag_warn(&s->c->ds, "W0884",
		  "the plan costs about %s, more than the limit of %s", want,
		  have);
	diag_hint(&s->c->ds, "increase limits.eth, or set limits.max_base_fee "
			     "and wait for lower fees");
}

/* By which limits a transaction waits, and how long. */
static void
add_gate(struct session *s, json_t *chain)
{
	static const char *const keys[] = { "max_base_fee", "max_fee" };
	const json_t *limits = s->c->spec ? s->c->spec->limits : NULL;
	bool any = false;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		struct u256 v = funds_amount(limits, keys[i]);

		if (u256_is_zero(&v))
			continue;
		json_object_set_new(chain, keys[i], amount_json(&v));
		any = true;
	}
	if (any)
		json_object_set_new(
			chain, "fee_wait",
			json_string(jx_str(limits, "fee_wait", "1h")));
}

/* Nodes refuse what may cost more than a cap of theirs. */
static void
check_fee_cap(struct session *s, const json_t *want, const json_t *answer)
{
	struct u256 below = funds_amount(answer, "fits_below");
	char text[96];

	if (!jx_get(answer, "fits_below"))
		return;
	gwei_round(&below, false, text, sizeof(text));
	diag_warn(&s->c->ds, "W0839",
		  "a transaction of %s needs up to %s gas: most nodes pass it "
		  "on only at a base fee of %s or less",
		  jx_str(want, "role", ""), jx_str(want, "largest", ""), text);
	diag_hint(
		&s->c->ds,
		"set limits.max_base_fee to that, so that apply waits for "
		"it, or use an RPC without this cap (geth: --rpc.txfeecap=0)");
}

/* Adds up what is spent, then what has to be owned, then what is got. */
enum pass { SPENT, OWNED, GOT };

static enum pass
pass_of(const json_t *want)
{
	if (jx_get(want, "gets"))
		return GOT;
	return jx_bool(want, "own", false) ? OWNED : SPENT;
}

static void
add_row(json_t *accounts, const json_t *want, const json_t *answer)
{
	struct u256 gets = funds_amount(want, "gets");
	json_t *a;

	if (pass_of(want) != GOT) {
		a = account_for(accounts, answer, want);
		add_need(a, answer, want);
		keep(a, want, "bonds");
		return;
	}
	a = find_account(accounts, want);
	if (a)
		add_amount(a, "gets", &gets);
}

static json_t *
chain_funds(struct session *s, const json_t *question, const json_t *answer)
{
	const json_t *wants = jx_get(question, "wants");
	const json_t *got = jx_get(answer, "wants");
	json_t *accounts = json_array(), *chain;
	struct u256 spent = u256_from(0);
	bool estimate = false;

	for (enum pass pass = SPENT; pass <= GOT; pass++)
		for (size_t i = 0; i < json_array_size(wants); i++) {
			const json_t *want = json_array_get(wants, i);
			const json_t *a = json_array_get(got, i);
			struct u256 needs = funds_amount(a, "needs");

			if (pass_of(want) != pass)
				continue;
			add_row(accounts, want, a);
			check_fee_cap(s, want, a);
			estimate |= jx_bool(want, "estimate", false);
			if (pass == SPENT && u256_add(&spent, &needs, &spent))
				memset(&spent, 0xff, sizeof(spent));
		}
	for (size_t i = 0; i < json_array_size(accounts); i++) {
		set_missing(s, json_array_get(accounts, i));
		check_bonds(s, json_array_get(accounts, i));
	}
	chain = json_pack("{s:O, s:O, s:O, s:O, s:O, s:b, s:o, s:o}",
			  "chain_id", jx_get(answer, "chain_id"), "price",
			  jx_get(answer, "price"), "base_fee",
			  jx_get(answer, "base_fee"), "tip",
			  jx_get(answer, "tip"), "waits",
			  jx_get(answer, "waits"), "estimate", estimate,
			  "spends", amount_json(&spent), "accounts", accounts);
	add_gate(s, chain);
	check_limit(s, chain, &spent);
	return chain;
}

static bool
spends(const struct plan *p)
{
	for (size_t i = 0; i < p->nchanges; i++)
		if (json_array_size(p->changes[i].costs) > 0)
			return true;
	return false;
}

static json_t *
funds_of_plan(struct session *s)
{
	CLEANUP(put_json) json_t *accounts = NULL, *questions = NULL;
	CLEANUP(diags_done) struct diags quiet;
	struct action_call *calls;
	json_t *out = json_array();
	size_t n;

	diags_init(&quiet);
	if (s->ro.no_refresh || !spends(s->plan))
		return out;
	accounts = plan_accounts(s->run, s->plan);
	questions = questions_of(
		&(struct book){ .p = s->plan, .accounts = accounts });
	n = json_array_size(questions);
	if (n == 0)
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

void
funds_spent(struct session *s)
{
	CLEANUP(put_json) json_t *args = json_object();
	CLEANUP(diags_done) struct diags quiet;
	struct action_call call = { .name = "spent", .args = args };
	const json_t *limits = s->c->spec ? s->c->spec->limits : NULL;
	struct u256 most = funds_amount(limits, "eth");
	json_t *c, *chains;
	size_t i;

	diags_init(&quiet);
	if (!spends(s->plan))
		return;
	diags_init(&call.ds);
	/* Nothing depends on it: the ledger has it. */
	(void)run_actions(s->run, &call, 1, &quiet);
	chains = call.ok ? json_object_get(call.answer, "chains") : NULL;
	json_array_foreach(chains, i, c)
		if (!u256_is_zero(&most))
			json_object_set_new(c, "limit", amount_json(&most));
	s->c->view->ops->spent(s->c->view, chains);
	diags_done(&call.ds);
	json_decref(call.answer);
}
