#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "providers/lib/abi.h"
#include "providers/lib/sender_int.h"

/*
 * Sending a ledger entry. How it works: one loop of look, settle, mend, fill,
 * wait. A slot is
 *
 *   new      never signed
 *   pending  signed, its nonce not used on the chain
 *   seen     a receipt is there, not yet as deep as asked for
 *   mined    recorded in the ledger
 *
 * Nothing else is remembered between rounds but how long things take, so a
 * run that begins with a half-sent entry is no special case.
 */

#define GAS_BLOCKS_NUM 3 /* in flight: 3/2 blocks of gas */
#define GAS_BLOCKS_DEN 2
#define SEND_CHUNK     (512u << 10) /* hex digits in one request */
#define MEND_MS        2000         /* look for lost ones at least so often */
#define MISSING_MS     15000        /* a nonce is used, but by none of ours */
#define SAY_MS         5000

struct slot_rt {
	bool seen;
	bool underpriced;     /* the node wants more */
	uint64_t since_block; /* of the newest form's sending */
	uint64_t missing_ms;  /* since when no receipt explains its nonce */
};

struct run {
	const struct sender *s;
	struct ledger *l;
	struct slot_rt *rt;
	struct chain_view view;
	bool looked, new_head;
	uint64_t block_ms;
	uint64_t news_ms, said_ms, mended_ms, silent_ms;
	size_t mined;
	char *last_refusal;      /* the node's words, or NULL */
	enum send_result result; /* when a step returns -1 */
	const char *waits_for;   /* for people */
};

static int
stop(struct run *r, enum send_result result)
{
	r->result = result;
	return -1;
}

static uint64_t
patience(const struct run *r)
{
	unsigned ms = r->s->policy.patience_ms;

	return ms ? ms : 180000;
}

static bool
is_pending(const struct run *r, size_t i)
{
	const struct ledger_slot *slot = &r->l->slots[i];

	return slot->nversions > 0 && !slot->mined && !r->rt[i].seen;
}

static struct ledger_version *
newest(const struct ledger_slot *slot)
{
	return &slot->versions[slot->nversions - 1];
}

/* --- look ---------------------------------------------------------------- */

static void
took_head(struct run *r, const struct chain_view *v)
{
	if (r->looked && v->head > r->view.head && v->time > r->view.time)
		r->block_ms = (v->time - r->view.time) * 1000 /
			      (v->head - r->view.head);
	r->new_head = !r->looked || v->head != r->view.head;
	for (size_t i = 0; !r->looked && i < r->l->nslots; i++)
		r->rt[i].since_block = v->head;
	r->looked = true;
	r->view = *v;
	r->silent_ms = 0;
	/* A reorganisation, or a chain restored from an older copy. */
	for (size_t i = 0; i < r->l->nslots; i++) {
		struct ledger_slot *slot = &r->l->slots[i];

		if (slot->tx.nonce < v->count)
			continue;
		r->rt[i].seen = false;
		if (slot->mined) {
			ledger_unmine(r->l, i);
			r->mined--;
		}
	}
}

/* 1: looked, 0: not this time, -1. */
static int
look(struct run *r)
{
	struct diags quiet;
	struct chain_view v;
	enum rpc_status st;
	int rc = 0;

	diags_init(&quiet);
	st = look_at_chain(r->s, r->l->from, &v, &quiet);
	if (st == RPC_OK) {
		took_head(r, &v);
		rc = 1;
	} else if (st == RPC_CANCELLED) {
		diags_append(r->s->ds, &quiet);
		rc = stop(r, SEND_CANCELLED);
	} else {
		uint64_t now = mono_ms();

		if (!r->silent_ms)
			r->silent_ms = now;
		r->waits_for = "the node to answer";
		if (now - r->silent_ms >= patience(r)) {
			diags_append(r->s->ds, &quiet);
			rc = stop(r, SEND_UNREACHABLE);
		}
	}
	diags_done(&quiet);
	return rc;
}

/* --- settle -------------------------------------------------------------- */

