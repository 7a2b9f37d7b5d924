/* The sender: receipts of what is mined. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "providers/clients/send/sender_int.h"

int
run_foreign(struct run *r, size_t i)
{
	char addr[43];

	eip55(r->l->from, addr);
	diag_err(r->s->ds, "E0843",
		 "nonce %llu of %s was used by a "
		 "transaction that is not in the ledger",
		 (unsigned long long)r->l->slots[i].tx.nonce, addr);
	diag_hint(r->s->ds,
		  "check on a block explorer who else uses the key; the ledger "
		  "is '%s'",
		  r->l->path);
	return run_stop(r, SEND_UNSURE);
}

int
run_doubt(struct run *r, size_t i, uint64_t *since, const char *waits_for)
{
	if (!*since)
		*since = mono_ms();
	r->waits_for = waits_for;
	if (mono_ms() - *since > run_doubt_ms(r))
		return run_foreign(r, i);
	return 0;
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
	return run_stop(r, rc < 0 ? SEND_FAILED : SEND_REVERTED);
}

/* Is it as deep as asked for? Says what is waited for when it is not. */
static bool
is_deep(struct run *r, uint64_t block)
{
	const struct send_policy *p = &r->s->policy;
	uint64_t depth = p->confirmations ? p->confirmations : 1;

	/* The node may have moved on since the look. */
	if (block > r->view.head.number)
		r->view.head.number = block;
	if (p->tag ? block <= r->view.settled
		   : r->view.head.number - block + 1 >= depth)
		return true;
	if (p->tag)
		(void)snprintf(r->waits_text, sizeof(r->waits_text),
			       "block %llu to be %s (now %llu)",
			       (unsigned long long)block, p->tag,
			       (unsigned long long)r->view.settled);
	else
		(void)snprintf(r->waits_text, sizeof(r->waits_text),
			       "%llu confirmations of block %llu",
			       (unsigned long long)depth,
			       (unsigned long long)block);
	r->waits_for = r->waits_text;
	/* As long as the chain goes on there is nothing to be impatient of. */
	if (r->new_head)
		r->news_ms = mono_ms();
	return false;
}

/* One receipt: 0 taken or too young, -1 the run ends. */
static int
take_receipt(struct run *r, size_t i, const struct ledger_version *v,
	     const json_t *receipt)
{
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
	if (!is_deep(r, block))
		return 0;
	if (status != 1)
		return reverted(r, i, v, block, gas_used);
	if (ledger_mined(r->l, i, v->hash, block, gas_used, &price, r->s->ds) <
	    0)
		return run_stop(r, SEND_FAILED);
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
	bool found = false, told = true;

	items = xcalloc(n, sizeof(*items));
	for (size_t k = 0; k < n; k++) {
		items[k].method = "eth_getTransactionReceipt";
		items[k].params =
			json_pack("[o]", hex_json(slot->versions[k].hash, 32));
	}
	st = rpc_batch(r->s->rpc, items, n, NULL);
	for (size_t k = 0; st == RPC_OK && k < n && !found; k++) {
		told &= !items[k].error;
		if (!json_is_object(items[k].result))
			continue;
		found = true;
		rc = take_receipt(r, i, &slot->versions[k], items[k].result);
	}
	rpc_items_done(items, n);
	free(items);
	if (st != RPC_OK || found)
		return rc;
	r->rt[i].seen = false;
	if (told)
		return run_doubt(r, i, &r->rt[i].missing_ms,
				 "the receipt of a used nonce");
	/* An error says nothing about the transaction. */
	r->rt[i].missing_ms = 0;
	r->waits_for = "the node to give receipts";
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
			json_pack("[o]", hex_json(slot_newest(slot)->hash, 32));
	}
	st = rpc_batch(r->s->rpc, items, n, NULL);
	for (size_t k = 0; st == RPC_OK && rc == 0 && k < n; k++) {
		size_t i = which[k];

		if (json_is_object(items[k].result))
			rc = take_receipt(r, i, slot_newest(&r->l->slots[i]),
					  items[k].result);
		else
			rc = settle_slot(r, i);
	}
	rpc_items_done(items, n);
	free(items);
	return rc;
}

int
run_settle(struct run *r)
{
	size_t *which = xcalloc(r->l->nslots, sizeof(*which)), n = 0;
	int rc = 0;

	for (size_t i = 0; i < r->l->nslots && rc == 0; i++) {
		const struct ledger_slot *slot = &r->l->slots[i];

		if (slot->mined || slot->tx.nonce >= r->view.count)
			continue;
		if (slot->nversions == 0)
			rc = run_foreign(r, i);
		else
			which[n++] = i;
	}
	if (rc == 0 && n > 0)
		rc = settle_many(r, which, n);
	free(which);
	return rc;
}

/* Of a block that took another's place: it may have failed there, and paid
 * another price. */
static bool
is_as_recorded(const struct ledger_slot *slot, const json_t *receipt)
{
	struct u256 price = u256_from(0);
	uint64_t block, gas_used;

	quantity_u256(jx_get(receipt, "effectiveGasPrice"), &price);
	return quantity_u64(jx_get(receipt, "blockNumber"), &block) == 0 &&
	       quantity_u64(jx_get(receipt, "gasUsed"), &gas_used) == 0 &&
	       block == slot->block && gas_used == slot->gas_used &&
	       u256_cmp(&price, &slot->price) == 0;
}

int
run_confirm(struct run *r)
{
	size_t n = r->l->nslots, gone = 0;
	struct rpc_item *items = xcalloc(n ? n : 1, sizeof(*items));
	enum rpc_status st;

	for (size_t i = 0; i < n; i++) {
		items[i].method = "eth_getTransactionReceipt";
		items[i].params = json_pack(
			"[o]", hex_json(r->l->slots[i].mined_hash, 32));
	}
	st = rpc_batch(r->s->rpc, items, n, NULL);
	for (size_t i = 0; st == RPC_OK && i < n; i++) {
		if (!items[i].result ||
		    is_as_recorded(&r->l->slots[i], items[i].result))
			continue;
		ledger_unmine(r->l, i);
		r->rt[i].seen = false;
		r->mined--;
		gone++;
	}
	rpc_items_done(items, n);
	free(items);
	if (gone > 0)
		run_reorganised(r, gone);
	if (st != RPC_OK)
		r->waits_for = "the node to answer";
	return st == RPC_OK && gone == 0;
}
