/*
 * probe_l1: what the L1 says of a chain.
 *
 * config: {rpc, chain_id (0: any), accounts: [address], sender (one of them,
 *	    or absent), oracle, games, system_config (addresses, or absent),
 *	    game_type, bonds (the contract that holds those of games, or
 *	    absent), bonds_of (the one of accounts that makes the games)}
 * answer: {latest, safe, finalized: {number, time, hash},
 *	    fork, next_fork, next_fork_time (providers/clients/evm/l1_fork.h),
 *	    accounts: [{address, balance, nonce, burn_per_day, hours_left}],
 *	    sent: {block, time}, of the sender's newest transaction,
 *	    looked_back, in L1 blocks,
 *	    system: {batcher, signer}, proposer (of the oracle),
 *	    output: {kind: "oracle"|"games", count, index, block, root, time,
 *	    next_block, times: of the oracle's newest, newest first},
 *	    games: [{index, game, creator, root, block, time, clock_s, claims,
 *	    status (0 runs, 1 is lost, 2 is won)}], the newest first}
 * What the L1 does not say is left out; `sent` also when there was none in the
 * blocks looked at. Amounts are wei as decimal text.
 *
 * How it works: three requests, and three for the games. What an account burns
 * is what it owned some blocks ago less what it owns now: nothing has to be
 * recorded for it, and nodes keep the state of 128 blocks. The newest
 * transaction of a sender is found by where its nonce changed. A bond is not
 * spent: what the contract holds counts as owned by who makes the games.
 */
#include "providers/actions/probe_l1.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/evm/l1_fork.h"
#include "providers/clients/rpc/effect_rpc.h"

const char *
probe_option(const struct l1_probe *l, const char *key)
{
	return jx_str(l->op->config, key, NULL);
}

void
probe_put_wei(json_t *to, const char *key, const struct u256 *v)
{
	char text[79];

	u256_dec(v, text);
	json_object_set_new(to, key, json_string(text));
}

void
probe_put_number(json_t *to, const char *key, const json_t *v)
{
	const char *text = json_string_value(v);
	struct u256 n;
	uint64_t small;

	if (text && u256_parse(text, &n) == 0 && u256_fits_u64(&n, &small) &&
	    small <= INT64_MAX)
		json_object_set_new(to, key, json_integer((json_int_t)small));
}

static void
probe_l1_put_head(struct l1_probe *l, const char *key, size_t i)
{
	json_t *head = queries_head(&l->ask, i);

	if (head)
		json_object_set_new(l->out, key, head);
}

struct now {                         /* numbers of questions */
	struct l1_fork_queries fork; /* the newest block is of it */
	size_t safe, finalized, batcher, signer, proposer;
	size_t index, next, count, first_account;
};

static void
ask_now(struct l1_probe *l, struct now *q)
{
	const char *system = probe_option(l, "system_config");
	const char *oracle = probe_option(l, "oracle");
	const char *games = probe_option(l, "games");
	const json_t *v;
	size_t i;

	l1_fork_query(&l->ask, &q->fork);
	q->safe = queries_block(&l->ask, "safe");
	q->finalized = queries_block(&l->ask, "finalized");
	if (system) {
		q->batcher =
			queries_view(&l->ask, system, "batcherHash()", NULL);
		q->signer = queries_view(&l->ask, system, "unsafeBlockSigner()",
					 NULL);
	}
	if (oracle) {
		q->proposer = queries_view(&l->ask, oracle, "proposer()", NULL);
		q->index = queries_view(&l->ask, oracle, "latestOutputIndex()",
					NULL);
		q->next = queries_view(&l->ask, oracle, "nextBlockNumber()",
				       NULL);
	}
	if (games)
		q->count = queries_view(&l->ask, games, "gameCount()", NULL);
	q->first_account = l->ask.n;
	json_array_foreach(jx_get(l->op->config, "accounts"), i, v) {
		queries_rpc(
			&l->ask, "eth_getBalance",
			json_pack("[O, s]", (json_t *)(uintptr_t)v, "latest"));
		queries_rpc(
			&l->ask, "eth_getTransactionCount",
			json_pack("[O, s]", (json_t *)(uintptr_t)v, "latest"));
	}
}

/* The one value of a view: new reference or NULL. */
static json_t *
view_value(const struct l1_probe *l, size_t i, const char *types)
{
	CLEANUP(put_json) json_t *list = queries_values(&l->ask, i, types);

	return list ? jx_share(json_array_get(list, 0)) : NULL;
}

static bool
view_u64(const struct l1_probe *l, size_t i, uint64_t *out)
{
	CLEANUP(put_json) json_t *v = view_value(l, i, "(uint256)");
	const char *text = json_string_value(v);
	struct u256 n;

	return text && u256_parse(text, &n) == 0 && u256_fits_u64(&n, out);
}