static const char *
slot_name(const struct run *r, size_t i)
{
	const char *name = r->l->slots[i].name;

	return name ? name : "transaction";
}

static int
foreign(struct run *r, size_t i)
{
	char addr[43];

	eip55(r->l->from, addr);
	diag_err(r->s->ds, "E0843",
		 "nonce %llu of %s was used by a "
		 "transaction that is not in the ledger",
		 (unsigned long long)r->l->slots[i].tx.nonce, addr);
	diag_hint(r->s->ds,
		  "find out on a block explorer who else has the "
		  "key; the ledger is '%s'",
		  r->l->path);
	return stop(r, SEND_UNSURE);
}

static int
reverted(struct run *r, size_t i, const struct ledger_version *v,
	 uint64_t block, uint64_t gas_used)
{
	char *why = revert_reason(r->s, r->l, i, block, gas_used);
	char hash[65], *reason;
	int rc;

	hex_encode(v->hash, 32, hash);
	diag_err(r->s->ds, "E0842", "%s %zu of %zu (0x%s) failed: %s",
		 slot_name(r, i), i + 1, r->l->nslots, hash, why);
	reason = xasprintf("reverted: %s", why);
	rc = ledger_end(r->l, reason, r->s->ds);
	free(reason);
	free(why);
	return stop(r, rc < 0 ? SEND_FAILED : SEND_REVERTED);
}

/* One receipt: 0 taken or too young, -1 the run ends. */
static int
take_receipt(struct run *r, size_t i, const struct ledger_version *v,
	     const json_t *receipt)
{
	unsigned depth = r->s->policy.confirmations;
	uint64_t block, gas_used, status;
	struct u256 price = u256_from(0);

	if (quantity_u64(jx_get(receipt, "blockNumber"), &block) < 0 ||
	    quantity_u64(jx_get(receipt, "gasUsed"), &gas_used) < 0 ||
	    quantity_u64(jx_get(receipt, "status"), &status) < 0)
		return 0; /* not a receipt yet */
	quantity_u256(jx_get(receipt, "effectiveGasPrice"), &price);
	r->rt[i].missing_ms = 0;
	if (!r->rt[i].seen)
		r->news_ms = mono_ms();
	r->rt[i].seen = true;
	/* The node may have moved on since the look. */
	if (block > r->view.head)
		r->view.head = block;
	if (r->view.head - block + 1 < (depth ? depth : 1)) {
		r->waits_for = "confirmations";
		return 0;
	}
	if (status != 1)
		return reverted(r, i, v, block, gas_used);
	if (ledger_mined(r->l, i, v->hash, block, gas_used, &price, r->s->ds) <
	    0)
		return stop(r, SEND_FAILED);
	FAULT("sender.mined");
	r->mined++;
	return 0;
}

/* The nonce is used: by one of the slot's forms, or by a stranger. */
static int
settle_slot(struct run *r, size_t i)
{
	struct ledger_slot *slot = &r->l->slots[i];
	size_t n = slot->nversions;
	struct rpc_item *items;
	enum rpc_status st;
	int rc = 0;
	bool found = false;

	if (n == 0)
		return foreign(r, i);
	items = xcalloc(n, sizeof(*items));
	for (size_t k = 0; k < n; k++) {
		items[k].method = "eth_getTransactionReceipt";
		items[k].params =
			json_pack("[o]", hex_json(slot->versions[k].hash, 32));
	}
	st = rpc_batch(r->s->rpc, items, n, NULL);
	for (size_t k = 0; st == RPC_OK && k < n && !found; k++) {
		if (!json_is_object(items[k].result))
			continue;
		found = true;
		rc = take_receipt(r, i, &slot->versions[k], items[k].result);
	}
	rpc_items_done(items, n);
	free(items);
	if (st != RPC_OK || found)
		return rc;
	/* A node may know the nonce a moment before the receipt. */
	r->rt[i].seen = false;
	if (!r->rt[i].missing_ms)
		r->rt[i].missing_ms = mono_ms();
	if (mono_ms() - r->rt[i].missing_ms > MISSING_MS)
		return foreign(r, i);
	return 0;
}

