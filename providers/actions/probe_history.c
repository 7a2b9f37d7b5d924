/*
 * probe_l1, the past: what accounts burn, when the sender last sent, and the
 * newest output.
 *
 * What an account burns is what it owned some blocks ago less what it owns
 * now, so that nothing has to be recorded for it. The sender's newest
 * transaction is where its nonce changed: asked for at growing distances from
 * the head, then at each block in between.
 */
#include "providers/actions/probe_l1.h"

#include <strings.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/facts/pace.h"

/* How far back it looks, in blocks: nodes that keep no more have the state of
 * the last 128. */
#define BACK 120

#define GAMES "((uint256,bytes32,uint64,bytes32,bytes)[])"

/* Distances from the head at which the nonce is asked for. */
static const unsigned ladder[] = { 1,  2,  3,  4,  6,  8,  12,
				   16, 24, 32, 48, 64, 96, BACK };

struct past {
	uint64_t back; /* blocks, at most BACK */
	uint64_t then; /* time of the block that far back */
	/* The sender's newest transaction is after the block that is `far`
	 * before the head, and not after the one `near` before; 0: unknown. */
	unsigned near, far;
	/* numbers of questions */
	size_t block, first_balance, first_nonce, output, bonds;
	struct u256 held, held_then; /* in bonds */
};

static json_t *
at_distance(const struct l1_probe *l, const char *address, uint64_t distance)
{
	return json_pack("[s, o]", address,
			 quantity_from_u64(l->head - distance));
}

/* How many outputs are looked at, of so many. */
static size_t
newest(int64_t count)
{
	return count < PACE_TIMES ? (size_t)count : PACE_TIMES;
}

static void
ask_past(struct l1_probe *l, struct past *q)
{
	const char *sender = probe_option(l, "sender");
	const json_t *output = jx_get(l->out, "output"), *v;
	int64_t count = jx_int(output, "count", 0);
	size_t i;

	q->block = queries_block_at(&l->ask, l->head - q->back);
	q->first_balance = l->ask.n;
	json_array_foreach(l->accounts, i, v)
		queries_rpc(&l->ask, "eth_getBalance",
			    at_distance(l, jx_str(v, "address", ""), q->back));
	q->bonds = l->ask.n;
	for (i = 0; probe_option(l, "bonds") && i < 2; i++)
		queries_rpc(&l->ask, "eth_getBalance",
			    at_distance(l, probe_option(l, "bonds"),
					i ? q->back : 0));
	q->first_nonce = l->ask.n;
	for (i = 0; sender && i < COUNTOF(ladder); i++)
		if (ladder[i] <= l->head)
			queries_rpc(&l->ask, "eth_getTransactionCount",
				    at_distance(l, sender, ladder[i]));
	q->output = l->ask.n;
	for (i = 0; probe_option(l, "oracle") && i < newest(count); i++)
		queries_view(
			&l->ask, probe_option(l, "oracle"),
			"getL2Output(uint256)",
			json_pack("[I]", (json_int_t)(count - 1 - (int64_t)i)));
	if (count > 0 && probe_option(l, "games"))
		queries_view(&l->ask, probe_option(l, "games"),
			     "findLatestGames(uint32,uint256,uint256)",
			     json_pack("[I, I, I]",
				       (json_int_t)jx_int(l->op->config,
							  "game_type", 0),
				       (json_int_t)count - 1, (json_int_t)1));
}

/* What an account spends a day, and for how many hours it has enough. */
static void
take_burn(const struct l1_probe *l, const struct past *q, json_t *one,
	  struct u256 before)
{
	uint64_t hours, seconds = l->at - q->then;
	struct u256 now, all, spent, day, left;

	if (seconds == 0 || u256_parse(jx_str(one, "balance", ""), &now))
		return;
	all = now;
	if (!strcasecmp(jx_str(one, "address", ""),
			jx_str(l->op->config, "bonds_of", "-")) &&
	    (u256_add(&all, &q->held, &all) ||
	     u256_add(&before, &q->held_then, &before)))
		return;
	if (u256_sub(&before, &all, &spent) || u256_is_zero(&spent))
		return;
	day = u256_from(86400);
	if (u256_mul(&spent, &day, &day))
		return;
	left = u256_from(seconds);
	u256_div(&day, &left, &day, NULL);
	probe_put_wei(one, "burn_per_day", &day);
	left = u256_from(24);
	if (u256_is_zero(&day) || u256_mul(&now, &left, &left))
		return;
	u256_div(&left, &day, &left, NULL);
	if (u256_fits_u64(&left, &hours) && hours <= INT64_MAX)
		json_object_set_new(one, "hours_left",
				    json_integer((json_int_t)hours));
}

