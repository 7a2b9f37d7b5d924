#include "providers/clients/genesis/l2_genesis.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/genesis/block0.h"
#include "providers/clients/genesis/l2_alloc.h"
#include "providers/clients/rpc/rpc.h"

#define ZEROS_20   "0x0000000000000000000000000000000000000000"
#define ZEROS_32   ZEROS_20 "000000000000000000000000"
#define FEE_VAULT  "0x4200000000000000000000000000000000000011"
#define EXTRA_DATA "0x424544524f434b" /* "BEDROCK" */
/* The first byte of the fee scalars' word. */
#define SCALARS_ECOTONE 1

enum { REGOLITH, CANYON, DELTA, ECOTONE, FJORD, GRANITE, NFORKS };

static const struct {
	const char *offset, *rollup, *genesis;
} forks[NFORKS] = {
	[REGOLITH] = { "l2GenesisRegolithTimeOffset", "regolith_time",
		       "regolithTime" },
	[CANYON] = { "l2GenesisCanyonTimeOffset", "canyon_time", "canyonTime" },
	/* geth has nothing to do with it. */
	[DELTA] = { "l2GenesisDeltaTimeOffset", "delta_time", NULL },
	[ECOTONE] = { "l2GenesisEcotoneTimeOffset", "ecotone_time",
		      "ecotoneTime" },
	[FJORD] = { "l2GenesisFjordTimeOffset", "fjord_time", "fjordTime" },
	[GRANITE] = { "l2GenesisGraniteTimeOffset", "granite_time",
		      "graniteTime" },
};

struct make {
	const struct l2_genesis_from *from;
	struct diags *ds;
	int64_t at[NFORKS]; /* -1: off; 0: from the start */
};

/* --- the deploy config --- */

static void
l2_genesis_refuse(struct make *m, const char *what, const char *where)
{
	(void)diag_err(m->ds, "E0437", "cannot parse '%s' of the %s", what,
		       where);
}

static int64_t
l2_genesis_number(struct make *m, const char *key)
{
	int64_t v = jx_int(m->from->config, key, -1);

	if (v < 0)
		l2_genesis_refuse(m, key, "deploy config");
	return v;
}

static uint64_t
quantity(struct make *m, const char *key)
{
	uint64_t v = 0;

	if (quantity_u64(jx_get(m->from->config, key), &v))
		l2_genesis_refuse(m, key, "deploy config");
	return v;
}

/* An address with any digits; zero is none. */
static json_t *
address(struct make *m, const json_t *from, const char *key, const char *where,
	bool may_lack)
{
	static const uint8_t none[20];
	const char *text = jx_str(from, key, may_lack ? ZEROS_20 : "");
	uint8_t raw[20] = { 0 };

	if (hex_decode(text, raw, sizeof(raw)) ||
	    (!may_lack && memcmp(raw, none, sizeof(raw)) == 0))
		l2_genesis_refuse(m, key, where);
	return hex_json(raw, sizeof(raw));
}

static json_t *
of_config(struct make *m, const char *key)
{
	return address(m, m->from->config, key, "deploy config", false);
}

static json_t *
of_contracts(struct make *m, const char *key)
{
	return address(m, m->from->addresses, key, "contracts' addresses",
		       false);
}

static void
read_forks(struct make *m)
{
	for (size_t i = 0; i < NFORKS; i++) {
		uint64_t offset;

		m->at[i] = -1;
		if (!jx_get(m->from->config, forks[i].offset))
			continue;
		offset = quantity(m, forks[i].offset);
		m->at[i] = offset ? (int64_t)(m->from->l1_time + offset) : 0;
	}
}

/* Other values of block 0 could be set by hand, but not here: a block without
 * them would be another one than was asked for. */
static void
refuse_others(struct make *m)
{
	static const char *const known[] = { "l2GenesisBlockGasLimit",
					     "l2GenesisBlockBaseFeePerGas" };
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)m->from->config, key, v) {
		bool ok = strncmp(key, "l2Genesis", 9) != 0;

		for (size_t i = 0; i < COUNTOF(known); i++)
			ok = ok || strcmp(key, known[i]) == 0;
		for (size_t i = 0; i < NFORKS; i++)
			ok = ok || strcmp(key, forks[i].offset) == 0;
		if (!ok)
			l2_genesis_refuse(m, key, "deploy config");
	}
}

static void
put_time(json_t *o, const char *key, int64_t at)
{
	if (key && at >= 0)
		json_object_set_new(o, key, json_integer(at));
}

