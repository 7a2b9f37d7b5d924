/*
 * deploy_config: the JSON that the deployment scripts and `op-node genesis l2`
 * read. Its identity is its folder, .opl2/files/deploy_config.NAME; writing it
 * again is harmless.
 *
 * Every rule that the two readers or the contracts' constructors would enforce
 * later, half-way through a deployment, is checked here while planning.
 */
#include "engine/kind/kind.h"

#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/embed.h"
#include "providers/facts/managed_place.h"
#include "providers/facts/rules.h"
#include "providers/kinds/deploy_config/deploy_render.h"

#define GAME_DEPTH_MAX 125    /* MAX_POSITION_BITLEN - 1 */
#define BATCHER_TX_MAX 130673 /* MaxInputSize of alt-DA, + 1 */

struct view {
	struct kind_ctx *ctx;
	const json_t *config, *unknown;
};

static bool
known(const struct view *v, const char *pointer)
{
	return !is_unknown(v->unknown, pointer) &&
	       jx_at(v->config, pointer) != NULL;
}

static bool
known_int(const struct view *v, const char *key, int64_t *out)
{
	char pointer[80];

	(void)snprintf(pointer, sizeof(pointer), "/%s", key);
	*out = jx_int(v->config, key, 0);
	return known(v, pointer);
}

static bool
known_seconds(const struct view *v, const char *key, int64_t *out)
{
	char pointer[80];

	(void)snprintf(pointer, sizeof(pointer), "/%s", key);
	*out = deploy_seconds(v->config, key);
	return known(v, pointer) && *out >= 0;
}

/* An error at /key; returns 1, to be added up. */
static int
deploy_config_bad(const struct view *v, const char *key, const char *hint)
{
	diag_path(v->ctx->ds, "/%s", key);
	if (hint)
		diag_hint(v->ctx->ds, "%s", hint);
	return 1;
}

static bool
in_registry(struct kind_ctx *ctx, int64_t id)
{
	const struct embed *e = embed_find("superchain-chain-ids.json");
	CLEANUP(put_json) json_t *ids = NULL;

	if (e)
		ids = jx_parse(e->start, (size_t)(e->end - e->start), e->path,
			       ctx->ds);
	for (size_t i = 0; i < json_array_size(ids); i++)
		if (json_integer_value(json_array_get(ids, i)) == id)
			return true;
	return false;
}

static int
check_chain_ids(const struct view *v)
{
	static const char *const keys[] = { "l1_chain_id", "l2_chain_id" };
	struct diags *ds = v->ctx->ds;
	int64_t id, l1, l2;
	int n = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (known_int(v, keys[i], &id) && (id == 900 || id == 1337)) {
			diag_err(ds, "E0401", "chain id %lld is reserved",
				 (long long)id);
			n += deploy_config_bad(
				v, keys[i],
				"the deployment scripts use 900 and 1337 for "
				"tests: choose another id");
		}
	if (known_int(v, "l2_chain_id", &l2) && in_registry(v->ctx, l2)) {
		diag_err(ds, "E0402",
			 "chain id %lld belongs to a chain of the superchain "
			 "registry",
			 (long long)l2);
		n += deploy_config_bad(
			v, "l2_chain_id",
			"op-geth and op-node would use that chain's upgrade "
			"times: choose an unused id");
	}
	if (known_int(v, "l1_chain_id", &l1) &&
	    known_int(v, "l2_chain_id", &l2) && l1 == l2) {
		diag_err(ds, "E0403", "L1 and L2 have the same chain id %lld",
			 (long long)l2);
		n += deploy_config_bad(v, "l2_chain_id",
				       "choose another id for the L2");
	}
	return n;
}

/* Durations end up as whole seconds; some must not be zero. */
static int
check_durations(const struct view *v)
{
	static const struct {
		const char *key;
		bool zero;
	} keys[] = {
		{ "l1_block_time", false },
		{ "l2_block_time", false },
		{ "max_sequencer_drift", false },
		{ "finalization_period", false },
		{ "fault_game_clock_extension", true },
		{ "fault_game_max_clock_duration", false },
		{ "fault_game_withdrawal_delay", true },
		{ "preimage_oracle_challenge_period", true },
		{ "proof_maturity_delay", true },
		{ "dispute_game_finality_delay", true },
	};
	int64_t l1, l2;
	int n = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		const char *s = jx_str(v->config, keys[i].key, NULL);
		int64_t secs = deploy_seconds(v->config, keys[i].key);

		if (!s || secs > 0 || (secs == 0 && keys[i].zero))
			continue;
		if (secs == 0) {
			diag_err(v->ctx->ds, "E0406", "'%s' must not be zero",
				 keys[i].key);
			n += deploy_config_bad(v, keys[i].key, NULL);
			continue;
		}
		diag_err(v->ctx->ds, "E0405",
			 "'%s' is %s, not a number of whole seconds",
			 keys[i].key, s);
		n += deploy_config_bad(v, keys[i].key,
				       "write it in whole seconds");
	}
	if (known_seconds(v, "l1_block_time", &l1) &&
	    known_seconds(v, "l2_block_time", &l2) && l2 > l1) {
		diag_err(v->ctx->ds, "E0404",
			 "L2 blocks (%llds) are slower than L1 blocks (%llds)",
			 (long long)l2, (long long)l1);
		n += deploy_config_bad(
			v, "l2_block_time",
			"set 'l2_block_time' to the L1's block time or less");
	}
	return n;
}

