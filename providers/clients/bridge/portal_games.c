/* Outputs as claims of dispute games: OptimismPortal2. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/portal.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/facts/contracts/game_status.h"

#define LOOK_BACK 100 /* games that are looked at, newest first */
#define PROVERS   20  /* proofs of one withdrawal that are looked at */

struct game {
	uint64_t type, status, created, resolved, clock, claims;
	/* Newer games remember it; of others their type tells. */
	bool was_respected;
};

/* --- one game ------------------------------------------------------------ */

static enum rpc_status
is_blacklisted(const struct portal *p, const char *game, bool *out)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st =
		portal_query(p, p->addr, "disputeGameBlacklist(address)(bool)",
			     json_pack("[s]", game), &v);

	*out = json_is_true(json_array_get(v, 0));
	return st;
}

static enum rpc_status
get_respected(const struct portal *p, const char *addr, struct game *g)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = portal_query(
		p, addr, "wasRespectedGameTypeWhenCreated()(bool)", NULL, &v);

	g->was_respected = v ? json_is_true(json_array_get(v, 0))
			     : g->type == p->game_type;
	return st;
}

static enum rpc_status
get_game(const struct portal *p, const char *addr, struct game *g)
{
	const struct {
		const char *view;
		uint64_t *out;
	} asked[] = {
		{ "gameType()(uint32)", &g->type },
		{ "status()(uint8)", &g->status },
		{ "createdAt()(uint64)", &g->created },
		{ "resolvedAt()(uint64)", &g->resolved },
		{ "maxClockDuration()(uint64)", &g->clock },
		{ "claimDataLen()(uint256)", &g->claims },
	};

	for (size_t i = 0; i < COUNTOF(asked); i++) {
		enum rpc_status st = view_u64(p->l1, addr, asked[i].view, NULL,
					      asked[i].out, p->ds);

		if (st != RPC_OK)
			return st;
	}
	return get_respected(p, addr, g);
}

/* Why the portal takes no proof by that game, or NULL. */
static enum rpc_status
why_void(const struct portal *p, const char *addr, const struct game *g,
	 const char **why)
{
	bool black;
	enum rpc_status st = is_blacklisted(p, addr, &black);

	*why = black ? "the guardian has blacklisted its game"
	       : g->status == GAME_LOST ? "its game was lost to a challenger"
	       : !g->was_respected
		       ? "its game has a type that is no longer respected"
	       : g->created <= p->game_type_since
		       ? "its game is older than the current game type"
		       : NULL;
	return st;
}

/* --- the game to prove by ------------------------------------------------ */

static enum rpc_status
game_count(const struct portal *p, uint64_t *out)
{
	return view_u64(p->l1, p->outputs, "gameCount()(uint256)", NULL, out,
			p->ds);
}

/* The newest games of the type that counts, newest first. */
static enum rpc_status
latest_games(const struct portal *p, unsigned n, json_t **list)
{
	CLEANUP(put_json) json_t *v = NULL;
	uint64_t count = 0;
	enum rpc_status st = game_count(p, &count);

	*list = NULL;
	if (st != RPC_OK || count == 0)
		return st;
	st = portal_need(p, p->outputs,
			 "findLatestGames(uint32,uint256,uint256)"
			 "((uint256,bytes32,uint64,bytes32,bytes)[])",
			 json_pack("[I, I, i]", (json_int_t)p->game_type,
				   (json_int_t)(count - 1), (int)n),
			 &v);
	*list = json_incref(json_array_get(v, 0));
	return st;
}

/* The extra data of a game: an L2 block. */
static int
read_block(const uint8_t *p, size_t n, struct l2_output *out)
{
	struct u256 block;

	if (n < 32)
		return -1;
	u256_from_be(p, 32, &block);
	return u256_fits_u64(&block, &out->block) ? 0 : -1;
}

/* Or a super root: version 1, a time, and for each chain id and output root. */
static int
read_super(const struct portal *portal, const uint8_t *p, size_t n,
	   struct l2_output *out)
{
	uint64_t at = 0, id;
	struct u256 word;

	if (n < 9 || p[0] != 1 || (n - 9) % 64 != 0)
		return -1;
	for (size_t i = 1; i < 9; i++)
		at = at << 8 | p[i];
	if (at < portal->genesis_time)
		return -1;
	out->block = (at - portal->genesis_time) / portal->block_time;
	for (size_t i = 9; i < n; i += 64) {
		u256_from_be(p + i, 32, &word);
		if (!u256_fits_u64(&word, &id) || id != portal->chain_id)
			continue;
		memcpy(out->root, p + i + 32, 32);
		return 0;
	}
	return -1;
}

/* A member of findLatestGames: index, metadata, time, root, extra data. */
static int
read_game(const struct portal *portal, const json_t *v, struct l2_output *out)
{
	uint8_t *p;
	size_t n;
	int rc;

	if (!value_word(v, 3, out->root) ||
	    hex_bytes(json_array_get(v, 4), &p, &n) < 0)
		return -1;
	out->index = value_u64(v, 0);
	out->at = value_u64(v, 2);
	rc = portal->block_time ? read_super(portal, p, n, out)
				: read_block(p, n, out);
	free(p);
	return rc;
}

static enum rpc_status
game_address(const struct portal *p, struct l2_output *out)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = portal_need(
		p, p->outputs, "gameAtIndex(uint256)(uint32,uint64,address)",
		json_pack("[I]", (json_int_t)out->index), &v);

	(void)snprintf(out->game, sizeof(out->game), "%s", value_text(v, 2));
	return st;
}

/* A game that covers the block: is it good to prove by? Games may claim
 * anything, so that one with another root is passed over, not believed. */
