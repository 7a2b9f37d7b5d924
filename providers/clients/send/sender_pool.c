/* The sender: signing, sending, and what the pool does with it. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "providers/clients/send/fee_cap.h"
#include "providers/clients/send/sender_int.h"

/* In flight: 3/2 blocks of gas. */
#define GAS_BLOCKS_NUM 3
#define GAS_BLOCKS_DEN 2
/* Hex digits in one request. */
#define SEND_CHUNK (512u << 10)
/* Lost ones are looked for at least so often. */
#define MEND_MS 2000
#define DEAR_MS 3600000

/* --- send ---------------------------------------------------------------- */

static bool
sender_pool_says(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

/* Whether the node knows any form of the slot: 1, 0, or -1 when it does not
 * say. */
static int
knows_any(struct run *r, size_t i)
{
	struct ledger_slot *slot = &r->l->slots[i];

	for (size_t k = slot->nversions; k-- > 0;) {
		CLEANUP(put_json) json_t *t = NULL;

		if (rpc_call(r->s->rpc, "eth_getTransactionByHash",
			     json_pack("[o]",
				       hex_json(slot->versions[k].hash, 32)),
			     &t, NULL) != RPC_OK)
			return -1;
		if (json_is_object(t))
			return 1;
	}
	return 0;
}

/* Another transaction holds the nonce in the pool: ours, or a stranger's? Of
 * several nodes behind one URL, the one that is asked may not know ours yet. */
static int
taken(struct run *r, size_t i)
{
	int known = knows_any(r, i);

	if (known == 0)
		return run_doubt(r, i, &r->rt[i].taken_ms,
				 "the transaction with the same nonce");
	r->rt[i].taken_ms = 0;
	r->rt[i].underpriced = known > 0 && r->l->slots[i].nversions > 1;
	return 0;
}

/* Whether nothing before it is in flight. */
static bool
is_first(const struct run *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slot_is_pending(r, k))
			return false;
	return true;
}

/* A max fee that covers a block an eighth dearer; true when it overflows. */
static bool
least_fee(const struct fees *f, struct u256 *least)
{
	struct u256 eight = u256_from(8);

	u256_div(&f->base, &eight, least, NULL);
	return u256_add(least, &f->base, least) ||
	       u256_add(least, &f->priority, least);
}

/* Lowers what is offered for slot i to what the node passes on. False: at
 * today's fees that is too little. */
static bool
fits_node(const struct run *r, size_t i, struct u256 *max_fee)
{
	struct u256 least, most;

	if (u256_is_zero(&r->fee_cap))
		return true;
	if (least_fee(&r->view.fees, &least) ||
	    !fee_cap_fit(&r->fee_cap, r->l->slots[i].tx.gas, &least, &most))
		return false;
	if (u256_cmp(&most, max_fee) < 0)
		*max_fee = most;
	return true;
}

static int
over_fee_cap(struct run *r, size_t i)
{
	char fee[96], cap[96];

	gwei_round(&r->view.fees.base, true, fee, sizeof(fee));
	ether_round(&r->fee_cap, false, cap, sizeof(cap));
	diag_err(r->s->ds, "E0838",
		 "%s %zu of %zu, of %llu gas, may cost more than the %s that "
		 "the node passes on, at a base fee of %s",
		 slot_name(r, i), i + 1, r->l->nslots,
		 (unsigned long long)r->l->slots[i].tx.gas, cap, fee);
	diag_hint(r->s->ds,
		  "rerun the command when fees are lower, or with an RPC "
		  "without this cap (geth: --rpc.txfeecap=0): it continues "
		  "where it stopped");
	return run_stop(r, SEND_LATER);
}