static int
check_addresses(const struct view *v)
{
	int n = 0;

	for (size_t i = 0; deploy_address_fields[i]; i++)
		if (rule_not_zero(v->ctx, v->config, deploy_address_fields[i]))
			n++;
	return n;
}

static int
check_governance(const struct view *v)
{
	static const char *const keys[] = { "governance_token_name",
					    "governance_token_symbol" };
	int n = 0;

	if (!jx_bool(v->config, "enable_governance", false))
		return 0;
	for (size_t i = 0; i < COUNTOF(keys); i++) {
		const char *s = jx_str(v->config, keys[i], NULL);

		if (!s || s[0])
			continue;
		diag_err(v->ctx->ds, "E0408", "'%s' must not be empty",
			 keys[i]);
		n += deploy_config_bad(
			v, keys[i],
			"set the token's name, or 'enable_governance: false'");
	}
	return n;
}

static int
check_gas(const struct view *v)
{
	int64_t limit, scalar;
	int n = 0;

	if (known_int(v, "l2_genesis_block_gas_limit", &limit) &&
	    rule_gas_limit(v->ctx, limit, "l2_genesis_block_gas_limit"))
		n++;
	if (known_int(v, "gas_price_oracle_scalar", &scalar) && scalar != 0) {
		diag_err(v->ctx->ds, "E0414",
			 "'gas_price_oracle_scalar' %lld would override the "
			 "base fee scalars in the L2's genesis",
			 (long long)scalar);
		n += deploy_config_bad(
			v, "gas_price_oracle_scalar",
			"set it to 0 and set "
			"'gas_price_oracle_base_fee_scalar' and "
			"'gas_price_oracle_blob_base_fee_scalar'");
	}
	return n;
}

static int
check_forks(const struct view *v)
{
	int64_t before = 0, at;
	int n = 0;

	if (is_unknown(v->unknown, "/forks"))
		return 0;
	for (size_t i = 0; i < deploy_nforks(v->config); i++, before = at) {
		char key[32];

		(void)snprintf(key, sizeof(key), "forks/%s", deploy_forks[i]);
		at = deploy_fork(v->config, i);
		if (i == 0 || at < 0 || (before >= 0 && at >= before))
			continue;
		if (before < 0)
			diag_err(v->ctx->ds, "E0409",
				 "upgrade '%s' is active but '%s' before it is "
				 "off",
				 deploy_forks[i], deploy_forks[i - 1]);
		else
			diag_err(v->ctx->ds, "E0409",
				 "upgrade '%s' (%llds) comes before '%s' "
				 "(%llds)",
				 deploy_forks[i], (long long)at,
				 deploy_forks[i - 1], (long long)before);
		n += deploy_config_bad(v, key,
				       "each upgrade needs those before it");
	}
	if (deploy_fork(v->config, 2) != 0) {
		diag_err(v->ctx->ds, "E0409",
			 "upgrade 'delta' must be active at genesis");
		n += deploy_config_bad(
			v, "forks/delta",
			"the scripts cannot make an older genesis: use '0s'");
	}
	return n;
}

