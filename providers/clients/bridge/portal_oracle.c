/* Outputs by word of the proposer: the L2OutputOracle. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/portal.h"
#include "providers/clients/evm/eth_call.h"

#define OUTPUT "(bytes32,uint128,uint128)" /* root, time, L2 block */

static json_t *
number_arg(uint64_t v)
{
	return json_pack("[o]", jx_strf("%llu", (unsigned long long)v));
}

/* *there is false when the oracle has no output of that index. */
static enum rpc_status
get_output(const struct portal *p, uint64_t index, struct l2_output *out,
	   bool *there)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st =
		portal_query(p, p->outputs, "getL2Output(uint256)" OUTPUT,
			     number_arg(index), &v);

	out->index = index;
	out->at = value_u64(v, 1);
	out->block = value_u64(v, 2);
	*there = st == RPC_OK && value_word(v, 0, out->root);
	return st;
}

static enum rpc_status
another_root(const struct portal *p, const struct l2_output *o)
{
	char root[65];

	hex_encode(o->root, 32, root);
	diag_err(p->ds, "E1074",
		 "the L1 has another output than this L2 node: 0x%s of block "
		 "%llu",
		 root, (unsigned long long)o->block);
	diag_hint(p->ds,
		  "nothing was sent; if the node is right, the proposer's "
		  "output is wrong: inform the chain's operators");
	return RPC_BAD_REPLY;
}

enum rpc_status
oracle_find(const struct portal *p, uint64_t block, const uint8_t hash[32],
	    struct l2_output *out, struct l2_proof *proof, bool *found)
{
	CLEANUP(put_json) json_t *v = NULL;
	/* It reverts while there is none. */
	enum rpc_status st = portal_query(
		p, p->outputs, "getL2OutputIndexAfter(uint256)(uint256)",
		number_arg(block), &v);
	bool same;

	if (st != RPC_OK || !v)
		return st;
	st = get_output(p, value_u64(v, 0), out, found);
	if (st != RPC_OK || !*found)
		return st;
	st = portal_try(p, hash, out, proof, &same, p->ds);
	if (st == RPC_OK && !same)
		st = another_root(p, out);
	return st;
}

/* The number of the L2's newest block, or of its newest safe one. */
static enum rpc_status
l2_head(const struct portal *p, const char *tag, uint64_t *out)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st =
		rpc_call(p->l2, "eth_getBlockByNumber",
			 json_pack("[s, b]", tag, 0), &block, p->ds);

	if (quantity_u64(jx_get(block, "number"), out))
		*out = 0;
	return st;
}

/* When the newest outputs were told. */
static enum rpc_status
newest_times(const struct portal *p, struct pace_seen *seen)
{
	uint64_t count = 0;
	enum rpc_status st =
		view_u64(p->l1, p->outputs, "nextOutputIndex()(uint256)", NULL,
			 &count, p->ds);
	struct l2_output o;
	bool there = true;

	while (st == RPC_OK && there && seen->n < PACE_TIMES &&
	       seen->n < count) {
		st = get_output(p, count - 1 - seen->n, &o, &there);
		if (st == RPC_OK && there)
			seen->times[seen->n++] = o.at;
	}
	return st;
}

/* The proposer proposes a block when it is safe, one output at a time. */
static enum rpc_status
when(const struct portal *p, uint64_t every, uint64_t block_time,
     struct next_output *out)
{
	struct pace_seen seen = { .now = p->now,
				  .interval = every * block_time };
	uint64_t head = 0, safe = 0;
	enum rpc_status st = l2_head(p, "latest", &head);

	if (st == RPC_OK)
		st = l2_head(p, "safe", &safe);
	if (st != RPC_OK || !every)
		return st;
	if (out->block > safe)
		seen.earliest = (out->block - safe) * block_time;
	if (out->block > safe && out->block <= head)
		out->safe = safe;
	out->behind = safe > out->told ? safe - out->told : 0;
	seen.ready = out->behind / every;
	seen.ahead = (out->block - out->told) / every;
	if (seen.ready)
		st = newest_times(p, &seen);
	pace_reckon(&seen, &out->pace);
	return st;
}

enum rpc_status
oracle_next(const struct portal *p, uint64_t block, struct next_output *out)
{
	uint64_t next = 0, every = 0, time = 0;
	enum rpc_status st =
		view_u64(p->l1, p->outputs, "nextBlockNumber()(uint256)", NULL,
			 &next, p->ds);

	if (st == RPC_OK)
		st = view_u64(p->l1, p->outputs,
			      "SUBMISSION_INTERVAL()(uint256)", NULL, &every,
			      p->ds);
	if (st == RPC_OK)
		st = view_u64(p->l1, p->outputs, "L2_BLOCK_TIME()(uint256)",
			      NULL, &time, p->ds);
	if (st != RPC_OK)
		return st;
	out->told = next > every ? next - every : 0;
	if (next < block && every)
		next += (block - next + every - 1) / every * every;
	out->block = next;
	return when(p, every, time, out);
}

/* A proof counts while the output that it was made with stands, and once both
 * are old enough. */
enum rpc_status
oracle_state(const struct portal *p, const uint8_t hash[32],
	     struct withdrawal_state *out)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = portal_need(
		p, p->addr,
		"provenWithdrawals(bytes32)(bytes32,uint128,uint128)",
		json_pack("[o]", hex_json(hash, 32)), &v);
	uint8_t root[32];
	bool there;

	if (st != RPC_OK)
		return st;
	out->proven_at = value_u64(v, 1);
	if (out->proven_at == 0 || !value_word(v, 0, root))
		return RPC_OK; /* WITHDRAWAL_NO_OUTPUT until one is looked for
				*/
	st = get_output(p, value_u64(v, 2), &out->output, &there);
	if (st != RPC_OK)
		return st;
	if (!there || memcmp(root, out->output.root, 32) != 0) {
		out->void_why = "the output that proved it was removed";
		return RPC_OK;
	}
	out->until = out->proven_at > out->output.at ? out->proven_at
						     : out->output.at;
	out->until += p->delay;
	out->stage =
		p->now > out->until ? WITHDRAWAL_READY : WITHDRAWAL_MATURING;
	return RPC_OK;
}
