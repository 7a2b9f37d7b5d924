#include "providers/clients/bridge/l2_proof.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/trie/mpt.h"

/* --- one proof ----------------------------------------------------------- */

static void
l2_proof_drop(struct rlp *nodes, size_t n)
{
	while (n > 0)
		free((uint8_t *)(uintptr_t)nodes[--n].p);
}

/* The listed nodes as bytes; the caller drops them. -1: too many, no hex. */
static int
read_nodes(const json_t *list, struct rlp nodes[MPT_NODES_MAX], size_t *n)
{
	const json_t *v;
	size_t i;

	*n = 0;
	if (!json_is_array(list) || json_array_size(list) > MPT_NODES_MAX)
		return -1;
	json_array_foreach(list, i, v) {
		uint8_t *p;

		if (hex_bytes(v, &p, &nodes[*n].n) < 0)
			return -1;
		nodes[(*n)++].p = p;
	}
	return 0;
}

/*
 * Proves keccak256(what) under the root. In *value its value is copied, at
 * most max bytes; in *path (may be NULL) all nodes of the path.
 */
static int
prove(const json_t *list, const uint8_t root[32], const void *what,
      size_t nwhat, struct buf *value, json_t **path)
{
	struct rlp nodes[MPT_NODES_MAX];
	struct mpt_path out = { 0 };
	uint8_t key[32];
	size_t n;
	int rc = read_nodes(list, nodes, &n);

	keccak256(what, nwhat, key);
	if (rc == 0)
		rc = mpt_prove(root, key, sizeof(key), nodes, n, &out);
	if (rc == 1)
		buf_add(value, out.value.p, out.value.n);
	if (rc == 1 && path) {
		*path = json_array();
		for (size_t i = 0; i < out.n; i++)
			json_array_append_new(*path, hex_json(out.nodes[i].p,
							      out.nodes[i].n));
	}
	l2_proof_drop(nodes, n);
	return rc;
}

/* --- account and slot ---------------------------------------------------- */

/* An account is [nonce, balance, storage root, code hash]. */
static int
storage_root_of(const struct buf *account, uint8_t out[32])
{
	struct rlp in = { (const uint8_t *)account->p, account->n }, fields;
	struct rlp item;

	if (rlp_list(&in, &fields) || in.n || rlp_bytes(&fields, &item) ||
	    rlp_bytes(&fields, &item) || rlp_bytes(&fields, &item) ||
	    item.n != 32)
		return -1;
	memcpy(out, item.p, 32);
	return 0;
}

static int
check_account(const json_t *reply, struct output_parts *parts, const char **why)
{
	CLEANUP(buf_done) struct buf account = BUF_INIT(256);
	uint8_t address[20];

	if (hex_decode(MESSAGE_PASSER, address, sizeof(address)))
		abort(); /* it is a constant */
	if (prove(jx_get(reply, "accountProof"), parts->state_root, address,
		  sizeof(address), &account, NULL) != 1) {
		*why = "the state root does not prove the message passer's "
		       "account";
		return -1;
	}
	if (storage_root_of(&account, parts->storage_root)) {
		*why = "the proven value is not an account";
		return -1;
	}
	return 0;
}

int
l2_proof_check(const json_t *reply, const uint8_t slot[32],
	       struct l2_proof *out, const char **why)
{
	const json_t *entry = json_array_get(jx_get(reply, "storageProof"), 0);
	CLEANUP(buf_done) struct buf value = BUF_INIT(64);
	int rc;

	out->nodes = NULL;
	if (check_account(reply, &out->parts, why))
		return -1;
	rc = prove(jx_get(entry, "proof"), out->parts.storage_root, slot, 32,
		   &value, &out->nodes);
	if (rc == 1 && value.n == 1 && value.p[0] == 1)
		return 0;
	*why = rc == 0  ? "the withdrawal is not in the L2's state there"
	       : rc < 0 ? "the storage root does not prove the withdrawal"
			: "the withdrawal's slot has another value than 1";
	l2_proof_done(out);
	return -1;
}

void
l2_proof_done(struct l2_proof *p)
{
	put_json(&p->nodes);
}

/* --- from a node --------------------------------------------------------- */

static enum rpc_status
l2_proof_bad_reply(struct rpc *l2, uint64_t block, const char *why,
		   struct diags *ds)
{
	if (ds) {
		diag_err(ds, "E1072", "%s: the proof at block %llu is bad: %s",
			 rpc_name(l2), (unsigned long long)block, why);
		diag_hint(ds, "nothing was sent; use a node of this chain that "
			      "keeps old states (--gcmode archive)");
	}
	return RPC_BAD_REPLY;
}

static enum rpc_status
get_block(struct rpc *l2, uint64_t n, struct output_parts *out,
	  struct diags *ds)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st = rpc_call(
		l2, "eth_getBlockByNumber",
		json_pack("[o, b]", quantity_from_u64(n), 0), &block, ds);

	if (st != RPC_OK)
		return st;
	if (hex_decode(jx_str(block, "hash", ""), out->block_hash, 32) ||
	    hex_decode(jx_str(block, "stateRoot", ""), out->state_root, 32))
		return l2_proof_bad_reply(
			l2, n, "the node does not have the block", ds);
	return RPC_OK;
}

enum rpc_status
l2_output_at(struct rpc *l2, uint64_t block, struct output_parts *out,
	     struct diags *ds)
{
	CLEANUP(put_json) json_t *reply = NULL;
	enum rpc_status st = get_block(l2, block, out, ds);
	const char *why;

	if (st == RPC_OK)
		st = rpc_call(l2, "eth_getProof",
			      json_pack("[s, [], o]", MESSAGE_PASSER,
					quantity_from_u64(block)),
			      &reply, ds);
	if (st == RPC_OK && check_account(reply, out, &why))
		st = l2_proof_bad_reply(l2, block, why, ds);
	return st;
}

enum rpc_status
l2_proof_get(struct rpc *l2, const uint8_t hash[32], uint64_t block,
	     struct l2_proof *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *reply = NULL;
	enum rpc_status st = get_block(l2, block, &out->parts, ds);
	uint8_t slot[32];
	const char *why;

	withdrawal_slot(hash, slot);
	if (st == RPC_OK)
		st = rpc_call(l2, "eth_getProof",
			      json_pack("[s, [o], o]", MESSAGE_PASSER,
					hex_json(slot, 32),
					quantity_from_u64(block)),
			      &reply, ds);
	if (st == RPC_OK && l2_proof_check(reply, slot, out, &why))
		st = l2_proof_bad_reply(l2, block, why, ds);
	return st;
}
