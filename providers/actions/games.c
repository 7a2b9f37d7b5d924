/*
 * games: the dispute games of a chain, and what ends them: to resolve the ones
 * that nobody disputes, and to claim the bonds back. Anybody may do both.
 *
 * config: {l1_rpc, l1_chain_id, factory, count, step: "list" | "resolve" |
 *          "claim", [from: KEY]}
 *	   count: how many of the newest games are looked at
 * answer: {now, games: [GAME], done: [{game, what}], transactions: act_tx.fees}
 * GAME: {index, game, type, time, block, root, creator, status, claims,
 *        clock_s, bond, credit, unlocked}, newest first
 *	   status: enum game_status; block: absent where it is not about one
 *	   credit: what the creator may claim, in wei
 *	   unlocked: the bond's contract was told, and its delay runs (newer
 *	   games)
 */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/evm/queries.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/act_send.h"
#include "providers/facts/contracts/game_status.h"

/* parentIndex, counteredBy, claimant, bond, claim, position, clock */
#define CLAIM "(uint32,address,address,uint128,bytes32,uint128,uint128)"

struct job {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct queries ask;
	struct effect_sender s;
	json_t *games, *done, *fees; /* owned */
	int64_t now;                 /* time of the newest L1 block */
};

static void
job_done(struct job *j)
{
	queries_done(&j->ask);
	effect_sender_done(&j->s);
	json_decref(j->games);
	json_decref(j->done);
	json_decref(j->fees);
}

static enum outcome
ask_all(struct job *j)
{
	return rpc_outcome(queries_send(&j->ask, j->ctx->ds));
}

/* --- what there is -------------------------------------------------------- */

static enum outcome
find_count(struct job *j, uint64_t *count)
{
	const char *factory = jx_str(j->op->config, "factory", "");
	CLEANUP(put_json) json_t *v = NULL;
	const json_t *block;
	size_t n, head;
	uint64_t now = 0;
	enum outcome oc;

	queries_reset(&j->ask);
	n = queries_view(&j->ask, factory, "gameCount()", NULL);
	head = queries_block(&j->ask, "latest");
	oc = ask_all(j);
	if (oc != OC_OK)
		return oc;
	block = queries_answer(&j->ask, head);
	v = queries_values(&j->ask, n, "(uint256)");
	if (!v || quantity_u64(jx_get(block, "timestamp"), &now)) {
		diag_err(j->ctx->ds, "E0831",
			 "%s does not answer to 'gameCount()'", factory);
		return OC_FAIL;
	}
	*count = value_u64(v, 0);
	j->now = (int64_t)now;
	return OC_OK;
}

/* The newest ones, of every type, newest first. */
static enum outcome
find_games(struct job *j)
{
	const char *factory = jx_str(j->op->config, "factory", "");
	uint64_t count = 0, n = (uint64_t)jx_int(j->op->config, "count", 20);
	enum outcome oc = find_count(j, &count);

	if (oc != OC_OK || count == 0)
		return oc;
	if (n > count)
		n = count;
	queries_reset(&j->ask);
	for (uint64_t i = 0; i < n; i++)
		(void)queries_view(
			&j->ask, factory, "gameAtIndex(uint256)",
			json_pack("[I]", (json_int_t)(count - 1 - i)));
	oc = ask_all(j);
	for (uint64_t i = 0; oc == OC_OK && i < n; i++) {
		CLEANUP(put_json)
		json_t *v =
			queries_values(&j->ask, i, "(uint32,uint64,address)");

		if (!v)
			continue;
		json_array_append_new(
			j->games, json_pack("{s:I, s:I, s:I, s:s}", "index",
					    (json_int_t)(count - 1 - i), "type",
					    (json_int_t)value_u64(v, 0), "time",
					    (json_int_t)value_u64(v, 1), "game",
					    value_text(v, 2)));
	}
	return oc;
}

static const struct {
	const char *key, *view;
} numbers[] = {
	{ "status", "status()" },
	{ "claims", "claimDataLen()" },
	{ "clock_s", "maxClockDuration()" },
	{ "block", "l2SequenceNumber()" }, /* newer games */
	{ "block", "l2BlockNumber()" },
};