static void
put_view(struct l1_probe *l, json_t *to, const char *key, size_t i,
	 const char *types)
{
	json_t *v = view_value(l, i, types);

	if (v)
		json_object_set_new(to, key, v);
}

static void
take_accounts(struct l1_probe *l, size_t i)
{
	const char *sender = probe_option(l, "sender");
	const json_t *address;
	struct u256 wei;
	uint64_t nonce;
	size_t k;

	json_array_foreach(jx_get(l->op->config, "accounts"), k, address) {
		json_t *one = json_pack("{s:O}", "address",
					(json_t *)(uintptr_t)address);

		json_array_append_new(l->accounts, one);
		if (queries_u256(&l->ask, i++, &wei))
			probe_put_wei(one, "balance", &wei);
		if (!queries_u64(&l->ask, i++, &nonce))
			continue;
		json_object_set_new(one, "nonce",
				    json_integer((json_int_t)nonce));
		if (sender && !strcmp(json_string_value(address), sender))
			l->nonce = nonce;
	}
}

/* The newest output by the oracle's word, as far as one request tells. */
static void
take_oracle(struct l1_probe *l, const struct now *q)
{
	json_t *o = json_pack("{s:s, s:i}", "kind", "oracle", "count", 0);
	uint64_t v;

	json_object_set_new(l->out, "output", o);
	if (view_u64(l, q->next, &v))
		json_object_set_new(o, "next_block",
				    json_integer((json_int_t)v));
	if (!view_u64(l, q->index, &v))
		return; /* there is none yet */
	json_object_set_new(o, "index", json_integer((json_int_t)v));
	json_object_set_new(o, "count", json_integer((json_int_t)v + 1));
}

static void
take_games(struct l1_probe *l, const struct now *q)
{
	uint64_t n = 0;

	view_u64(l, q->count, &n);
	json_object_set_new(l->out, "output",
			    json_pack("{s:s, s:I}", "kind", "games", "count",
				      (json_int_t)n));
}

static void
take_fork(struct l1_probe *l, const struct l1_fork_queries *q)
{
	struct l1_fork f;

	l1_fork_take(&l->ask, q, &f);
	json_object_set_new(l->out, "fork", json_string(f.now));
	if (!f.next)
		return;
	json_object_set_new(l->out, "next_fork", json_string(f.next));
	json_object_set_new(l->out, "next_fork_time",
			    json_integer(f.next_time));
}

static enum outcome
take_now(struct l1_probe *l, const struct now *q)
{
	const json_t *latest;

	probe_l1_put_head(l, "latest", q->fork.block);
	probe_l1_put_head(l, "safe", q->safe);
	probe_l1_put_head(l, "finalized", q->finalized);
	latest = jx_get(l->out, "latest");
	if (!latest) {
		diag_err(l->ctx->ds, "E0811", "%s: it returned no newest block",
			 rpc_name(l->ask.rpc));
		return OC_FAIL;
	}
	l->head = (uint64_t)jx_int(latest, "number", 0);
	l->at = (uint64_t)jx_int(latest, "time", 0);
	take_fork(l, &q->fork);
	if (probe_option(l, "system_config")) {
		json_t *system = json_object();

		put_view(l, system, "batcher", q->batcher, "(bytes32)");
		put_view(l, system, "signer", q->signer, "(address)");
		json_object_set_new(l->out, "system", system);
	}
	if (probe_option(l, "oracle")) {
		put_view(l, l->out, "proposer", q->proposer, "(address)");
		take_oracle(l, q);
	}
	if (probe_option(l, "games"))
		take_games(l, q);
	take_accounts(l, q->first_account);
	return OC_OK;
}

static enum outcome
probe_l1_state(struct l1_probe *l)
{
	struct now q = { 0 };
	enum rpc_status st = rpc_check_chain(l->ask.rpc, NULL, l->ctx->ds);
	enum outcome oc;

	if (st != RPC_OK)
		return rpc_outcome(st);
	ask_now(l, &q);
	st = queries_send(&l->ask, l->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	oc = take_now(l, &q);
	if (oc == OC_OK)
		oc = probe_history(l);
	return oc == OC_OK && probe_option(l, "games") ? probe_games(l) : oc;
}

static enum outcome
probe_l1_run(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(put_json) json_t *answer = json_object();
	struct l1_probe l = { .ctx = ctx, .op = op, .out = answer };
	enum outcome oc = OC_FAIL;

	l.accounts = json_array();
	json_object_set_new(answer, "accounts", l.accounts);
	if (queries_init(&l.ask, ctx, op, "rpc") == 0)
		oc = probe_l1_state(&l);
	queries_done(&l.ask);
	if (oc == OC_OK)
		out->attrs = TAKE(answer);
	return oc;
}

const struct action action_probe_l1 = {
	.name = "probe_l1",
	.run = probe_l1_run,
};