static int
check_da(const struct view *v)
{
	static const char *const windows[] = { "challenge_window",
					       "resolve_window" };
	const json_t *da = jx_get(v->config, "alt_da");
	int64_t bytes = jx_int(v->config, "max_l1_tx_size", 0);
	int n = 0;

	if (!da)
		return 0;
	for (size_t i = 0; i < COUNTOF(windows); i++) {
		char key[40];

		(void)snprintf(key, sizeof(key), "alt_da/%s", windows[i]);
		if (jx_int(da, windows[i], 1) > 0)
			continue;
		diag_err(v->ctx->ds, "E0410", "'%s' must be above zero",
			 windows[i]);
		n += deploy_config_bad(
			v, key,
			"op-node does not start with alt-DA and a window of 0, "
			"for any commitment type");
	}
	/* Nobody but the proposer and the challenger moves in permissioned
	 * games, so no program has to read what a game is about. */
	if (jx_bool(v->config, "use_fault_proofs", false) &&
	    !deploy_is_opcm(v->config)) {
		diag_err(v->ctx->ds, "E0411",
			 "fault proofs cannot be used with alt-DA");
		n += deploy_config_bad(
			v, "use_fault_proofs",
			"the fault proof program cannot read from a DA server: "
			"disable one of the two");
	}
	if (bytes > BATCHER_TX_MAX) {
		diag_err(v->ctx->ds, "E0415",
			 "batch transactions of %lld bytes are too large for "
			 "alt-DA",
			 (long long)bytes);
		n += deploy_config_bad(v, "max_l1_tx_size",
				       "op-batcher does not start with more "
				       "than 130673; 30000 is a good value");
	}
	return n;
}

/* What the older contracts have no place for. */
static int
check_script_only(const struct view *v)
{
	static const char *const keys[] = {
		"forks/holocene",
		"forks/isthmus",
		"forks/jovian",
		"operator_fee_scalar",
		"operator_fee_constant",
		"operator_fee_vault_recipient",
		"operator_fee_vault_minimum_withdrawal_amount",
		"operator_fee_vault_withdrawal_network",
		"gas_token",
	};
	int n = 0;

	if (is_unknown(v->unknown, "/contracts"))
		return 0;
	for (size_t i = 0; i < COUNTOF(keys); i++) {
		char pointer[80];

		(void)snprintf(pointer, sizeof(pointer), "/%s", keys[i]);
		if (!known(v, pointer))
			continue;
		diag_err(v->ctx->ds, "E0445",
			 "'%s' needs contracts v7.0.0 or later", keys[i]);
		n += deploy_config_bad(
			v, keys[i],
			i < 3 ? "with older contracts, schedule the fork by "
				"l2_forks"
			      : "remove it, or set 'contracts: v7.0.0'");
	}
	return n;
}

static int
opcm_zero(const struct view *v, const char *key, const char *hint)
{
	diag_err(v->ctx->ds, "E0444", "'%s' must not be zero with contracts %s",
		 key, jx_str(v->config, "contracts", ""));
	return deploy_config_bad(v, key, hint);
}

/* Values that DeployOPChain and the games of v7.0.0 refuse when they are zero.
 */
static int
check_opcm_zero(const struct view *v)
{
	static const char *const keys[] = {
		"gas_price_oracle_base_fee_scalar",
		"gas_price_oracle_blob_base_fee_scalar",
		"fault_game_split_depth",
	};
	int64_t value;
	int n = 0;

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (known_int(v, keys[i], &value) && value == 0)
			n += opcm_zero(v, keys[i],
				       "set it, or the preset's input for it, "
				       "to 1 or more");
	if (known_seconds(v, "fault_game_clock_extension", &value) &&
	    value == 0)
		n += opcm_zero(v, "fault_game_clock_extension",
			       "set it to 1s or more");
	if (known(v, "/fault_game_absolute_prestate") &&
	    strspn(jx_str(v->config, "fault_game_absolute_prestate", ""),
		   "0x") == 66)
		n += opcm_zero(v, "fault_game_absolute_prestate",
			       "permissioned games accept any other hash");
	return n;
}

/* What L2Genesis of v7.0.0 refuses for a chain with a gas token. */
static int
check_gas_token(const struct view *v)
{
	static const char *const networks[] = {
		"base_fee_vault_withdrawal_network",
		"l1_fee_vault_withdrawal_network",
		"sequencer_fee_vault_withdrawal_network",
		"operator_fee_vault_withdrawal_network",
	};
	const json_t *token = jx_get(v->config, "gas_token");
	const char *liquidity = jx_str(token, "liquidity", "0");
	struct u256 amount;
	uint8_t raw[32];
	int n = 0;

	if (!token)
		return 0;
	for (size_t i = 0; i < COUNTOF(networks); i++) {
		if (strcmp(jx_str(v->config, networks[i], "l2"), "l1") != 0)
			continue;
		diag_err(v->ctx->ds, "E0448",
			 "fees in a gas token cannot be withdrawn to the L1");
		n += deploy_config_bad(v, networks[i],
				       arena_printf(v->ctx->arena,
						    "set '%s: l2'",
						    networks[i]));
	}
	if (known(v, "/gas_token/liquidity") &&
	    u256_parse(liquidity, &amount) == 0) {
		u256_to_be(&amount, raw);
		if (raw[0]) {
			diag_err(v->ctx->ds, "E0449",
				 "'liquidity' is more than 2^248-1");
			n += deploy_config_bad(v, "gas_token/liquidity",
					       "remove it: the default is "
					       "2^248-1");
		}
	}
	return n;
}

