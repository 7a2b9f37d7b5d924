/*
 * One table says, for each field of the spec, what upstream calls it, how it
 * is written, and what depends on it.
 *
 * Encodings: op-node wants 64-bit quantities either as bare numbers or, for
 * those that geth's genesis has in hex, as quoted hex; the scripts take both.
 * Networks are 0 (L1) or 1 (L2): the names that op-node knows are not known to
 * the scripts.
 */
#include "providers/kinds/deploy_config/deploy_render.h"

#include <stdbool.h>

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/generation.h"

enum coding { INT, BOOL, STR, SECS, HEX, WEI, ADDR, NET };
/* What a value ends up in. NONE: only checked by the readers. */
enum part { NONE, L1, L2 };
/* Who reads it where OPCM deploys. SCRIPTS: op-node no longer knows it. Of the
 * older scripts and op-node v1.9.4 all read what is not OPCM. */
enum readers { ALL, SCRIPTS, OPCM };

static const struct field {
	const char *name, *upstream;
	enum coding coding;
	enum part part;
	const char *fallback; /* another field, when this one is absent */
	enum readers readers;
} fields[] = {
	{ "l1_chain_id", "l1ChainID", INT, L1, NULL, ALL },
	{ "l2_chain_id", "l2ChainID", INT, L1, NULL, ALL },
	{ "l1_block_time", "l1BlockTime", SECS, NONE, NULL, ALL },
	{ "l2_block_time", "l2BlockTime", SECS, L1, NULL, ALL },
	{ "sequencer", "p2pSequencerAddress", ADDR, L1, NULL, ALL },
	{ "batcher", "batchSenderAddress", ADDR, L1, NULL, ALL },
	{ "proposer", "l2OutputOracleProposer", ADDR, L1, NULL, ALL },
	{ "challenger", "l2OutputOracleChallenger", ADDR, L1, "admin", ALL },
	{ "final_system_owner", "finalSystemOwner", ADDR, L1, "admin", ALL },
	{ "superchain_config_guardian", "superchainConfigGuardian", ADDR, L1,
	  "admin", ALL },
	{ "proxy_admin_owner", "proxyAdminOwner", ADDR, L2, "admin", ALL },
	{ "base_fee_vault_recipient", "baseFeeVaultRecipient", ADDR, L2,
	  "admin", ALL },
	{ "l1_fee_vault_recipient", "l1FeeVaultRecipient", ADDR, L2, "admin",
	  ALL },
	{ "sequencer_fee_vault_recipient", "sequencerFeeVaultRecipient", ADDR,
	  L2, "admin", ALL },
	{ "base_fee_vault_minimum_withdrawal_amount",
	  "baseFeeVaultMinimumWithdrawalAmount", WEI, L2, NULL, ALL },
	{ "l1_fee_vault_minimum_withdrawal_amount",
	  "l1FeeVaultMinimumWithdrawalAmount", WEI, L2, NULL, ALL },
	{ "sequencer_fee_vault_minimum_withdrawal_amount",
	  "sequencerFeeVaultMinimumWithdrawalAmount", WEI, L2, NULL, ALL },
	{ "base_fee_vault_withdrawal_network", "baseFeeVaultWithdrawalNetwork",
	  NET, L2, NULL, ALL },
	{ "l1_fee_vault_withdrawal_network", "l1FeeVaultWithdrawalNetwork", NET,
	  L2, NULL, ALL },
	{ "sequencer_fee_vault_withdrawal_network",
	  "sequencerFeeVaultWithdrawalNetwork", NET, L2, NULL, ALL },
	{ "max_sequencer_drift", "maxSequencerDrift", SECS, L2, NULL, ALL },
	{ "sequencer_window_size", "sequencerWindowSize", INT, L2, NULL, ALL },
	{ "channel_timeout", "channelTimeout", INT, L2, NULL, ALL },
	{ "l2_output_oracle_submission_interval",
	  "l2OutputOracleSubmissionInterval", INT, L1, NULL, ALL },
	{ "l2_output_oracle_starting_block_number",
	  "l2OutputOracleStartingBlockNumber", INT, L1, NULL, ALL },
	{ "finalization_period", "finalizationPeriodSeconds", SECS, L1, NULL,
	  ALL },
	{ "l2_genesis_block_gas_limit", "l2GenesisBlockGasLimit", HEX, L1, NULL,
	  ALL },
	{ "l2_genesis_block_base_fee_per_gas", "l2GenesisBlockBaseFeePerGas",
	  WEI, L2, NULL, ALL },
	{ "eip1559_elasticity", "eip1559Elasticity", INT, L2, NULL, ALL },
	{ "eip1559_denominator", "eip1559Denominator", INT, L2, NULL, ALL },
	{ "eip1559_denominator_canyon", "eip1559DenominatorCanyon", INT, L2,
	  NULL, ALL },
	{ "gas_price_oracle_scalar", "gasPriceOracleScalar", INT, L2, NULL,
	  ALL },
	{ "gas_price_oracle_base_fee_scalar", "gasPriceOracleBaseFeeScalar",
	  INT, L1, NULL, ALL },
	{ "gas_price_oracle_blob_base_fee_scalar",
	  "gasPriceOracleBlobBaseFeeScalar", INT, L1, NULL, ALL },
	{ "enable_governance", "enableGovernance", BOOL, L2, NULL, ALL },
	{ "governance_token_name", "governanceTokenName", STR, L2, NULL, ALL },
	{ "governance_token_symbol", "governanceTokenSymbol", STR, L2, NULL,
	  ALL },
	{ "governance_token_owner", "governanceTokenOwner", ADDR, L2, "admin",
	  ALL },
	{ "use_fault_proofs", "useFaultProofs", BOOL, L1, NULL, ALL },
	{ "respected_game_type", "respectedGameType", INT, L1, NULL, ALL },
	{ "fault_game_absolute_prestate", "faultGameAbsolutePrestate", STR, L1,
	  NULL, ALL },
	{ "fault_game_max_depth", "faultGameMaxDepth", INT, L1, NULL, ALL },
	{ "fault_game_split_depth", "faultGameSplitDepth", INT, L1, NULL, ALL },
	{ "fault_game_clock_extension", "faultGameClockExtension", SECS, L1,
	  NULL, ALL },
	{ "fault_game_max_clock_duration", "faultGameMaxClockDuration", SECS,
	  L1, NULL, ALL },
	{ "fault_game_genesis_block", "faultGameGenesisBlock", INT, L1, NULL,
	  ALL },
	{ "fault_game_genesis_output_root", "faultGameGenesisOutputRoot", STR,
	  L1, NULL, ALL },
	{ "fault_game_withdrawal_delay", "faultGameWithdrawalDelay", SECS, L1,
	  NULL, ALL },
	{ "preimage_oracle_min_proposal_size", "preimageOracleMinProposalSize",
	  INT, L1, NULL, ALL },
	{ "preimage_oracle_challenge_period", "preimageOracleChallengePeriod",
	  SECS, L1, NULL, ALL },
	{ "proof_maturity_delay", "proofMaturityDelaySeconds", SECS, L1, NULL,
	  ALL },
	{ "dispute_game_finality_delay", "disputeGameFinalityDelaySeconds",
	  SECS, L1, NULL, ALL },
	{ "required_protocol_version", "requiredProtocolVersion", STR, L1, NULL,
	  SCRIPTS },
	{ "recommended_protocol_version", "recommendedProtocolVersion", STR, L1,
	  NULL, SCRIPTS },
	{ "operator_fee_vault_recipient", "operatorFeeVaultRecipient", ADDR, L2,
	  "admin", OPCM },
	{ "operator_fee_vault_minimum_withdrawal_amount",
	  "operatorFeeVaultMinimumWithdrawalAmount", WEI, L2,
	  "base_fee_vault_minimum_withdrawal_amount", OPCM },
	{ "operator_fee_vault_withdrawal_network",
	  "operatorFeeVaultWithdrawalNetwork", NET, L2,
	  "base_fee_vault_withdrawal_network", OPCM },
	{ "operator_fee_scalar", "gasPriceOracleOperatorFeeScalar", INT, L1,
	  NULL, OPCM },
	{ "operator_fee_constant", "gasPriceOracleOperatorFeeConstant", INT, L1,
	  NULL, OPCM },
};