/* What a claim over several chains is about is a time. */
static bool
is_block_of_none(const json_t *game, const char *key)
{
	return strcmp(key, "block") == 0 &&
	       game_is_super((uint64_t)jx_int(game, "type", 0));
}

static void
put_numbers(struct job *j, json_t *game, size_t first)
{
	for (size_t i = 0; i < COUNTOF(numbers); i++) {
		CLEANUP(put_json)
		json_t *v = queries_values(&j->ask, first + i, "(uint256)");

		if (v && !jx_get(game, numbers[i].key) &&
		    !is_block_of_none(game, numbers[i].key))
			json_object_set_new(
				game, numbers[i].key,
				json_integer((json_int_t)value_u64(v, 0)));
	}
}

static void
put_claim(struct job *j, json_t *game, size_t at)
{
	CLEANUP(put_json) json_t *v = queries_values(&j->ask, at, CLAIM);

	if (!v)
		return;
	json_object_set(game, "creator", json_array_get(v, 2));
	json_object_set(game, "bond", json_array_get(v, 3));
	json_object_set(game, "root", json_array_get(v, 4));
}

static enum outcome
find_states(struct job *j)
{
	json_t *game;
	size_t i, each = COUNTOF(numbers) + 1;
	enum outcome oc;

	queries_reset(&j->ask);
	json_array_foreach(j->games, i, game) {
		const char *at = jx_str(game, "game", "");

		for (size_t k = 0; k < COUNTOF(numbers); k++)
			(void)queries_view(&j->ask, at, numbers[k].view, NULL);
		(void)queries_view(&j->ask, at, "claimData(uint256)",
				   json_pack("[i]", 0));
	}
	oc = ask_all(j);
	if (oc != OC_OK)
		return oc;
	json_array_foreach(j->games, i, game) {
		put_numbers(j, game, i * each);
		put_claim(j, game, i * each + each - 1);
	}
	return OC_OK;
}

/* What whoever made a game has to get back. */
static enum outcome
find_credits(struct job *j)
{
	json_t *game;
	enum outcome oc;
	size_t i;

	queries_reset(&j->ask);
	json_array_foreach(j->games, i, game) {
		const char *at = jx_str(game, "game", "");
		const char *who = jx_str(game, "creator", at);

		(void)queries_view(&j->ask, at, "credit(address)",
				   json_pack("[s]", who));
		(void)queries_view(&j->ask, at, "hasUnlockedCredit(address)",
				   json_pack("[s]", who));
	}
	oc = ask_all(j);
	if (oc != OC_OK)
		return oc;
	json_array_foreach(j->games, i, game) {
		CLEANUP(put_json)
		json_t *credit = queries_values(&j->ask, 2 * i, "(uint256)");
		CLEANUP(put_json)
		json_t *unlocked = queries_values(&j->ask, 2 * i + 1, "(bool)");

		if (credit)
			json_object_set(game, "credit",
					json_array_get(credit, 0));
		if (unlocked)
			json_object_set(game, "unlocked",
					json_array_get(unlocked, 0));
	}
	return OC_OK;
}

static enum outcome
games_look(struct job *j)
{
	enum outcome oc;

	json_array_clear(j->games);
	oc = find_games(j);
	if (oc == OC_OK)
		oc = find_states(j);
	return oc == OC_OK ? find_credits(j) : oc;
}

/* --- what ends them --------------------------------------------------------
 */

/* Would the L1 accept the call now? Others may be first, and the contracts'
 * delays are theirs to know. */
static bool
is_accepted(struct job *j, const char *to, const json_t *data)
{
	CLEANUP(put_json) json_t *v = NULL;
	struct diags quiet;
	enum rpc_status st;

	diags_init(&quiet);
	st = rpc_call(j->s.rpc, "eth_call",
		      json_pack("[{s:s, s:s, s:O}, s]", "from", j->s.addr, "to",
				to, "data", (json_t *)(uintptr_t)data,
				"latest"),
		      &v, &quiet);
	diags_done(&quiet);
	return st == RPC_OK;
}