/* --- genesis.json --- */

static json_t *
chain_config(struct make *m)
{
	static const char *const from_start[] = {
		"homesteadBlock",   "eip150Block",        "eip155Block",
		"eip158Block",      "byzantiumBlock",     "constantinopleBlock",
		"petersburgBlock",  "istanbulBlock",      "muirGlacierBlock",
		"berlinBlock",      "londonBlock",        "arrowGlacierBlock",
		"grayGlacierBlock", "mergeNetsplitBlock",
	};
	json_t *c = json_pack("{s:I}", "chainId",
			      (json_int_t)l2_genesis_number(m, "l2ChainID"));

	for (size_t i = 0; i < COUNTOF(from_start); i++)
		json_object_set_new(c, from_start[i], json_integer(0));
	put_time(c, "shanghaiTime", m->at[CANYON]);
	put_time(c, "cancunTime", m->at[ECOTONE]);
	json_object_set_new(c, "bedrockBlock", json_integer(0));
	for (size_t i = 0; i < NFORKS; i++)
		put_time(c, forks[i].genesis, m->at[i]);
	json_object_set_new(c, "terminalTotalDifficulty", json_integer(0));
	json_object_set_new(c, "terminalTotalDifficultyPassed", json_true());
	json_object_set_new(c, "depositContractAddress", json_string(ZEROS_20));
	json_object_set_new(
		c, "optimism",
		json_pack(
			"{s:I, s:I, s:I}", "eip1559Elasticity",
			(json_int_t)l2_genesis_number(m, "eip1559Elasticity"),
			"eip1559Denominator",
			(json_int_t)l2_genesis_number(m, "eip1559Denominator"),
			"eip1559DenominatorCanyon",
			(json_int_t)l2_genesis_number(
				m, "eip1559DenominatorCanyon")));
	return c;
}

static json_t *
base_fee(struct make *m)
{
	static const char key[] = "l2GenesisBlockBaseFeePerGas";
	struct u256 v = u256_from(0);

	if (quantity_u256(jx_get(m->from->config, key), &v))
		l2_genesis_refuse(m, key, "deploy config");
	return quantity_from_u256(&v);
}

/* Takes alloc. */
static json_t *
genesis_doc(struct make *m, json_t *alloc)
{
	const char *blobs = m->at[ECOTONE] == 0 ? "0x0" : NULL;

	return json_pack(
		"{s:o, s:s, s:o, s:s, s:o, s:s, s:s, s:s, s:o,"
		" s:s, s:s, s:s, s:o, s:s?, s:s?}",
		"config", chain_config(m), "nonce", "0x0", "timestamp",
		quantity_from_u64(m->from->l1_time), "extraData", EXTRA_DATA,
		"gasLimit",
		quantity_from_u64(quantity(m, "l2GenesisBlockGasLimit")),
		"difficulty", "0x0", "mixHash", ZEROS_32, "coinbase", FEE_VAULT,
		"alloc", alloc, "number", "0x0", "gasUsed", "0x0", "parentHash",
		ZEROS_32, "baseFeePerGas", base_fee(m), "excessBlobGas", blobs,
		"blobGasUsed", blobs);
}

/* --- rollup.json --- */

static json_t *
l2_genesis_word(const struct u256 *v)
{
	uint8_t be[32];

	u256_to_be(v, be);
	return hex_json(be, sizeof(be));
}

static json_t *
fee_scalar(struct make *m)
{
	uint64_t old = (uint64_t)l2_genesis_number(m, "gasPriceOracleScalar");
	uint64_t base =
		(uint64_t)l2_genesis_number(m, "gasPriceOracleBaseFeeScalar");
	uint64_t blob = (uint64_t)l2_genesis_number(
		m, "gasPriceOracleBlobBaseFeeScalar");
	struct u256 v = u256_from(old);

	if (!old) {
		v.w[0] = (blob & UINT32_MAX) << 32 | (base & UINT32_MAX);
		v.w[3] = (uint64_t)SCALARS_ECOTONE << 56;
	}
	return l2_genesis_word(&v);
}