const char *const deploy_address_fields[] = {
	"admin",
	"batcher",
	"proposer",
	"sequencer",
	"challenger",
	"final_system_owner",
	"superchain_config_guardian",
	"proxy_admin_owner",
	"base_fee_vault_recipient",
	"l1_fee_vault_recipient",
	"sequencer_fee_vault_recipient",
	"governance_token_owner",
	"operator_fee_vault_recipient",
	"batch_inbox_address",
	"gas_token/controller_owner",
	NULL,
};

const char *const deploy_forks[DEPLOY_NFORKS] = {
	"regolith", "canyon",   "delta",   "ecotone", "fjord",
	"granite",  "holocene", "isthmus", "jovian"
};
static const char *const fork_keys[DEPLOY_NFORKS] = {
	"l2GenesisRegolithTimeOffset", "l2GenesisCanyonTimeOffset",
	"l2GenesisDeltaTimeOffset",    "l2GenesisEcotoneTimeOffset",
	"l2GenesisFjordTimeOffset",    "l2GenesisGraniteTimeOffset",
	"l2GenesisHoloceneTimeOffset", "l2GenesisIsthmusTimeOffset",
	"l2GenesisJovianTimeOffset",
};

bool
deploy_is_opcm(const json_t *config)
{
	return generation_is_opcm(jx_str(config, "contracts", NULL));
}