/* The usual case, one form of each, in one request. */
static int
settle_many(struct run *r, const size_t *which, size_t n)
{
	struct rpc_item *items = xcalloc(n ? n : 1, sizeof(*items));
	enum rpc_status st;
	int rc = 0;

	for (size_t k = 0; k < n; k++) {
		struct ledger_slot *slot = &r->l->slots[which[k]];

		items[k].method = "eth_getTransactionReceipt";
		items[k].params =
			json_pack("[o]", hex_json(newest(slot)->hash, 32));
	}
	st = rpc_batch(r->s->rpc, items, n, NULL);
	for (size_t k = 0; st == RPC_OK && rc == 0 && k < n; k++) {
		size_t i = which[k];

		if (json_is_object(items[k].result))
			rc = take_receipt(r, i, newest(&r->l->slots[i]),
					  items[k].result);
		else
			rc = settle_slot(r, i);
	}
	rpc_items_done(items, n);
	free(items);
	return rc;
}

static int
settle(struct run *r)
{
	size_t *which = xcalloc(r->l->nslots, sizeof(*which)), n = 0;
	int rc = 0;

	for (size_t i = 0; i < r->l->nslots && rc == 0; i++) {
		const struct ledger_slot *slot = &r->l->slots[i];

		if (slot->mined || slot->tx.nonce >= r->view.count)
			continue;
		if (slot->nversions == 0)
			rc = foreign(r, i);
		else
			which[n++] = i;
	}
	if (rc == 0 && n > 0)
		rc = settle_many(r, which, n);
	free(which);
	return rc;
}

/* --- send ---------------------------------------------------------------- */