static enum rpc_status
try_game(const struct portal *p, const uint8_t hash[32], struct l2_output *out,
	 struct l2_proof *proof, bool *good)
{
	struct game g;
	const char *why = NULL;
	enum rpc_status st = game_address(p, out);

	*good = false;
	if (st == RPC_OK)
		st = get_game(p, out->game, &g);
	if (st == RPC_OK)
		st = why_void(p, out->game, &g, &why);
	/* Newer portals refuse a proof in the block that made the game. */
	if (st != RPC_OK || why || g.created >= p->now)
		return st;
	st = portal_try(p, hash, out, proof, good, NULL);
	/* The node need not have a block that a game only claims there is. */
	if (st == RPC_ERROR || st == RPC_BAD_REPLY)
		st = RPC_OK;
	if (st != RPC_OK)
		diag_err(p->ds, "E0801", "%s: the node returned no proof",
			 rpc_name(p->l2));
	if (!*good)
		l2_proof_done(proof);
	return st;
}

/* The oldest that will do: its clock runs out first. */
enum rpc_status
games_find(const struct portal *p, uint64_t block, const uint8_t hash[32],
	   struct l2_output *out, struct l2_proof *proof, bool *found)
{
	CLEANUP(put_json) json_t *list = NULL;
	enum rpc_status st = latest_games(p, LOOK_BACK, &list);

	for (size_t i = json_array_size(list); st == RPC_OK && i-- > 0;) {
		if (read_game(p, json_array_get(list, i), out) < 0 ||
		    out->block < block)
			continue;
		st = try_game(p, hash, out, proof, found);
		if (*found)
			break;
	}
	return st;
}

/* The proposer makes them at even intervals, which only they tell. */
enum rpc_status
games_next(const struct portal *p, struct next_output *out)
{
	CLEANUP(put_json) json_t *list = NULL;
	enum rpc_status st = latest_games(p, PACE_TIMES, &list);
	struct pace_seen seen = { .now = p->now, .ahead = 1, .ready = 1 };
	struct l2_output o;
	uint64_t due;

	while (seen.n < json_array_size(list) &&
	       read_game(p, json_array_get(list, seen.n), &o) == 0)
		seen.times[seen.n++] = o.at;
	if (seen.n < 2)
		return st;
	seen.interval = pace_usual(&seen);
	due = seen.times[0] + seen.interval;
	seen.earliest = due > seen.now ? due - seen.now : 0;
	pace_reckon(&seen, &out->pace);
	return st;
}

/* --- the state of a proof ------------------------------------------------ */

static void
portal_games_judge(const struct portal *p, const struct game *g,
		   struct withdrawal_state *out)
{
	uint64_t mature = out->proven_at + p->delay;
	uint64_t over = g->status == GAME_WON ? g->resolved + p->game_delay
					      : g->created + g->clock;

	out->disputed = g->claims > 1;
	if (g->status != GAME_WON) {
		out->stage =
			p->now > over ? WITHDRAWAL_RESOLVABLE : WITHDRAWAL_GAME;
		out->until = over;
		return;
	}
	out->until = mature > over ? mature : over;
	out->stage =
		p->now > out->until ? WITHDRAWAL_READY : WITHDRAWAL_MATURING;
}

/* The proof of one account; void or absent ones leave stage 0. */
static enum rpc_status
proof_of(const struct portal *p, const uint8_t hash[32], const char *who,
	 struct withdrawal_state *out)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = portal_need(
		p, p->addr,
		"provenWithdrawals(bytes32,address)(address,uint64)",
		json_pack("[o, s]", hex_json(hash, 32), who), &v);
	struct game g;

	if (st != RPC_OK || value_u64(v, 1) == 0)
		return st;
	memset(out, 0, sizeof(*out));
	out->proven_at = value_u64(v, 1);
	(void)snprintf(out->prover, sizeof(out->prover), "%s", who);
	(void)snprintf(out->output.game, sizeof(out->output.game), "%s",
		       value_text(v, 0));
	st = get_game(p, out->output.game, &g);
	if (st == RPC_OK)
		st = why_void(p, out->output.game, &g, &out->void_why);
	if (st == RPC_OK && !out->void_why)
		portal_games_judge(p, &g, out);
	return st;
}

static enum rpc_status
prover_at(const struct portal *p, const uint8_t hash[32], uint64_t i,
	  char who[43])
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = portal_need(
		p, p->addr, "proofSubmitters(bytes32,uint256)(address)",
		json_pack("[o, I]", hex_json(hash, 32), (json_int_t)i), &v);

	(void)snprintf(who, 43, "%s", value_text(v, 0));
	return st;
}

/* Proofs are kept for each account that sent one; anybody may finalize by
 * another's. Portals before 3.9 do not list them. */
enum rpc_status
games_state(const struct portal *p, const uint8_t hash[32], const char *me,
	    struct withdrawal_state *out)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st = *me ? proof_of(p, hash, me, out) : RPC_OK;
	uint64_t n;

	if (st != RPC_OK || out->stage != WITHDRAWAL_NO_OUTPUT)
		return st;
	st = portal_query(p, p->addr, "numProofSubmitters(bytes32)(uint256)",
			  json_pack("[o]", hex_json(hash, 32)), &v);
	n = st == RPC_OK && v ? value_u64(v, 0) : 0;
	for (uint64_t i = 0; i < n && i < PROVERS && st == RPC_OK; i++) {
		struct withdrawal_state other = {
			.stage = WITHDRAWAL_NO_OUTPUT
		};
		char who[43];

		st = prover_at(p, hash, i, who);
		if (st == RPC_OK)
			st = proof_of(p, hash, who, &other);
		if (st == RPC_OK && other.stage != WITHDRAWAL_NO_OUTPUT) {
			*out = other;
			break;
		}
	}
	return st;
}
