#include "providers/clients/bridge/portal.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/facts/contracts/game_status.h"

/* What both kinds of portal have in common. */

enum rpc_status
portal_query(const struct portal *p, const char *to, const char *view,
	     json_t *args, json_t **values)
{
	return view_call(p->l1, to, view, args, values, p->ds);
}

enum rpc_status
portal_need(const struct portal *p, const char *to, const char *view,
	    json_t *args, json_t **values)
{
	enum rpc_status st = view_call(p->l1, to, view, args, values, p->ds);

	if (st != RPC_OK || *values)
		return st;
	diag_err(p->ds, "E0831", "%s does not answer to '%.*s'", to,
		 (int)(view_result(view) - view), view);
	return RPC_BAD_REPLY;
}

/* what: the block, for people. */
static enum rpc_status
block_time(const struct portal *p, struct rpc *rpc, const char *number,
	   const char *what, uint64_t *out)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st =
		rpc_call(rpc, "eth_getBlockByNumber",
			 json_pack("[s, b]", number, 0), &block, p->ds);

	if (st != RPC_OK || quantity_u64(jx_get(block, "timestamp"), out) == 0)
		return st;
	diag_err(p->ds, "E0811", "%s: %s has no time", rpc_name(rpc), what);
	return RPC_BAD_REPLY;
}

enum rpc_status
portal_refresh(struct portal *p)
{
	CLEANUP(put_json) json_t *paused = NULL;
	enum rpc_status st =
		block_time(p, p->l1, "latest", "the newest block", &p->now);

	if (st == RPC_OK)
		st = portal_query(p, p->addr, "paused()(bool)", NULL, &paused);
	if (st != RPC_OK)
		return st;
	p->paused = json_is_true(json_array_get(paused, 0));
	return RPC_OK;
}

static enum rpc_status
read_oracle(struct portal *p)
{
	p->kind = PORTAL_ORACLE;
	return view_u64(p->l1, p->outputs,
			"FINALIZATION_PERIOD_SECONDS()(uint256)", NULL,
			&p->delay, p->ds);
}

/* Games whose claim is a super root say a time where others say a block. */
static enum rpc_status
read_super(struct portal *p)
{
	uint64_t first = 0, second = 0;
	enum rpc_status st = rpc_check_chain(p->l2, &p->chain_id, p->ds);

	if (st == RPC_OK)
		st = block_time(p, p->l2, "0x0", "block 0x0", &first);
	if (st == RPC_OK)
		st = block_time(p, p->l2, "0x1", "block 0x1", &second);
	p->genesis_time = first;
	p->block_time = second > first ? second - first : 1;
	return st;
}

static enum rpc_status
read_games(struct portal *p)
{
	enum rpc_status st =
		view_u64(p->l1, p->addr, "proofMaturityDelaySeconds()(uint256)",
			 NULL, &p->delay, p->ds);

	p->kind = PORTAL_GAMES;
	if (st == RPC_OK)
		st = view_u64(p->l1, p->addr,
			      "disputeGameFinalityDelaySeconds()(uint256)",
			      NULL, &p->game_delay, p->ds);
	if (st == RPC_OK)
		st = view_u64(p->l1, p->addr, "respectedGameType()(uint32)",
			      NULL, &p->game_type, p->ds);
	if (st == RPC_OK)
		st = view_u64(p->l1, p->addr,
			      "respectedGameTypeUpdatedAt()(uint64)", NULL,
			      &p->game_type_since, p->ds);
	if (st == RPC_OK && game_is_super(p->game_type))
		st = read_super(p);
	return st;
}

/* Which of the two it is, by what it answers to. */
static enum rpc_status
recognise(struct portal *p)
{
	CLEANUP(put_json) json_t *oracle = NULL, *factory = NULL;
	enum rpc_status st =
		portal_query(p, p->addr, "l2Oracle()(address)", NULL, &oracle);

	if (st == RPC_OK && !oracle)
		st = portal_query(p, p->addr, "disputeGameFactory()(address)",
				  NULL, &factory);
	if (st != RPC_OK)
		return st;
	if (oracle || factory) {
		(void)snprintf(p->outputs, sizeof(p->outputs), "%s",
			       value_text(oracle ? oracle : factory, 0));
		return oracle ? read_oracle(p) : read_games(p);
	}
	diag_err(p->ds, "E1071",
		 "%s is not a portal that this release supports", p->addr);
	diag_hint(p->ds, "check the L1 RPC and OptimismPortalProxy in 'opl2 "
			 "state show'");
	return RPC_BAD_REPLY;
}

enum rpc_status
portal_open(struct portal *p)
{
	CLEANUP(put_json) json_t *version = NULL;
	enum rpc_status st =
		portal_query(p, p->addr, "version()(string)", NULL, &version);

	if (st == RPC_OK)
		st = recognise(p);
	if (st != RPC_OK)
		return st;
	(void)snprintf(p->version, sizeof(p->version), "%s",
		       value_text(version, 0));
	return portal_refresh(p);
}

void
portal_describe(const struct portal *p, char *out, size_t n)
{
	if (p->kind == PORTAL_ORACLE)
		(void)snprintf(out, n, "OptimismPortal %s, output oracle",
			       p->version);
	else
		(void)snprintf(out, n,
			       "OptimismPortal2 %s, dispute games of type %llu",
			       p->version, (unsigned long long)p->game_type);
}

enum rpc_status
portal_try(const struct portal *p, const uint8_t hash[32],
	   const struct l2_output *o, struct l2_proof *proof, bool *same,
	   struct diags *ds)
{
	enum rpc_status st = l2_proof_get(p->l2, hash, o->block, proof, ds);
	uint8_t root[32];

	*same = false;
	if (st != RPC_OK)
		return st;
	output_root(&proof->parts, root);
	*same = memcmp(root, o->root, 32) == 0;
	return RPC_OK;
}

enum rpc_status
portal_find(const struct portal *p, uint64_t block, const uint8_t hash[32],
	    struct l2_output *out, struct l2_proof *proof, bool *found)
{
	*found = false;
	return p->kind == PORTAL_ORACLE
		       ? oracle_find(p, block, hash, out, proof, found)
		       : games_find(p, block, hash, out, proof, found);
}

enum rpc_status
portal_next_output(const struct portal *p, uint64_t block,
		   struct next_output *out)
{
	memset(out, 0, sizeof(*out));
	return p->kind == PORTAL_ORACLE ? oracle_next(p, block, out)
					: games_next(p, out);
}

enum rpc_status
portal_state(const struct portal *p, const uint8_t hash[32], const char *me,
	     struct withdrawal_state *out)
{
	CLEANUP(put_json) json_t *done = NULL;
	enum rpc_status st;

	memset(out, 0, sizeof(*out));
	st = portal_need(p, p->addr, "finalizedWithdrawals(bytes32)(bool)",
			 json_pack("[o]", hex_json(hash, 32)), &done);
	if (st != RPC_OK)
		return st;
	if (json_is_true(json_array_get(done, 0))) {
		out->stage = WITHDRAWAL_DONE;
		return RPC_OK;
	}
	return p->kind == PORTAL_ORACLE ? oracle_state(p, hash, out)
					: games_state(p, hash, me, out);
}