static int
take_refusal(struct run *r, size_t i, const char *text)
{
	static const char *const known[] = { "already known",
					     "already imported",
					     "known transaction",
					     "already in" };
	static const char *const replacing[] = { "replacement" };
	static const char *const dear[] = { "underpriced",
					    "less than block base fee",
					    "max fee per gas", "fee too low" };
	static const char *const poor[] = { "insufficient funds" };
	static const char *const never[] = {
		"exceeds block gas limit", "intrinsic gas too low",
		"floor data gas",          "max initcode",
		"oversized data",          "gas limit too high"
	};

	if (sender_pool_says(text, known, COUNTOF(known)))
		return 0;
	if (sender_pool_says(text, replacing, COUNTOF(replacing)))
		return taken(r, i);
	if (sender_pool_says(text, never, COUNTOF(never)))
		return run_refused(r, i, "was rejected by the node", text);
	/* Behind others, which hold what they may cost at worst, it waits. */
	if (sender_pool_says(text, poor, COUNTOF(poor)) && is_first(r, i)) {
		diag_err(r->s->ds, "E0844", "%s %zu of %zu: %s",
			 slot_name(r, i), i + 1, r->l->nslots, text);
		diag_hint(r->s->ds, "fund the sender and rerun the command: it "
				    "continues where it stopped");
		return run_stop(r, SEND_LATER);
	}
	if (sender_pool_says(text, dear, COUNTOF(dear)))
		r->rt[i].underpriced = true;
	r->rt[i].over_cap = fee_cap_said(text, &r->fee_cap);
	/* A full pool, a gap before it, a used nonce ...: the next rounds
	 * tell, by what the chain and the pool have then. */
	free(r->last_refusal);
	r->last_refusal = xstrdup(text);
	return 0;
}

static int
send_chunk(struct run *r, const size_t *which, size_t n)
{
	struct rpc_item *items = xcalloc(n, sizeof(*items));
	enum rpc_status st;
	int rc = 0;

	for (size_t k = 0; k < n; k++) {
		/* What became of it is unknown when no answer comes. */
		r->rt[which[k]].since_block = r->view.head.number;
		items[k].method = "eth_sendRawTransaction";
		items[k].params = json_pack(
			"[s]", slot_newest(&r->l->slots[which[k]])->raw);
	}
	FAULT("sender.before_send");
	st = rpc_batch(r->s->rpc, items, n, NULL);
	FAULT("sender.sent");
	for (size_t k = 0; st == RPC_OK && rc == 0 && k < n; k++) {
		if (items[k].error)
			rc = take_refusal(
				r, which[k],
				jx_str(items[k].error, "message", ""));
	}
	rpc_items_done(items, n);
	free(items);
	/* A silent node is noticed, and waited for, by the next look. */
	return rc;
}

static int
sender_pool_send_all(struct run *r, const size_t *which, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t bytes = 0, k = 0;

		while (at + k < n && (k == 0 || bytes < SEND_CHUNK))
			bytes += strlen(
				slot_newest(&r->l->slots[which[at + k++]])
					->raw);
		if (send_chunk(r, which + at, k) < 0)
			return -1;
		at += k;
	}
	return 0;
}

/* Signs a form of the slot into the ledger; not yet synced. */
static int
sign_slot(struct run *r, size_t i, const struct u256 *max_fee,
	  const struct u256 *priority)
{
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	struct ledger_version v = { .max_fee = *max_fee,
				    .priority = *priority };
	struct tx t = r->l->slots[i].tx;
	uint64_t least = tx_intrinsic_gas(&t);
	enum rpc_status st;
	int rc;

	t.max_fee = *max_fee;
	t.priority = *priority;
	if (t.gas < least)
		t.gas = least;
	st = signer_sign(r->s->signer, &t, &raw, v.hash, r->s->ds);
	/* Whatever ails a remote signer, the next run goes on from here. */
	if (st != RPC_OK)
		return run_stop(r, send_result_of(st, SEND_LATER));
	if (raw.over) {
		diag_err(r->s->ds, "E0842", "%s %zu of %zu is too large",
			 slot_name(r, i), i + 1, r->l->nslots);
		return run_stop(r, SEND_FAILED);
	}
	v.raw = xmalloc(2 * raw.n + 3);
	v.raw[0] = '0';
	v.raw[1] = 'x';
	hex_encode(raw.p, raw.n, v.raw + 2);
	rc = ledger_raw(r->l, i, &v, r->s->ds);
	free(v.raw);
	return rc < 0 ? run_stop(r, SEND_FAILED) : 0;
}