size_t
deploy_nforks(const json_t *config)
{
	return deploy_is_opcm(config) ? DEPLOY_NFORKS : DEPLOY_GRANITE + 1;
}

int64_t
deploy_seconds(const json_t *config, const char *key)
{
	const char *s = jx_str(config, key, NULL), *why;
	uint64_t ms;

	if (!s || duration_parse(s, &ms, &why) || ms % 1000 ||
	    ms / 1000 > INT32_MAX)
		return -1;
	return (int64_t)(ms / 1000);
}

void
deploy_inbox(const json_t *config, char out[43])
{
	const char *given = jx_str(config, "batch_inbox_address", NULL);
	char text[43];
	uint8_t raw[20];

	if (deploy_is_opcm(config)) {
		opcm_inbox((uint64_t)jx_int(config, "l2_chain_id", 0), out);
		return;
	}
	(void)snprintf(text, sizeof(text), "0xff%038llu",
		       (unsigned long long)jx_int(config, "l2_chain_id", 0));
	if (hex_decode(given ? given : text, raw, sizeof(raw)))
		memset(raw, 0, sizeof(raw));
	eip55(raw, out);
}

static json_t *
hex_u64(uint64_t v)
{
	return jx_strf("0x%llx", (unsigned long long)v);
}

static json_t *
hex_wei(const char *decimal)
{
	struct u256 v;
	char text[67];

	if (u256_parse(decimal, &v))
		v = u256_from(0);
	u256_hex(&v, text);
	return json_string(text);
}

static json_t *
deploy_render_encode(const json_t *config, const struct field *f)
{
	const char *key = f->name;

	if (f->fallback && !jx_get(config, key))
		key = f->fallback;
	switch (f->coding) {
	case INT:
		return json_integer(jx_int(config, key, 0));
	case BOOL:
		return json_boolean(jx_bool(config, key, false));
	case SECS:
		return json_integer(deploy_seconds(config, key));
	case HEX:
		return hex_u64((uint64_t)jx_int(config, key, 0));
	case WEI:
		return hex_wei(jx_str(config, key, "0"));
	case NET:
		return json_integer(strcmp(jx_str(config, key, "l1"), "l2") ==
				    0);
	case STR:
	case ADDR:
		break;
	}
	return json_string(jx_str(config, key, ""));
}

static void
deploy_render_put(json_t *out, json_t *parts[3], enum part part,
		  const char *key, json_t *v)
{
	json_object_set(out, key, v);
	json_object_set_new(parts[part], key, v);
}

int64_t
deploy_fork(const json_t *config, size_t i)
{
	const json_t *given = jx_get(config, "forks");

	if (!given || !jx_get(given, deploy_forks[i]))
		return 0;
	return deploy_seconds(given, deploy_forks[i]);
}

static void
put_forks(const json_t *config, json_t *out, json_t *parts[3])
{
	for (size_t i = 0; i < deploy_nforks(config); i++) {
		int64_t at = deploy_fork(config, i);

		if (at >= 0)
			deploy_render_put(out, parts, L2, fork_keys[i],
					  hex_u64((uint64_t)at));
	}
}

static void
put_da(const json_t *config, json_t *out, json_t *parts[3],
       enum deploy_reader reader)
{
	const json_t *da = jx_get(config, "alt_da");
	const char *type =
		da ? jx_str(da, "commitment", "") : "GenericCommitment";
	/* With Keccak commitments a challenge contract is deployed. */
	enum part part = strcmp(type, "KeccakCommitment") == 0 ? L1 : L2;

	deploy_render_put(out, parts, part, "useAltDA",
			  json_boolean(da != NULL));
	/* What the scripts of before June 2024 call it. */
	if (reader == DEPLOY_SOLIDITY && !deploy_is_opcm(config))
		deploy_render_put(out, parts, NONE, "usePlasma",
				  json_boolean(da != NULL));
	if (!da)
		return;
	deploy_render_put(out, parts, part, "daCommitmentType",
			  json_string(type));
	deploy_render_put(out, parts, part, "daChallengeWindow",
			  json_integer(jx_int(da, "challenge_window", 0)));
	deploy_render_put(out, parts, part, "daResolveWindow",
			  json_integer(jx_int(da, "resolve_window", 0)));
	/* A JSON number in both readers, so no wei string. */
	deploy_render_put(out, parts, part, "daBondSize",
			  json_integer(jx_int(da, "bond_size", 0)));
	deploy_render_put(
		out, parts, part, "daResolverRefundPercentage",
		json_integer(jx_int(da, "resolver_refund_percentage", 0)));
}