static bool
says(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

/* Refused for good: the entry ends, for nothing can bring it on. */
static int
refused(struct run *r, size_t i, const char *text)
{
	char *reason;
	int rc;

	diag_err(r->s->ds, "E0842", "%s %zu of %zu is refused by the node: %s",
		 slot_name(r, i), i + 1, r->l->nslots, text);
	reason = xasprintf("refused: %s", text);
	rc = ledger_end(r->l, reason, r->s->ds);
	free(reason);
	return stop(r, rc < 0 ? SEND_FAILED : SEND_REVERTED);
}

/* Whether the node knows any form of the slot. */
static bool
knows_any(struct run *r, size_t i)
{
	struct ledger_slot *slot = &r->l->slots[i];
	bool known = false;

	for (size_t k = slot->nversions; k-- > 0 && !known;) {
		CLEANUP(put_json) json_t *t = NULL;

		known = rpc_call(
				r->s->rpc, "eth_getTransactionByHash",
				json_pack("[o]",
					  hex_json(slot->versions[k].hash, 32)),
				&t, NULL) == RPC_OK &&
			json_is_object(t);
	}
	return known;
}

/* Another transaction holds the nonce in the pool: ours, or a stranger's? */
static int
taken(struct run *r, size_t i)
{
	if (!knows_any(r, i))
		return foreign(r, i);
	r->rt[i].underpriced = r->l->slots[i].nversions > 1;
	return 0;
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

	if (says(text, known, COUNTOF(known)))
		return 0;
	if (says(text, replacing, COUNTOF(replacing)))
		return taken(r, i);
	if (says(text, never, COUNTOF(never)))
		return refused(r, i, text);
	if (says(text, poor, COUNTOF(poor))) {
		diag_err(r->s->ds, "E0844", "%s %zu of %zu: %s",
			 slot_name(r, i), i + 1, r->l->nslots, text);
		diag_hint(r->s->ds, "fund the sender and run the command "
				    "again: it goes on from here");
		return stop(r, SEND_LATER);
	}
	if (says(text, dear, COUNTOF(dear)))
		r->rt[i].underpriced = true;
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
		items[k].method = "eth_sendRawTransaction";
		items[k].params =
			json_pack("[s]", newest(&r->l->slots[which[k]])->raw);
	}
	FAULT("sender.before_send");
	st = rpc_batch(r->s->rpc, items, n, NULL);
	FAULT("sender.sent");
	for (size_t k = 0; st == RPC_OK && rc == 0 && k < n; k++) {
		r->rt[which[k]].since_block = r->view.head;
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
send_all(struct run *r, const size_t *which, size_t n)
{
	for (size_t at = 0; at < n;) {
		size_t bytes = 0, k = 0;

		while (at + k < n && (k == 0 || bytes < SEND_CHUNK))
			bytes += strlen(
				newest(&r->l->slots[which[at + k++]])->raw);
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
	int rc;

	t.max_fee = *max_fee;
	t.priority = *priority;
	if (t.gas < least)
		t.gas = least;
	tx_sign(&t, r->s->key, &raw, v.hash);
	if (raw.over) {
		diag_err(r->s->ds, "E0842", "%s %zu of %zu is too large",
			 slot_name(r, i), i + 1, r->l->nslots);
		return stop(r, SEND_FAILED);
	}
	v.raw = xmalloc(2 * raw.n + 3);
	v.raw[0] = '0';
	v.raw[1] = 'x';
	hex_encode(raw.p, raw.n, v.raw + 2);
	rc = ledger_raw(r->l, i, &v, r->s->ds);
	free(v.raw);
	return rc < 0 ? stop(r, SEND_FAILED) : 0;
}

static int
sync_ledger(struct run *r)
{
	return ledger_sync(r->l, r->s->ds) < 0 ? stop(r, SEND_FAILED) : 0;
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
		if (!is_pending(r, i) ||
		    r->l->slots[i].tx.nonce < r->view.count)
			continue;
		items[n].method = "eth_getTransactionByHash";
		items[n].params = json_pack(
			"[o]", hex_json(newest(&r->l->slots[i])->hash, 32));
		which[n++] = i;
	}
	st = n > 0 ? rpc_batch(r->s->rpc, items, n, NULL) : RPC_OK;
	for (size_t k = 0; st == RPC_OK && k < n; k++)
		if (json_is_null(items[k].result))
			which[lost++] = which[k];
	rpc_items_done(items, n);
	free(items);
	if (st == RPC_OK && lost > 0)
		rc = send_all(r, which, lost);
	free(which);
	return rc;
}

static bool
is_stuck(const struct run *r, size_t i, bool first)
{
	unsigned most = r->s->policy.stuck_blocks;
	const struct ledger_version *v = newest(&r->l->slots[i]);

	if (r->rt[i].underpriced)
		return true;
	if (r->view.head - r->rt[i].since_block < (most ? most : 5))
		return false;
	return first || u256_cmp(&v->max_fee, &r->view.fees.base) < 0;
}

/* A dearer form, under the same nonce, of what does not get mined. */
static int
bump_stuck(struct run *r)
{
	size_t *which = xcalloc(r->l->nslots, sizeof(*which)), n = 0;
	bool first = true;
	int rc = 0;

	for (size_t i = 0; i < r->l->nslots && rc == 0; i++) {
		struct u256 max_fee, priority;

		if (!is_pending(r, i))
			continue;
		if (is_stuck(r, i, first)) {
			if (fees_bump(&r->s->policy, &r->view.fees,
				      newest(&r->l->slots[i]), &max_fee,
				      &priority)) {
				rc = sign_slot(r, i, &max_fee, &priority);
				which[n++] = i;
				r->rt[i].underpriced = false;
			} else {
				r->waits_for = "fees below your max_fee";
			}
		}
		first = false;
	}
	if (rc == 0 && n > 0)
		rc = sync_ledger(r);
	if (rc == 0 && n > 0)
		rc = send_all(r, which, n);
	free(which);
	return rc;
}

static int
mend(struct run *r)
{
	uint64_t now = mono_ms();

	if (!r->new_head && now - r->mended_ms < MEND_MS)
		return 0;
	r->mended_ms = now;
	return resend_lost(r) < 0 ? -1 : bump_stuck(r);
}

/* --- fill: the next ones ------------------------------------------------- */

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

/* Whether slot i may be sent too without passing the ceiling at worst. */
static bool
within_ceiling(struct run *r, size_t i)
{
	struct u256 sum = u256_from(0);

	if (u256_is_zero(&r->s->policy.ceiling))
		return true;
	for (size_t k = 0; k < i; k++) {
		const struct ledger_slot *slot = &r->l->slots[k];
		struct u256 used = u256_from(slot->gas_used), cost;

		if (!slot->mined) {
			add_worst(r, k, &newest(slot)->max_fee, &sum);
		} else if (u256_mul(&used, &slot->price, &cost) ||
			   u256_add(&cost, &slot->tx.value, &cost) ||
			   u256_add(&sum, &cost, &sum)) {
			return false;
		}
	}
	add_worst(r, i, &r->view.fees.cap, &sum);
	return u256_cmp(&sum, &r->s->policy.ceiling) <= 0;
}

static int
over_ceiling(struct run *r)
{
	char text[96];

	wei_format(&r->s->policy.ceiling, text, sizeof(text));
	diag_err(r->s->ds, "E0845",
		 "the next transaction could bring the cost "
		 "over the limit of %s",
		 text);
	diag_hint(r->s->ds, "raise limits.eth, or run the command again when "
			    "fees are lower: it goes on from here");
	return stop(r, SEND_LATER);
}

/* Signs as many new ones as fit; the count goes to *n. */
static int
sign_new(struct run *r, size_t *which, size_t *n)
{
	unsigned window = r->s->policy.window ? r->s->policy.window : 64;
	uint64_t room = r->view.gas_limit / GAS_BLOCKS_DEN * GAS_BLOCKS_NUM;
	size_t flying = 0, i = 0;
	uint64_t gas = 0;

	for (; i < r->l->nslots && r->l->slots[i].nversions > 0; i++) {
		if (!is_pending(r, i))
			continue;
		flying++;
		gas += r->l->slots[i].tx.gas;
	}
	for (; i < r->l->nslots; i++) {
		uint64_t next = r->l->slots[i].tx.gas;

		if (flying > 0 && (flying >= window || gas + next > room))
			break;
		if (!within_ceiling(r, i)) {
			if (flying == 0)
				return over_ceiling(r);
			break;
		}
		if (sign_slot(r, i, &r->view.fees.cap, &r->view.fees.priority) <
		    0)
			return -1;
		which[(*n)++] = i;
		flying++;
		gas += next;
	}
	return 0;
}

static int
fill(struct run *r)
{
	size_t *which, n = 0;
	int rc;

	if (r->view.fees.too_dear) {
		r->waits_for = "a base fee within your limits";
		r->news_ms = mono_ms();
		return 0;
	}
	which = xcalloc(r->l->nslots, sizeof(*which));
	rc = sign_new(r, which, &n);
	if (rc == 0 && n > 0)
		rc = sync_ledger(r);
	if (rc == 0 && n > 0)
		rc = send_all(r, which, n);
	free(which);
	return rc;
}

/* --- the loop ------------------------------------------------------------ */

static void
tell(struct run *r, size_t mined_before)
{
	uint64_t now = mono_ms();
	size_t flying = 0;
	char *line;

	if (!r->s->progress || (r->said_ms && r->mined == mined_before &&
				now - r->said_ms < SAY_MS))
		return;
	for (size_t i = 0; i < r->l->nslots; i++)
		flying += r->l->slots[i].nversions > 0 && !r->l->slots[i].mined;
	line = xasprintf("%zu of %zu mined, %zu sent; block %llu, waits for %s",
			 r->mined, r->l->nslots, flying,
			 (unsigned long long)r->view.head, r->waits_for);
	r->s->progress(r->s->arg, line);
	free(line);
	r->said_ms = now;
}

static int
out_of_patience(struct run *r)
{
	if (mono_ms() - r->news_ms < patience(r))
		return 0;
	diag_err(r->s->ds, "E0846",
		 "nothing was mined for %llu seconds, "
		 "%zu of %zu are",
		 (unsigned long long)(patience(r) / 1000), r->mined,
		 r->l->nslots);
	diag_hint(r->s->ds, "%s%s; run the command again: it goes on from here",
		  r->last_refusal ? "the node said: "
				  : "the chain may be "
				    "stalled",
		  r->last_refusal ? r->last_refusal : "");
	return stop(r, SEND_LATER);
}

/* One round: 1 all is mined, 0 go on, -1 stop. */
static int
one_round(struct run *r)
{
	int looked;

	r->waits_for = "the next block";
	looked = look(r);
	if (looked < 0)
		return -1;
	if (looked == 0)
		return 0;
	if (settle(r) < 0)
		return -1;
	if (r->mined == r->l->nslots)
		return 1;
	if (mend(r) < 0 || fill(r) < 0)
		return -1;
	return out_of_patience(r);
}

static unsigned
poll_ms(const struct run *r)
{
	uint64_t ms = r->block_ms / 8;

	return ms < 100 ? 100 : ms > 3000 ? 3000 : (unsigned)ms;
}

static enum send_result
loop(struct run *r)
{
	for (;;) {
		size_t before = r->mined;
		int rc = one_round(r);

		if (rc < 0)
			return r->result;
		tell(r, before);
		if (rc == 1)
			break;
		if (r->s->wait(r->s->arg, poll_ms(r))) {
			diag_err(r->s->ds, "E0805",
				 "interrupted with %zu of "
				 "%zu mined",
				 r->mined, r->l->nslots);
			diag_hint(r->s->ds, "run the command again: it goes on "
					    "from here");
			return SEND_CANCELLED;
		}
	}
	return ledger_end(r->l, "done", r->s->ds) < 0 ? SEND_FAILED : SEND_DONE;
}

/* An entry is only ever sent with its key, to its chain. */
static enum send_result
check_entry(const struct sender *s, const struct ledger *l)
{
	uint8_t from[20], genesis[32];
	char addr[43];
	enum rpc_status st;

	sign_key_address(s->key, from);
	if (memcmp(from, l->from, 20) != 0) {
		eip55(l->from, addr);
		diag_err(s->ds, "E0849",
			 "the ledger's transactions are from "
			 "%s, but the key is another one's",
			 addr);
		diag_hint(s->ds, "give the key of %s", addr);
		return SEND_FAILED;
	}
	st = chain_genesis(s->rpc, genesis, s->ds);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return SEND_UNREACHABLE;
	if (st != RPC_OK)
		return st == RPC_CANCELLED ? SEND_CANCELLED : SEND_FAILED;
	if (memcmp(genesis, l->genesis, 32) != 0) {
		diag_err(s->ds, "E0849",
			 "ledger '%s' belongs to a chain with "
			 "another block 0 than '%s'",
			 l->path, rpc_name(s->rpc));
		return SEND_FAILED;
	}
	return SEND_DONE;
}

static enum send_result
report_ended(const struct sender *s, const struct ledger *l)
{
	if (strcmp(l->ended, "done") == 0)
		return SEND_DONE;
	diag_err(s->ds, "E0842", "an earlier run ended: %s", l->ended);
	return SEND_REVERTED;
}

enum send_result
sender_run(const struct sender *s, struct ledger *l)
{
	struct run r = { .s = s, .l = l, .news_ms = mono_ms() };
	enum send_result result;

	if (l->ended)
		return report_ended(s, l);
	result = check_entry(s, l);
	if (result != SEND_DONE)
		return result;
	for (size_t i = 0; i < l->nslots; i++)
		r.mined += l->slots[i].mined;
	r.rt = xcalloc(l->nslots ? l->nslots : 1, sizeof(*r.rt));
	result = loop(&r);
	free(r.rt);
	free(r.last_refusal);
	return result;
}