static int
sync_ledger(struct run *r)
{
	return ledger_sync(r->l, r->s->ds) < 0 ? run_stop(r, SEND_FAILED) : 0;
}

/* --- money --------------------------------------------------------------- */

/* Gas at the highest price of a slot's newest form; value on top. */
static void
add_worst(const struct run *r, size_t i, const struct u256 *cap,
	  struct u256 *sum)
{
	const struct tx *t = &r->l->slots[i].tx;
	struct u256 gas = u256_from(t->gas), cost;

	if (u256_mul(&gas, cap, &cost) || u256_add(&cost, &t->value, &cost) ||
	    u256_add(sum, &cost, sum))
		memset(sum, 0xff, sizeof(*sum));
}

/* What the ceiling leaves for slot i at worst; all ones without a ceiling. */
static struct u256
left_for(const struct run *r, size_t i)
{
	struct u256 sum = r->others, left;

	memset(&left, 0xff, sizeof(left));
	if (u256_is_zero(&r->s->policy.ceiling))
		return left;
	for (size_t k = 0; k < r->l->nslots; k++) {
		const struct ledger_slot *slot = &r->l->slots[k];
		struct u256 used = u256_from(slot->gas_used), cost;

		if (k == i)
			continue;
		if (!slot->mined && slot->nversions > 0) {
			cost = ledger_dearest(slot);
			add_worst(r, k, &cost, &sum);
		} else if (slot->mined &&
			   (u256_mul(&used, &slot->price, &cost) ||
			    u256_add(&cost, &slot->tx.value, &cost) ||
			    u256_add(&sum, &cost, &sum))) {
			return u256_from(0);
		}
	}
	if (u256_cmp(&sum, &r->s->policy.ceiling) >= 0)
		return u256_from(0);
	u256_sub(&r->s->policy.ceiling, &sum, &left);
	return left;
}

static int
over_ceiling(struct run *r)
{
	char text[96];

	ether_format(&r->s->policy.ceiling, text, sizeof(text));
	diag_err(r->s->ds, "E0845",
		 "the next transaction could bring the cost "
		 "over the limit of %s",
		 text);
	diag_hint(r->s->ds, "increase limits.eth, or rerun the command when "
			    "fees are lower: it continues where it stopped");
	return run_stop(r, SEND_LATER);
}

/* What the apply's other entries cost, until *lock is closed; once for what is
 * signed together. */
static int
count_others(struct run *r, int *lock)
{
	const struct send_policy *p = &r->s->policy;
	CLEANUP(freep) char *dir = NULL;
	enum send_result got;
	char *slash;

	if (*lock >= 0 || u256_is_zero(&p->ceiling) || !p->apply)
		return 0;
	dir = xstrdup(r->l->path);
	slash = strrchr(dir, '/');
	if (!slash)
		return 0;
	*slash = '\0';
	got = sender_lock_ledgers(r->s, dir, lock);
	if (got == SEND_DONE &&
	    ledger_spent(dir, r->l->chain_id, p->apply, slash + 1, &r->others,
			 r->s->ds) < 0)
		got = SEND_FAILED;
	return got == SEND_DONE ? 0 : run_stop(r, got);
}

static void
unlock(int *lock)
{
	close_fdp(lock);
	*lock = -1;
}

/* Whether the ceiling lets another form of slot i cost so much; where it does
 * not, the fees become what it allows, if the chain takes that now. */
static bool
fits_ceiling(const struct run *r, size_t i, struct u256 *max_fee,
	     struct u256 *priority)
{
	const struct ledger_slot *slot = &r->l->slots[i];
	struct u256 left = left_for(r, i), worst = u256_from(0), least;
	struct u256 gas = u256_from(slot->tx.gas);
	struct send_policy p = r->s->policy;
	struct fees now = r->view.fees;