static json_t *
rollup_start(struct make *m, const char *l2_hash)
{
	struct u256 overhead = u256_from(
		(uint64_t)l2_genesis_number(m, "gasPriceOracleOverhead"));

	return json_pack(
		"{s:{s:s, s:I}, s:{s:s, s:i}, s:I, s:{s:o, s:o, s:o, s:I}}",
		"l1", "hash", m->from->l1_hash, "number",
		(json_int_t)m->from->l1_number, "l2", "hash", l2_hash, "number",
		0, "l2_time", (json_int_t)m->from->l1_time, "system_config",
		"batcherAddr", of_config(m, "batchSenderAddress"), "overhead",
		l2_genesis_word(&overhead), "scalar", fee_scalar(m), "gasLimit",
		(json_int_t)quantity(m, "l2GenesisBlockGasLimit"));
}

static json_t *
alt_da(struct make *m)
{
	static const char challenge[] = "DataAvailabilityChallengeProxy";
	const char *type = jx_str(m->from->config, "daCommitmentType", "");
	bool keccak = strcmp(type, "KeccakCommitment") == 0;
	json_t *contract = address(m, m->from->addresses, challenge,
				   "contracts' addresses", !keccak);

	if (!keccak && strcmp(json_string_value(contract), ZEROS_20) != 0)
		(void)diag_err(
			m->ds, "E0437",
			"'%s' has no effect with commitments of type '%s'",
			challenge, type);
	return json_pack("{s:o, s:s, s:I, s:I}",
			 "da_challenge_contract_address", contract,
			 "da_commitment_type", type, "da_challenge_window",
			 (json_int_t)l2_genesis_number(m, "daChallengeWindow"),
			 "da_resolve_window",
			 (json_int_t)l2_genesis_number(m, "daResolveWindow"));
}

static void
put_numbers(struct make *m, json_t *out)
{
	static const struct {
		const char *rollup, *config;
	} numbers[] = {
		{ "block_time", "l2BlockTime" },
		{ "max_sequencer_drift", "maxSequencerDrift" },
		{ "seq_window_size", "sequencerWindowSize" },
		{ "channel_timeout", "channelTimeout" },
		{ "l1_chain_id", "l1ChainID" },
		{ "l2_chain_id", "l2ChainID" },
	};

	for (size_t i = 0; i < COUNTOF(numbers); i++)
		json_object_set_new(
			out, numbers[i].rollup,
			json_integer(l2_genesis_number(m, numbers[i].config)));
}

static json_t *
rollup_doc(struct make *m, const char *l2_hash)
{
	json_t *out = json_pack("{s:o}", "genesis", rollup_start(m, l2_hash));

	put_numbers(m, out);
	for (size_t i = 0; i < NFORKS; i++)
		put_time(out, forks[i].rollup, m->at[i]);
	json_object_set_new(out, "batch_inbox_address",
			    of_config(m, "batchInboxAddress"));
	json_object_set_new(out, "deposit_contract_address",
			    of_contracts(m, "OptimismPortalProxy"));
	json_object_set_new(out, "l1_system_config_address",
			    of_contracts(m, "SystemConfigProxy"));
	json_object_set_new(out, "protocol_versions_address",
			    json_string(ZEROS_20));
	if (jx_bool(m->from->config, "useAltDA", false))
		json_object_set_new(out, "alt_da", alt_da(m));
	return out;
}

/* --- both --- */

static int
build(struct make *m, json_t **genesis, json_t **rollup)
{
	size_t errors = m->ds->nerrors;
	CLEANUP(put_json) json_t *big = NULL, *small = NULL;
	json_t *alloc = l2_alloc(m->from->allocs, m->ds);
	uint8_t raw[32];
	char hash[67] = "0x";

	if (!alloc)
		return -1;
	refuse_others(m);
	read_forks(m);
	big = genesis_doc(m, alloc);
	if (m->ds->nerrors > errors ||
	    l2_alloc_check(alloc, (uint64_t)l2_genesis_number(m, "l2ChainID"),
			   jx_bool(m->from->config, "enableGovernance", false),
			   m->ds) ||
	    block0_hash(big, raw, m->ds))
		return -1;
	hex_encode(raw, sizeof(raw), hash + 2);
	small = rollup_doc(m, hash);
	if (m->ds->nerrors > errors)
		return -1;
	*genesis = TAKE(big);
	*rollup = TAKE(small);
	return 0;
}

int
l2_genesis(const struct l2_genesis_from *from, json_t **genesis,
	   json_t **rollup, struct diags *ds)
{
	struct make m = { .from = from, .ds = ds };

	return build(&m, genesis, rollup);
}

/* With the line more that op-node ends its files with. */
char *
l2_genesis_text(const json_t *doc)
{
	CLEANUP(freep) char *text = json_dumps(doc, JSON_INDENT(2));

	return xasprintf("%s\n\n", text);
}