static int
check_opcm(const struct view *v)
{
	const json_t *da = jx_get(v->config, "alt_da");
	const char *contracts = jx_str(v->config, "contracts", "");
	int64_t type;
	int n = check_opcm_zero(v) + check_gas_token(v);

	if (known(v, "/batch_inbox_address")) {
		diag_err(v->ctx->ds, "E0443",
			 "the batch inbox of contracts %s cannot be chosen: it "
			 "follows from the L2 chain id",
			 contracts);
		n += deploy_config_bad(v, "batch_inbox_address",
				       "remove it; the field 'batch_inbox' has "
				       "the address");
	}
	if ((known_int(v, "respected_game_type", &type) && type != 1) ||
	    (known(v, "/use_fault_proofs") &&
	     !jx_bool(v->config, "use_fault_proofs", false))) {
		diag_err(v->ctx->ds, "E0446",
			 "contracts %s start with permissioned dispute games, "
			 "type 1",
			 contracts);
		n += deploy_config_bad(v, "respected_game_type",
				       "set 'use_fault_proofs: true' and "
				       "'respected_game_type: 1'");
	}
	if (da &&
	    strcmp(jx_str(da, "commitment", ""), "KeccakCommitment") == 0) {
		diag_err(v->ctx->ds, "E0447",
			 "KeccakCommitment is not supported with contracts %s",
			 contracts);
		n += deploy_config_bad(v, "alt_da/commitment",
				       "use GenericCommitment");
	}
	return n;
}

/* The dispute games are deployed whether they are used or not. */
static int
check_games(const struct view *v)
{
	int64_t max, split, extension, clock, period, need;
	int n = 0;

	if (known_int(v, "fault_game_max_depth", &max) &&
	    max > GAME_DEPTH_MAX) {
		diag_err(v->ctx->ds, "E0412", "game depth %lld is above %d",
			 (long long)max, GAME_DEPTH_MAX);
		n += deploy_config_bad(v, "fault_game_max_depth",
				       "44 is usual on test nets");
	}
	if (known_int(v, "fault_game_max_depth", &max) &&
	    known_int(v, "fault_game_split_depth", &split) &&
	    (split < 2 || split + 1 >= max)) {
		diag_err(v->ctx->ds, "E0412",
			 "split depth %lld is not between 2 and %lld",
			 (long long)split, (long long)(max - 2));
		n += deploy_config_bad(v, "fault_game_split_depth",
				       "leave room for a tree below it");
	}
	if (!known_seconds(v, "fault_game_clock_extension", &extension) ||
	    !known_seconds(v, "fault_game_max_clock_duration", &clock) ||
	    !known_seconds(v, "preimage_oracle_challenge_period", &period))
		return n;
	need = extension + (period > extension ? period : extension);
	if (need > clock) {
		diag_err(v->ctx->ds, "E0413",
			 "a game clock of %llds is shorter than its longest "
			 "extension, %llds",
			 (long long)clock, (long long)need);
		n += deploy_config_bad(
			v, "fault_game_max_clock_duration",
			"increase it, or reduce 'fault_game_clock_extension' "
			"or 'preimage_oracle_challenge_period'");
	}
	return n;
}

static void
warn_anchor(const struct view *v)
{
	int64_t id;

	if (strcmp(jx_str(v->config, "anchor", ""), "latest") != 0 ||
	    !known_int(v, "l1_chain_id", &id) ||
	    (id != 1 && id != 17000 && id != 560048 && id != 11155111))
		return;
	diag_warn(v->ctx->ds, "W0417",
		  "the latest block of a public L1 may be reorganised");
	diag_path(v->ctx->ds, "/anchor");
	diag_hint(v->ctx->ds, "use 'finalized'");
}

static int
deploy_config_check(struct kind_ctx *ctx, const json_t *config,
		    const json_t *unknown)
{
	const struct view v = { ctx, config, unknown };
	int n = check_chain_ids(&v) + check_durations(&v) +
		check_addresses(&v) + check_governance(&v) + check_gas(&v) +
		check_forks(&v) + check_da(&v) + check_games(&v) +
		(deploy_is_opcm(v.config) ? check_opcm(&v)
					  : check_script_only(&v));

	warn_anchor(&v);
	return n ? -1 : 0;
}