	add_worst(r, i, max_fee, &worst);
	if (u256_cmp(&worst, &left) <= 0)
		return true;
	if (u256_cmp(&left, &slot->tx.value) <= 0 || u256_is_zero(&gas) ||
	    least_fee(&now, &least))
		return false;
	u256_sub(&left, &slot->tx.value, &left);
	u256_div(&left, &gas, &p.max_fee, NULL);
	if (u256_cmp(&p.max_fee, &least) < 0)
		return false;
	if (u256_cmp(&p.max_fee, &now.cap) < 0)
		now.cap = p.max_fee;
	return fees_bump(&p, &now, slot_newest(slot), max_fee, priority);
}

/* --- mend: what the pool lost, what is stuck ----------------------------- */

static int
resend_lost(struct run *r)
{
	size_t *which = xcalloc(r->l->nslots, sizeof(*which)), n = 0, lost = 0;
	struct rpc_item *items = xcalloc(r->l->nslots, sizeof(*items));
	enum rpc_status st;
	int rc = 0;

	for (size_t i = 0; i < r->l->nslots; i++) {
		if (!slot_is_pending(r, i) ||
		    r->l->slots[i].tx.nonce < r->view.count)
			continue;
		items[n].method = "eth_getTransactionByHash";
		items[n].params = json_pack(
			"[o]",
			hex_json(slot_newest(&r->l->slots[i])->hash, 32));
		which[n++] = i;
	}
	st = n > 0 ? rpc_batch(r->s->rpc, items, n, NULL) : RPC_OK;
	for (size_t k = 0; st == RPC_OK && k < n; k++)
		if (json_is_null(items[k].result))
			which[lost++] = which[k];
	rpc_items_done(items, n);
	free(items);
	if (st == RPC_OK && lost > 0)
		rc = sender_pool_send_all(r, which, lost);
	free(which);
	return rc;
}

static bool
is_stuck(const struct run *r, size_t i, bool first)
{
	unsigned most = r->s->policy.stuck_blocks;
	const struct ledger_version *v = slot_newest(&r->l->slots[i]);

	if (r->rt[i].underpriced)
		return true;
	if (r->view.head.number - r->rt[i].since_block < (most ? most : 5))
		return false;
	return first || u256_cmp(&v->max_fee, &r->view.fees.base) < 0;
}

int
run_replace(struct run *r, const size_t *which, size_t n)
{
	CLEANUP(close_fdp) int lock = -1;
	int rc = count_others(r, &lock);

	for (size_t k = 0; rc == 0 && k < n; k++) {
		const struct ledger_version old =
			*slot_newest(&r->l->slots[which[k]]);
		struct u256 max_fee, priority;

		if (!fees_bump(&r->s->policy, &r->view.fees, &old, &max_fee,
			       &priority)) {
			max_fee = old.max_fee;
			priority = old.priority;
		}
		if (!fits_ceiling(r, which[k], &max_fee, &priority))
			return over_ceiling(r);
		rc = sign_slot(r, which[k], &max_fee, &priority);
	}
	if (rc == 0)
		rc = sync_ledger(r);
	unlock(&lock);
	return rc == 0 ? sender_pool_send_all(r, which, n) : rc;
}

/* A dearer form, under the same nonce: 1 signed, 0 it is not allowed, -1. */
static int
bump(struct run *r, size_t i, int *lock)
{
	struct u256 max_fee, priority, most;

	if (!fees_bump(&r->s->policy, &r->view.fees,
		       slot_newest(&r->l->slots[i]), &max_fee, &priority))
		return 0;
	most = max_fee;
	if (!fits_node(r, i, &most) || u256_cmp(&most, &max_fee) < 0)
		return 0;
	if (count_others(r, lock) < 0)
		return -1;
	if (!fits_ceiling(r, i, &max_fee, &priority))
		return 0;
	r->rt[i].underpriced = false;
	return sign_slot(r, i, &max_fee, &priority) < 0 ? -1 : 1;
}

