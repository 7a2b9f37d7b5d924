/*
 * probe_l1, the games: what is claimed by the newest ones of the type that
 * counts, who made them, and how far they are. Anybody may make one, and one
 * that nobody disputes is won when its clock has run out, whatever it claims.
 */
#include "providers/actions/probe_l1.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"

#define BACK  20 /* games */
#define FOUND "((uint256,bytes32,uint64,bytes32,bytes)[])"
/* parentIndex, counteredBy, claimant, bond, claim, position, clock */
#define CLAIM "(uint32,address,address,uint128,bytes32,uint128,uint128)"

struct seen_game {
	size_t at, status, claims, clock, claim; /* numbers of questions */
	json_t *o;
};

static void
put_view(const struct l1_probe *l, json_t *to, const char *key, size_t question)
{
	CLEANUP(put_json)
	json_t *v = queries_values(&l->ask, question, "(uint256)");

	probe_put_number(to, key, json_array_get(v, 0));
}

/* The newest of the type that counts: new reference to a list, or NULL. */
static enum rpc_status
find_newest(struct l1_probe *l, json_t **list)
{
	int64_t count = jx_int(jx_get(l->out, "output"), "count", 0);
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st;
	size_t q;

	*list = NULL;
	if (count == 0)
		return RPC_OK;
	queries_reset(&l->ask);
	q = queries_view(
		&l->ask, probe_option(l, "games"),
		"findLatestGames(uint32,uint256,uint256)",
		json_pack("[I, I, i]",
			  (json_int_t)jx_int(l->op->config, "game_type", 0),
			  (json_int_t)count - 1, BACK));
	st = queries_send(&l->ask, l->ctx->ds);
	if (st != RPC_OK)
		return st;
	v = queries_values(&l->ask, q, FOUND);
	*list = jx_share(json_array_get(v, 0));
	return RPC_OK;
}

/* index, metadata, time, root, L2 block */
static json_t *
game_of(const json_t *v)
{
	json_t *o = json_pack("{s:O}", "root",
			      (json_t *)(uintptr_t)json_array_get(v, 3));

	probe_put_number(o, "index", json_array_get(v, 0));
	probe_put_number(o, "time", json_array_get(v, 2));
	probe_put_number(o, "block", json_array_get(v, 4));
	return o;
}

static enum rpc_status
find_addresses(struct l1_probe *l, struct seen_game *games, size_t n)
{
	enum rpc_status st;

	queries_reset(&l->ask);
	for (size_t i = 0; i < n; i++)
		games[i].at = queries_view(
			&l->ask, probe_option(l, "games"),
			"gameAtIndex(uint256)",
			json_pack("[I]",
				  (json_int_t)jx_int(games[i].o, "index", 0)));
	st = queries_send(&l->ask, l->ctx->ds);
	for (size_t i = 0; st == RPC_OK && i < n; i++) {
		CLEANUP(put_json)
		json_t *v = queries_values(&l->ask, games[i].at,
					   "(uint32,uint64,address)");

		if (v)
			json_object_set(games[i].o, "game",
					json_array_get(v, 2));
	}
	return st;
}

static enum rpc_status
find_states(struct l1_probe *l, struct seen_game *games, size_t n)
{
	enum rpc_status st;

	queries_reset(&l->ask);
	for (size_t i = 0; i < n; i++) {
		struct seen_game *g = &games[i];
		const char *at = jx_str(g->o, "game", "");

		g->status = queries_view(&l->ask, at, "status()", NULL);
		g->claims = queries_view(&l->ask, at, "claimDataLen()", NULL);
		g->clock =
			queries_view(&l->ask, at, "maxClockDuration()", NULL);
		g->claim = queries_view(&l->ask, at, "claimData(uint256)",
					json_pack("[i]", 0));
	}
	st = queries_send(&l->ask, l->ctx->ds);
	for (size_t i = 0; st == RPC_OK && i < n; i++) {
		struct seen_game *g = &games[i];
		CLEANUP(put_json)
		json_t *claim = queries_values(&l->ask, g->claim, CLAIM);

		put_view(l, g->o, "status", g->status);
		put_view(l, g->o, "claims", g->claims);
		put_view(l, g->o, "clock_s", g->clock);
		/* who makes a game makes its first claim */
		if (claim)
			json_object_set(g->o, "creator",
					json_array_get(claim, 2));
	}
	return st;
}

enum outcome
probe_games(struct l1_probe *l)
{
	CLEANUP(put_json) json_t *list = NULL;
	struct seen_game games[BACK] = { 0 };
	json_t *out = json_array();
	enum rpc_status st;
	size_t n;

	json_object_set_new(l->out, "games", out);
	st = find_newest(l, &list);
	n = json_array_size(list) < BACK ? json_array_size(list) : BACK;
	for (size_t i = 0; i < n; i++)
		games[i].o = game_of(json_array_get(list, i));
	if (st == RPC_OK)
		st = find_addresses(l, games, n);
	if (st == RPC_OK)
		st = find_states(l, games, n);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, games[i].o);
	return rpc_outcome(st);
}