/* The L1 knows no more of it than that there is one. */
static void
put_gas_token(const json_t *config, json_t *out, json_t *parts[3])
{
	const json_t *token = jx_get(config, "gas_token");
	const char *admin = jx_str(config, "admin", "");

	deploy_render_put(out, parts, L1, "useCustomGasToken",
			  json_boolean(token != NULL));
	if (!token)
		return;
	deploy_render_put(out, parts, L2, "gasPayingTokenName",
			  json_string(jx_str(token, "name", "")));
	deploy_render_put(out, parts, L2, "gasPayingTokenSymbol",
			  json_string(jx_str(token, "symbol", "")));
	deploy_render_put(out, parts, L2, "nativeAssetLiquidityAmount",
			  hex_wei(jx_str(token, "liquidity", "0")));
	deploy_render_put(out, parts, L2, "liquidityControllerOwner",
			  json_string(jx_str(
				  token, "controller_owner",
				  jx_str(config, "proxy_admin_owner", admin))));
}

static bool
is_read(const json_t *config, enum readers readers, enum deploy_reader reader)
{
	if (!deploy_is_opcm(config))
		return readers != OPCM;
	return readers != SCRIPTS || reader == DEPLOY_SOLIDITY;
}

static json_t *
render(const json_t *config, const struct deploy_anchor *at,
       enum deploy_reader reader, json_t *parts[3])
{
	json_t *out = json_object();
	char inbox[43];

	for (size_t i = 0; i < COUNTOF(fields); i++)
		if (is_read(config, fields[i].readers, reader))
			deploy_render_put(
				out, parts, fields[i].part, fields[i].upstream,
				deploy_render_encode(config, &fields[i]));
	deploy_inbox(config, inbox);
	deploy_render_put(out, parts, L1, "batchInboxAddress",
			  json_string(inbox));
	deploy_render_put(out, parts, L2, "gasPriceOracleOverhead",
			  json_integer(0));
	deploy_render_put(out, parts, L1, "systemConfigStartBlock",
			  json_integer(0));
	deploy_render_put(out, parts, L2, "fundDevAccounts", json_false());
	put_forks(config, out, parts);
	put_da(config, out, parts, reader);
	if (deploy_is_opcm(config))
		put_gas_token(config, out, parts);
	if (at) {
		deploy_render_put(out, parts, NONE, "l1StartingBlockTag",
				  json_string(at->hash));
		deploy_render_put(out, parts, L1,
				  "l2OutputOracleStartingTimestamp",
				  json_integer(at->time));
	}
	return out;
}

static json_t *
render_parts(const json_t *config, const struct deploy_anchor *at,
	     enum deploy_reader reader, char l1[65], char l2[65])
{
	json_t *parts[3] = { json_object(), json_object(), json_object() };
	json_t *out = render(config, at, reader, parts);

	if (l1)
		jx_digest(parts[L1], l1);
	if (l2)
		jx_digest(parts[L2], l2);
	for (size_t i = 0; i < COUNTOF(parts); i++)
		json_decref(parts[i]);
	return out;
}

json_t *
deploy_render(const json_t *config, const struct deploy_anchor *at,
	      enum deploy_reader reader)
{
	return render_parts(config, at, reader, NULL, NULL);
}

void
deploy_digests(const json_t *config, const struct deploy_anchor *at,
	       char l1[65], char l2[65])
{
	json_decref(render_parts(config, at, DEPLOY_SOLIDITY, l1, l2));
}

static void
put_rendering(json_t *out, const char *name, const char *path,
	      const json_t *doc)
{
	CLEANUP(freep) char *text = jx_dump(doc);
	CLEANUP(freep) char *key = xasprintf("%s_sha256", name);
	char digest[65];

	sha256_hex(text, strlen(text), digest);
	json_object_set_new(out, name, json_string(path));
	json_object_set_new(out, key, json_string(digest));
}

json_t *
deploy_attrs(const json_t *config, const struct deploy_anchor *at,
	     const char *dir)
{
	CLEANUP(freep) char *sol = xasprintf("%s/solidity.json", dir);
	CLEANUP(freep) char *node = xasprintf("%s/op-node.json", dir);
	CLEANUP(put_json)
	json_t *a = deploy_render(config, at, DEPLOY_SOLIDITY);
	CLEANUP(put_json)
	json_t *b = deploy_render(config, at, DEPLOY_OP_NODE);
	char inbox[43], l1[65], l2[65];
	json_t *out;

	deploy_inbox(config, inbox);
	deploy_digests(config, at, l1, l2);
	out = json_pack("{s:s, s:I, s:I, s:s, s:s, s:s}", "anchor_hash",
			at->hash, "anchor_number", (json_int_t)at->number,
			"anchor_time", (json_int_t)at->time, "batch_inbox",
			inbox, "l1_digest", l1, "l2_digest", l2);
	put_rendering(out, "solidity", sol, a);
	put_rendering(out, "op_node", node, b);
	return out;
}