/* A cheaper one, of what the node did not take: no pool has the other. */
static int
lower(struct run *r, size_t i, bool first)
{
	struct u256 max_fee = slot_newest(&r->l->slots[i])->max_fee;
	struct u256 old = max_fee, priority = r->view.fees.priority;

	if (!fits_node(r, i, &max_fee) || u256_cmp(&max_fee, &old) >= 0)
		return first ? over_fee_cap(r, i) : 0;
	r->rt[i].over_cap = false;
	return sign_slot(r, i, &max_fee, &priority) < 0 ? -1 : 1;
}

/* Another form of what does not get mined. */
static int
bump_stuck(struct run *r)
{
	size_t *which = xcalloc(r->l->nslots, sizeof(*which)), n = 0;
	CLEANUP(close_fdp) int lock = -1;
	bool first = true;
	int rc = 0;

	for (size_t i = 0; i < r->l->nslots && rc >= 0; i++) {
		if (!slot_is_pending(r, i))
			continue;
		rc = 0;
		if (r->rt[i].over_cap) {
			rc = lower(r, i, first);
		} else if (is_stuck(r, i, first)) {
			rc = bump(r, i, &lock);
			if (rc == 0)
				r->waits_for = "lower fees";
		}
		if (rc > 0)
			which[n++] = i;
		first = false;
	}
	rc = rc < 0 ? -1 : 0;
	if (rc == 0 && n > 0)
		rc = sync_ledger(r);
	unlock(&lock);
	if (rc == 0 && n > 0)
		rc = sender_pool_send_all(r, which, n);
	free(which);
	return rc;
}

int
run_mend(struct run *r)
{
	uint64_t now = mono_ms();

	if (!r->new_head && now - r->mended_ms < MEND_MS)
		return 0;
	r->mended_ms = now;
	return resend_lost(r) < 0 ? -1 : bump_stuck(r);
}

/* --- fill: the next ones ------------------------------------------------- */

/* The price to offer for slot i, which is alone in flight. Where there is not
 * money for much dearer blocks, one that is an eighth dearer will do. */
static struct u256
cap_within(const struct run *r, size_t i, const struct u256 *money)
{
	const struct fees *f = &r->view.fees;
	const struct tx *t = &r->l->slots[i].tx;
	struct u256 least, gas = u256_from(t->gas), cap;

	if (u256_cmp(money, &t->value) <= 0 || u256_is_zero(&gas) ||
	    least_fee(f, &least))
		return f->cap;
	u256_sub(money, &t->value, &cap);
	u256_div(&cap, &gas, &cap, NULL);
	return u256_cmp(&cap, &least) < 0 || u256_cmp(&cap, &f->cap) > 0
		       ? f->cap
		       : cap;
}

/* Is all before slot i mined for good, so that its cost is known? */
static bool
is_settled(const struct run *r, size_t i)
{
	while (i > 0 && r->l->slots[i - 1].mined)
		i--;
	return i == 0;
}

/* What is in flight. */
struct flight {
	size_t n;
	uint64_t gas;
	struct u256 worst; /* what all of it may cost */
};

static struct flight
in_flight(const struct run *r)
{
	struct flight f = { 0 };

	for (size_t i = 0; i < r->l->nslots; i++) {
		if (!slot_is_pending(r, i))
			continue;
		f.n++;
		f.gas += r->l->slots[i].tx.gas;
		add_worst(r, i, &slot_newest(&r->l->slots[i])->max_fee,
			  &f.worst);
	}
	return f;
}

/* Whether slot i has room beside what is in flight: for one there always is. A
 * pool takes only what the balance covers at worst. */