/* Sends a call of a game unless the L1 would refuse it. args is stolen. */
static enum outcome
call_game(struct job *j, const char *game, const char *what,
	  const char *function, json_t *args)
{
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	CLEANUP(put_json) json_t *given = args, *data = NULL;
	struct act_tx t = {
		.what = what, .key = game, .to = game, .fees = j->fees
	};
	bool resumed;
	enum outcome oc;

	if (abi_encode_call(&call, function, given, j->ctx->ds) < 0)
		return OC_FAIL;
	data = hex_json(call.p, call.n);
	if (!is_accepted(j, game, data))
		return OC_OK;
	t.data = data;
	effect_progress(j->ctx, "sends '%s' of game %s", what, game);
	oc = act_send(j->ctx, j->op, &j->s, &t, &l, &resumed);
	if (oc == OC_OK)
		json_array_append_new(j->done, json_pack("{s:s, s:s}", "game",
							 game, "what", what));
	return oc;
}

static enum outcome
resolve_one(struct job *j, const json_t *game)
{
	const char *at = jx_str(game, "game", "");
	int64_t end = jx_int(game, "time", 0) + jx_int(game, "clock_s", 0);
	enum outcome oc;

	/* A disputed game is its challenger's. */
	if (jx_int(game, "status", -1) != GAME_RUNS ||
	    jx_int(game, "claims", 0) != 1 || j->now < end)
		return OC_OK;
	oc = call_game(j, at, "resolve-claim", "resolveClaim(uint256,uint256)",
		       json_pack("[i, i]", 0, 0));
	return oc == OC_OK
		       ? call_game(j, at, "resolve", "resolve()", json_array())
		       : oc;
}

/* In newer games the first call begins the delay of the bond's contract, and
 * the second pays. */
static enum outcome
claim_one(struct job *j, const json_t *game)
{
	const char *at = jx_str(game, "game", "");
	const char *creator = jx_str(game, "creator", NULL);
	bool first =
		jx_get(game, "unlocked") && !jx_bool(game, "unlocked", true);

	if (!creator || jx_int(game, "status", GAME_RUNS) == GAME_RUNS ||
	    strcmp(jx_str(game, "credit", "0"), "0") == 0)
		return OC_OK;
	return call_game(j, at, first ? "unlock-bond" : "claim-bond",
			 "claimCredit(address)", json_pack("[s]", creator));
}

static enum outcome
do_all(struct job *j, enum outcome (*one)(struct job *j, const json_t *game))
{
	size_t n = json_array_size(j->games);
	enum outcome oc = OC_OK;

	/* Oldest first. */
	while (oc == OC_OK && n-- > 0)
		oc = one(j, json_array_get(j->games, n));
	return oc;
}

static enum outcome
games_act(struct job *j, const char *step)
{
	const struct u256 nothing = u256_from(0);
	enum outcome oc = act_sender(j->ctx, j->op, "l1", &nothing, &j->s);

	if (oc == OC_OK)
		oc = act_finish(j->ctx, j->op, &j->s);
	if (oc == OC_OK)
		oc = do_all(j, strcmp(step, "claim") == 0 ? claim_one
							  : resolve_one);
	return oc == OC_OK ? games_look(j) : oc;
}

static enum outcome
games_run(struct effect_ctx *ctx, const struct effect_op *op,
	  struct effect_result *out)
{
	const char *step = jx_str(op->config, "step", "list");
	CLEANUP(job_done)
	struct job j = { .ctx = ctx,
			 .op = op,
			 .games = json_array(),
			 .done = json_array(),
			 .fees = json_array() };
	enum outcome oc;

	j.ask.rpc = effect_rpc_quick(
		ctx, op, "l1_rpc",
		(uint64_t)jx_int(op->config, "l1_chain_id", 0));
	if (!j.ask.rpc)
		return OC_FAIL;
	oc = rpc_outcome(rpc_check_chain(j.ask.rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = games_look(&j);
	if (oc == OC_OK && strcmp(step, "list") != 0)
		oc = games_act(&j, step);
	if (oc == OC_OK)
		out->attrs = json_pack("{s:I, s:O, s:O, s:O}", "now",
				       (json_int_t)j.now, "games", j.games,
				       "done", j.done, "transactions", j.fees);
	return oc;
}

const struct action action_games = {
	.name = "games",
	.run = games_run,
};
