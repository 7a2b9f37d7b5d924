#include "providers/clients/send/landed.h"

#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"

struct landing {
	struct effect_ctx *ctx;
	const struct effect_sender *s;
	const struct ledger *l;
	const struct ledger_slot *slot;
};

static enum outcome
unsure(const struct landing *k, const char *why)
{
	char hash[65];

	hex_encode(k->slot->mined_hash, 32, hash);
	diag_err(k->ctx->ds, "E0878",
		 "cannot tell whether 0x%s, which was mined in block %llu, is "
		 "in this chain: %s",
		 hash, (unsigned long long)k->slot->block, why);
	diag_hint(k->ctx->ds,
		  "nothing was sent; use an RPC that has all transactions, or "
		  "look on a block explorer: if this is a new chain, move '%s' "
		  "away",
		  k->l->path);
	return OC_UNSURE;
}

static enum outcome
landed_query(const struct landing *k, const char *method, json_t *params,
	     json_t **out)
{
	return rpc_outcome(
		rpc_call(k->s->rpc, method, params, out, k->ctx->ds));
}

/* When the ledger was written last, the transaction was mined: who is at a
 * lower block later than that has another chain. */
static bool
is_past(const struct landing *k, const json_t *head)
{
	struct stat st;
	uint64_t at, number;

	return quantity_u64(jx_get(head, "number"), &number) == 0 &&
	       number < k->slot->block && stat(k->l->path, &st) == 0 &&
	       quantity_u64(jx_get(head, "timestamp"), &at) == 0 &&
	       at > (uint64_t)st.st_mtime;
}

static bool
has_tx(const json_t *block, const struct ledger_slot *slot)
{
	const json_t *hash;
	uint8_t raw[32];
	size_t i;

	json_array_foreach(jx_get(block, "transactions"), i, hash)
		if (hex_decode(json_string_value(hash), raw, 32) == 0 &&
		    memcmp(raw, slot->mined_hash, 32) == 0)
			return true;
	return false;
}

/* What a node says that lacks the block is no answer. */
static enum outcome
is_far_enough(const struct landing *k, const json_t *head)
{
	uint64_t number;

	if (quantity_u64(jx_get(head, "number"), &number) < 0)
		return unsure(k, "the node does not report its block number");
	return number < k->slot->block
		       ? unsure(k, "the node is behind that block")
		       : OC_OK;
}

/* A node has the block's number, but not what was in it. Of several behind one
 * URL another one may have answered this: both are asked of one. */
static enum outcome
by_nonce(const struct landing *k)
{
	char addr[43];
	enum outcome oc;
	uint64_t used;

	eip55(k->l->from, addr);
	struct rpc_item both[] = {
		{ .method = "eth_getBlockByNumber",
		  .params = json_pack("[s,b]", "latest", 0) },
		{ .method = "eth_getTransactionCount",
		  .params = json_pack("[s,s]", addr, "latest") },
	};
	oc = rpc_outcome(rpc_batch(k->s->rpc, both, COUNTOF(both), k->ctx->ds));
	if (oc == OC_OK)
		oc = is_far_enough(k, both[0].result);
	if (oc == OC_OK && (quantity_u64(both[1].result, &used) < 0 ||
			    used > k->slot->tx.nonce))
		oc = unsure(k, "the node does not have that block's "
			       "transactions, and the nonce is used");
	rpc_items_done(both, COUNTOF(both));
	return oc;
}

static enum outcome
by_block(const struct landing *k, bool *landed)
{
	CLEANUP(put_json) json_t *head = NULL, *block = NULL;
	enum outcome oc = landed_query(k, "eth_getBlockByNumber",
				       json_pack("[s,b]", "latest", 0), &head);

	if (oc != OC_OK || is_past(k, head))
		return oc;
	oc = is_far_enough(k, head);
	if (oc != OC_OK)
		return oc;
	oc = landed_query(
		k, "eth_getBlockByNumber",
		json_pack("[o,b]", quantity_from_u64(k->slot->block), 0),
		&block);
	if (oc != OC_OK)
		return oc;
	*landed = has_tx(block, k->slot);
	return *landed || json_is_array(jx_get(block, "transactions"))
		       ? OC_OK
		       : by_nonce(k);
}

enum outcome
tx_landed(struct effect_ctx *ctx, const struct effect_sender *s,
	  const struct ledger *l, const struct ledger_slot *slot, bool *landed)
{
	struct landing k = { ctx, s, l, slot };
	CLEANUP(put_json) json_t *receipt = NULL;
	enum outcome oc = landed_query(
		&k, "eth_getTransactionReceipt",
		json_pack("[o]", hex_json(slot->mined_hash, 32)), &receipt);

	*landed = json_is_object(receipt);
	return oc != OC_OK || *landed ? oc : by_block(&k, landed);
}