static bool
has_room(const struct run *r, size_t i, const struct flight *f)
{
	unsigned window = r->s->policy.window ? r->s->policy.window : 64;
	uint64_t room =
		r->view.head.gas_limit / GAS_BLOCKS_DEN * GAS_BLOCKS_NUM;
	struct u256 worst = f->worst;

	if (f->n == 0)
		return true;
	add_worst(r, i, &r->view.fees.cap, &worst);
	return f->n < window && f->gas + r->l->slots[i].tx.gas <= room &&
	       u256_cmp(&worst, &r->view.balance) <= 0;
}

/* Signs as many new ones from slot i on as fit; the count goes to *n. */
static int
sign_new(struct run *r, size_t i, size_t *which, size_t *n, int *lock)
{
	struct flight f = in_flight(r);

	for (; i < r->l->nslots; i++) {
		int known = run_measure(r, i, f.n > 0);
		struct u256 cap, worst = u256_from(0), left;

		if (known <= 0)
			return known;
		if (!has_room(r, i, &f))
			break;
		if (count_others(r, lock) < 0)
			return -1;
		left = left_for(r, i);
		cap = f.n > 0 ? r->view.fees.cap
			      : cap_within(r, i,
					   u256_cmp(&left, &r->view.balance) < 0
						   ? &left
						   : &r->view.balance);
		if (!fits_node(r, i, &cap)) {
			if (f.n == 0)
				return over_fee_cap(r, i);
			break;
		}
		add_worst(r, i, &cap, &worst);
		/* What is still to be confirmed counts at worst. */
		if (u256_cmp(&worst, &left) > 0)
			return is_settled(r, i) ? over_ceiling(r) : 0;
		if (sign_slot(r, i, &cap, &r->view.fees.priority) < 0)
			return -1;
		which[(*n)++] = i;
		f.n++;
		f.gas += r->l->slots[i].tx.gas;
		add_worst(r, i, &cap, &f.worst);
	}
	return 0;
}

/* Fees are over the limits: nothing new is sent, for a time. */
static int
wait_cheaper(struct run *r)
{
	const struct send_policy *p = &r->s->policy;
	uint64_t now = mono_ms(), most = p->dear_ms ? p->dear_ms : DEAR_MS;
	const struct u256 *limit = &p->max_base_fee;
	char have[96], want[96], left[64];

	if (u256_is_zero(limit) ||
	    (!u256_is_zero(&p->max_fee) && u256_cmp(&p->max_fee, limit) < 0))
		limit = &p->max_fee;
	gwei_round(&r->view.fees.base, true, have, sizeof(have));
	gwei_round(limit, false, want, sizeof(want));
	if (!r->dear_ms)
		r->dear_ms = now;
	r->news_ms = now;
	if (now - r->dear_ms >= most) {
		diag_err(r->s->ds, "E0881",
			 "the base fee is %s, over the limit of %s for too "
			 "long",
			 have, want);
		diag_hint(r->s->ds,
			  "increase limits.max_base_fee or max_fee, or rerun "
			  "the command later: it continues where it stopped");
		return run_stop(r, SEND_LATER);
	}
	duration_format((most - (now - r->dear_ms)) / 1000 * 1000, left,
			sizeof(left));
	(void)snprintf(r->waits_text, sizeof(r->waits_text),
		       "a base fee of %s or less, now %s; gives up in %s", want,
		       have, left);
	r->waits_for = r->waits_text;
	return 0;
}

int
run_fill(struct run *r)
{
	CLEANUP(close_fdp) int lock = -1;
	size_t *which, first = 0, n = 0;
	int rc;

	if (r->view.fees.too_dear)
		return wait_cheaper(r);
	r->dear_ms = 0;
	while (first < r->l->nslots && r->l->slots[first].nversions > 0)
		first++;
	if (first == r->l->nslots || run_fork_is_near(r))
		return 0;
	which = xcalloc(r->l->nslots, sizeof(*which));
	rc = sign_new(r, first, which, &n, &lock);
	if (rc == 0 && n > 0)
		rc = sync_ledger(r);
	unlock(&lock);
	if (rc == 0 && n > 0)
		rc = sender_pool_send_all(r, which, n);
	free(which);
	return rc;
}