static void
find_change(const struct l1_probe *l, struct past *q)
{
	uint64_t nonce;
	unsigned near = 0;

	for (size_t k = 0; k < COUNTOF(ladder) && ladder[k] <= l->head; k++) {
		if (!queries_u64(&l->ask, q->first_nonce + k, &nonce))
			return; /* it keeps no older state */
		if (nonce < l->nonce) {
			q->near = near;
			q->far = ladder[k];
			return;
		}
		near = ladder[k];
	}
}

static void
take_root(json_t *o, const json_t *v, const json_t *root, const json_t *time,
	  const json_t *block)
{
	if (!v)
		return;
	json_object_set_new(o, "root", jx_share(root));
	probe_put_number(o, "time", time);
	probe_put_number(o, "block", block);
}

/* When the newest ones were told, for how long it takes to the next. */
static void
take_times(struct l1_probe *l, json_t *o, size_t first)
{
	size_t n = newest(jx_int(o, "count", 0)), i;
	json_t *times = json_array();

	json_object_set_new(o, "times", times);
	for (i = 0; i < n; i++) {
		CLEANUP(put_json)
		json_t *v = queries_values(&l->ask, first + i,
					   "((bytes32,uint128,uint128))");
		CLEANUP(put_json) json_t *one = json_object();

		probe_put_number(one, "time",
				 json_array_get(json_array_get(v, 0), 1));
		if (!jx_get(one, "time"))
			return;
		json_array_append_new(times, jx_share(jx_get(one, "time")));
	}
}

/* The block's number is the oracle's own, or the game's extra data. */
static void
take_output(struct l1_probe *l, size_t i)
{
	json_t *o = json_object_get(l->out, "output");
	CLEANUP(put_json) json_t *v = NULL;
	const json_t *one;

	if (probe_option(l, "oracle")) {
		v = queries_values(&l->ask, i, "((bytes32,uint128,uint128))");
		one = json_array_get(v, 0);
		take_root(o, one, json_array_get(one, 0),
			  json_array_get(one, 1), json_array_get(one, 2));
		take_times(l, o, i);
		return;
	}
	v = queries_values(&l->ask, i, GAMES);
	one = json_array_get(json_array_get(v, 0), 0);
	take_root(o, one, json_array_get(one, 3), json_array_get(one, 2),
		  json_array_get(one, 4));
	if (one)
		probe_put_number(o, "index", json_array_get(one, 0));
}

/* The time of a block between the head and the oldest one looked at. */
static uint64_t
time_of(const struct l1_probe *l, const struct past *q, uint64_t distance)
{
	return q->back ? l->at - (l->at - q->then) * distance / q->back : l->at;
}

/* Narrows the change of the nonce down to its block. */
static enum outcome
find_sent(struct l1_probe *l, struct past *q)
{
	const char *sender = probe_option(l, "sender");
	enum rpc_status st;
	uint64_t nonce;
	unsigned d = q->near;

	if (q->far == 0)
		return OC_OK;
	queries_reset(&l->ask);
	for (unsigned k = q->near + 1; k < q->far; k++)
		queries_rpc(&l->ask, "eth_getTransactionCount",
			    at_distance(l, sender, k));
	st = queries_send(&l->ask, l->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	while (d + 1 < q->far && queries_u64(&l->ask, d - q->near, &nonce) &&
	       nonce == l->nonce)
		d++;
	json_object_set_new(l->out, "sent",
			    json_pack("{s:I, s:I}", "block",
				      (json_int_t)(l->head - d), "time",
				      (json_int_t)time_of(l, q, d)));
	return OC_OK;
}

static void
take_past(struct l1_probe *l, struct past *q)
{
	CLEANUP(put_json) json_t *block = queries_head(&l->ask, q->block);
	struct u256 before;
	json_t *one;
	size_t i;

	q->then = block ? (uint64_t)jx_int(block, "time", 0) : l->at;
	if (probe_option(l, "bonds") &&
	    (!queries_u256(&l->ask, q->bonds, &q->held) ||
	     !queries_u256(&l->ask, q->bonds + 1, &q->held_then)))
		q->held = q->held_then = u256_from(0);
	json_array_foreach(l->accounts, i, one)
		if (queries_u256(&l->ask, q->first_balance + i, &before))
			take_burn(l, q, one, before);
	if (probe_option(l, "sender") && block)
		find_change(l, q);
	take_output(l, q->output);
}

enum outcome
probe_history(struct l1_probe *l)
{
	/* Block 0 has the time that somebody wrote into its genesis. */
	uint64_t back = l->head > 0 ? l->head - 1 : 0;
	struct past q = { .back = back < BACK ? back : BACK };
	enum rpc_status st;

	queries_reset(&l->ask);
	ask_past(l, &q);
	st = queries_send(&l->ask, l->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	take_past(l, &q);
	json_object_set_new(l->out, "looked_back",
			    json_integer((json_int_t)q.back));
	return find_sent(l, &q);
}