/* Is anything that is rendered still unknown? */
static bool
renderable(const json_t *unknown)
{
	for (size_t i = 0; i < json_array_size(unknown); i++) {
		const char *p = json_string_value(json_array_get(unknown, i));

		if (p && strncmp(p, "/l1_rpc", 7) != 0)
			return false;
	}
	return true;
}

/* A batch is sent when it is full, or when the window in which it must arrive
 * is about to close. */
static void
note_lag(struct kind_ctx *ctx, const json_t *config, struct plan_out *out)
{
	int64_t window = jx_int(config, "sequencer_window_size", 3600);
	const char *why;
	uint64_t ms;

	if (jx_int(config, "max_channel_duration", 1) != 0 ||
	    duration_parse(jx_str(config, "l1_block_time", ""), &ms, &why) < 0)
		return;
	kind_note(ctx, out,
		  "max_channel_duration 0: on a quiet chain the safe head lags "
		  "up to %lld L1 blocks, %lld minutes",
		  (long long)window,
		  (long long)((uint64_t)window * ms / 60000));
}

/*
 * The proposer makes a game for the safe head, which moves when the batcher
 * closed a channel. Where it did not move, the factory has that game already
 * (GameAlreadyExists, 0x014f6fe5), and op-proposer v1.19.6 tries for a minute
 * before it goes on.
 */
static void
warn_proposals(struct kind_ctx *ctx, const json_t *config)
{
	int64_t blocks = jx_int(config, "max_channel_duration", -1);
	uint64_t every, block;
	const char *why;

	if (blocks < 0 ||
	    duration_parse(jx_str(config, "proposal_interval", ""), &every,
			   &why) < 0 ||
	    duration_parse(jx_str(config, "l1_block_time", ""), &block, &why) <
		    0 ||
	    (blocks && every >= (uint64_t)blocks * block))
		return;
	if (blocks)
		diag_warn(ctx->ds, "W0419",
			  "a game every %s, but the safe head may move only "
			  "every %llu s (max_channel_duration %lld)",
			  jx_str(config, "proposal_interval", ""),
			  (unsigned long long)((uint64_t)blocks * block / 1000),
			  (long long)blocks);
	else
		diag_warn(ctx->ds, "W0419",
			  "a game every %s, but the safe head moves only when "
			  "a batch is full (max_channel_duration 0)",
			  jx_str(config, "proposal_interval", ""));
	diag_path(ctx->ds, "/proposal_interval");
	diag_hint(ctx->ds, "increase 'proposal_interval', or reduce "
			   "'max_channel_duration'");
}

/* The constant that Granite puts in place of channel_timeout. */
#define GRANITE_TIMEOUT 50

static void
note_granite(struct kind_ctx *ctx, const json_t *config, struct plan_out *out)
{
	int64_t at = deploy_fork(config, DEPLOY_GRANITE);
	int64_t timeout = jx_int(config, "channel_timeout", GRANITE_TIMEOUT);

	if (at < 0)
		kind_note(ctx, out,
			  "without Granite: channels time out after %lld L1 "
			  "blocks; it can be scheduled, and comes before any "
			  "later fork",
			  (long long)timeout);
	else if (timeout != GRANITE_TIMEOUT)
		kind_note(ctx, out,
			  "Granite %s: channels time out after %d L1 blocks, "
			  "not 'channel_timeout' %lld",
			  at ? "after genesis" : "at genesis", GRANITE_TIMEOUT,
			  (long long)timeout);
}

/*
 * The anchor stays as long as nothing changes that the L1 contracts are
 * deployed from; then all else follows from the config.
 */
static int
deploy_config_plan(struct kind_ctx *ctx, const struct plan_req *req,
		   struct plan_out *out)
{
	char before[65], now[65], ignored[65];
	struct deploy_anchor at;
	const char *dir;

	note_lag(ctx, req->config, out);
	warn_proposals(ctx, req->config);
	if (!is_unknown(req->unknown, "/forks"))
		note_granite(ctx, req->config, out);
	if (!req->prior || !req->prior_config || !renderable(req->unknown))
		return 0;
	deploy_digests(req->prior_config, NULL, before, ignored);
	deploy_digests(req->config, NULL, now, ignored);
	at.hash = jx_str(req->prior, "anchor_hash", NULL);
	at.number = jx_int(req->prior, "anchor_number", 0);
	at.time = jx_int(req->prior, "anchor_time", 0);
	if (!at.hash || strcmp(before, now) != 0)
		return 0;
	dir = managed_place(ctx, req);
	out->attrs = deploy_attrs(req->config, &at, dir);
	return 0;
}

const struct kind kind_deploy_config = {
	.name = "deploy_config",
	.schema_version = 1,
	.check = deploy_config_check,
	.plan = deploy_config_plan,
};
