#include "tests/unit/t.h"

#include "engine/kind/kind.h"
#include "engine/kind/places.h"
#include "engine/schema/schema.h"
#include "providers/kinds/deploy_config/deploy_render.h"

/* What the schema's defaults and the required fields come to. */
static json_t *
base_config(void)
{
	static const char text[] =
		"{\"l1_rpc\":\"http://127.0.0.1:1\",\"anchor\":\"finalized\","
		"\"l1_chain_id\":3151,\"l2_chain_id\":42069,"
		"\"l1_block_time\":\"2s\",\"l2_block_time\":\"1s\","
		"\"admin\":\"0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A\","
		"\"batcher\":\"0xb5E8E707cCa1F37ef4bdFa52B513E391c722cFc7\","
		"\"proposer\":\"0xA9B35DF33411469869b8fE68a9Ad5d38C401f48F\","
		"\"sequencer\":\"0x5700AaE55b14e29CCc0eEE634fb9Bcd288ECFEE0\","
		"\"max_sequencer_drift\":\"10m\",\"finalization_period\":"
		"\"12s\",\"l2_genesis_block_gas_limit\":30000000,"
		"\"l2_genesis_block_base_fee_per_gas\":\"1000000000\","
		"\"base_fee_vault_minimum_withdrawal_amount\":"
		"\"10000000000000000000\","
		"\"base_fee_vault_withdrawal_network\":\"l2\","
		"\"enable_governance\":true,\"governance_token_name\":"
		"\"Optimism\",\"governance_token_symbol\":\"OP\","
		"\"fault_game_max_depth\":44,\"fault_game_split_depth\":14,"
		"\"fault_game_clock_extension\":\"0s\","
		"\"fault_game_max_clock_duration\":\"20m\","
		"\"preimage_oracle_challenge_period\":\"5m\","
		"\"gas_price_oracle_scalar\":0,\"use_fault_proofs\":false}";
	json_t *j = jx_parse(text, strlen(text), "base", NULL);

	assert_non_null(j);
	return j;
}

struct run {
	struct arena arena;
	struct diags ds;
	struct kind_ctx ctx;
};

static void
run_init(struct run *r)
{
	arena_init(&r->arena);
	diags_init(&r->ds);
	r->ctx = (struct kind_ctx){ .ds = &r->ds,
				    .arena = &r->arena,
				    .addr = "deploy_config.l2",
				    .chain = "test",
				    .spec_dir = "/nowhere",
				    .places = places_in(&r->arena,
							"/nowhere/.opl2") };
}

static void
run_done(struct run *r)
{
	diags_done(&r->ds);
	arena_done(&r->arena);
}

static const struct kind *
kind(void)
{
	const struct kind *k = kind_find("deploy_config");

	assert_non_null(k);
	return k;
}

/* The config with `change` merged in gives this error at this place. */
static void
expect(const char *change, const char *code, const char *path)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json)
	json_t *over = jx_parse(change, strlen(change), "change", NULL);
	CLEANUP(put_json) json_t *unknown = json_array();
	struct run r;

	assert_non_null(over);
	jx_merge(config, over);
	run_init(&r);
	if (!code) {
		assert_int_equal(kind()->check(&r.ctx, config, unknown), 0);
		t_no_errors(&r.ds);
	} else {
		assert_int_equal(kind()->check(&r.ctx, config, unknown), -1);
		t_error(&r.ds, code, "");
		assert_string_equal(r.ds.first->path, path);
		assert_int_equal(r.ds.nerrors, 1);
	}
	run_done(&r);
}

static void
test_rules(void **state UNUSED)
{
	static const struct {
		const char *change, *code, *path;
	} cases[] = {
		{ "{}", NULL, NULL },
		{ "{\"l1_chain_id\":1337}", "E0401", "/l1_chain_id" },
		{ "{\"l2_chain_id\":900}", "E0401", "/l2_chain_id" },
		{ "{\"l2_chain_id\":8453}", "E0402", "/l2_chain_id" },
		{ "{\"l2_chain_id\":3151}", "E0403", "/l2_chain_id" },
		{ "{\"l2_block_time\":\"3s\"}", "E0404", "/l2_block_time" },
		{ "{\"l2_block_time\":\"2s\"}", NULL, NULL },
		{ "{\"l2_block_time\":\"500ms\"}", "E0405", "/l2_block_time" },
		{ "{\"finalization_period\":\"0s\"}", "E0406",
		  "/finalization_period" },
		{ "{\"batcher\":"
		  "\"0x0000000000000000000000000000000000000000\"}",
		  "E0406", "/batcher" },
		{ "{\"l2_genesis_block_gas_limit\":20999999}", "E0407",
		  "/l2_genesis_block_gas_limit" },
		{ "{\"l2_genesis_block_gas_limit\":200000001}", "E0407",
		  "/l2_genesis_block_gas_limit" },
		{ "{\"governance_token_name\":\"\"}", "E0408",
		  "/governance_token_name" },
		{ "{\"governance_token_name\":\"\","
		  "\"enable_governance\":false}",
		  NULL, NULL },
		{ "{\"forks\":{\"granite\":\"10s\"}}", NULL, NULL },
		{ "{\"forks\":{\"fjord\":\"off\",\"granite\":\"off\"}}", NULL,
		  NULL },
		{ "{\"forks\":{\"fjord\":\"off\"}}", "E0409",
		  "/forks/granite" },
		{ "{\"forks\":{\"fjord\":\"20s\",\"granite\":\"10s\"}}",
		  "E0409", "/forks/granite" },
		{ "{\"forks\":{\"delta\":\"1s\",\"ecotone\":\"1s\","
		  "\"fjord\":\"1s\",\"granite\":\"1s\"}}",
		  "E0409", "/forks/delta" },
		{ "{\"alt_da\":{\"challenge_window\":0}}", "E0410",
		  "/alt_da/challenge_window" },
		{ "{\"alt_da\":{},\"use_fault_proofs\":true}", "E0411",
		  "/use_fault_proofs" },
		{ "{\"use_fault_proofs\":true}", NULL, NULL },
		{ "{\"fault_game_max_depth\":126}", "E0412",
		  "/fault_game_max_depth" },
		{ "{\"fault_game_split_depth\":43}", "E0412",
		  "/fault_game_split_depth" },
		{ "{\"fault_game_split_depth\":42}", NULL, NULL },
		{ "{\"fault_game_clock_extension\":\"10m1s\"}", "E0413",
		  "/fault_game_max_clock_duration" },
		{ "{\"fault_game_clock_extension\":\"10m\"}", NULL, NULL },
		{ "{\"gas_price_oracle_scalar\":1000000}", "E0414",
		  "/gas_price_oracle_scalar" },
		{ "{\"alt_da\":{},\"max_l1_tx_size\":130674}", "E0415",
		  "/max_l1_tx_size" },
		{ "{\"alt_da\":{},\"max_l1_tx_size\":130673}", NULL, NULL },
		{ "{\"max_l1_tx_size\":256000}", NULL, NULL },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++)
		expect(cases[i].change, cases[i].code, cases[i].path);
}

/* What the preset sets with contracts v7.0.0, and a change of it. */
static json_t *
opcm_config(const char *change)
{
	static const char text[] =
		"{\"contracts\":\"v7.0.0\",\"use_fault_proofs\":true,"
		"\"respected_game_type\":1,\"gas_price_oracle_base_fee_"
		"scalar\":"
		"7663,\"gas_price_oracle_blob_base_fee_scalar\":1,"
		"\"fault_game_clock_extension\":\"10s\","
		"\"fault_game_absolute_prestate\":"
		"\"0x03c7ae758795765c6664a5d39bf"
		"63841c71ff191e9189522bad8ebff5d4eca98\"}";
	json_t *over = jx_parse(text, strlen(text), "opcm", NULL);
	CLEANUP(put_json)
	json_t *more = jx_parse(change, strlen(change), "change", NULL);

	assert_non_null(over);
	assert_non_null(more);
	jx_merge(over, more);
	return over;
}

/* 2^248-1 without its last digit, 5. */
#define MAX_LIQUIDITY                                                          \
	"45231284858326638837332416019018714005183587760015845327913118753091" \
	"066265"

static void
test_opcm_rules(void **state UNUSED)
{
	static const struct {
		const char *change, *code, *path;
	} cases[] = {
		{ "{}", NULL, NULL },
		{ "{\"batch_inbox_address\":"
		  "\"0xFf00000000000000000000000000000000042069\"}",
		  "E0443", "/batch_inbox_address" },
		{ "{\"gas_price_oracle_base_fee_scalar\":0}", "E0444",
		  "/gas_price_oracle_base_fee_scalar" },
		{ "{\"gas_price_oracle_blob_base_fee_scalar\":0}", "E0444",
		  "/gas_price_oracle_blob_base_fee_scalar" },
		{ "{\"fault_game_clock_extension\":\"0s\"}", "E0444",
		  "/fault_game_clock_extension" },
		{ "{\"fault_game_absolute_prestate\":"
		  "\"0x00000000000000000000000"
		  "00000000000000000000000000000000000000000\"}",
		  "E0444", "/fault_game_absolute_prestate" },
		{ "{\"respected_game_type\":0}", "E0446",
		  "/respected_game_type" },
		{ "{\"use_fault_proofs\":false}", "E0446",
		  "/respected_game_type" },
		{ "{\"alt_da\":{\"commitment\":\"GenericCommitment\"}}", NULL,
		  NULL },
		{ "{\"alt_da\":{\"commitment\":\"KeccakCommitment\"}}", "E0447",
		  "/alt_da/commitment" },
		{ "{\"forks\":{\"jovian\":\"off\"}}", NULL, NULL },
		{ "{\"forks\":{\"isthmus\":\"off\"}}", "E0409",
		  "/forks/jovian" },
		{ "{\"operator_fee_scalar\":5}", NULL, NULL },
		{ "{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\"}}", NULL,
		  NULL },
		{ "{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\"},"
		  "\"l1_fee_vault_withdrawal_network\":\"l1\"}",
		  "E0448", "/l1_fee_vault_withdrawal_network" },
		{ "{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\","
		  "\"controller_owner\":"
		  "\"0x0000000000000000000000000000000000000000\"}}",
		  "E0406", "/gas_token/controller_owner" },
		{ "{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\","
		  "\"liquidity\":\"" MAX_LIQUIDITY "5\"}}",
		  NULL, NULL },
		{ "{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\","
		  "\"liquidity\":\"" MAX_LIQUIDITY "6\"}}",
		  "E0449", "/gas_token/liquidity" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *over = opcm_config(cases[i].change);
		CLEANUP(freep) char *text = jx_dump_line(over);

		expect(text, cases[i].code, cases[i].path);
	}
	expect("{\"operator_fee_scalar\":5}", "E0445", "/operator_fee_scalar");
	expect("{\"forks\":{\"jovian\":\"0s\"}}", "E0445", "/forks/jovian");
	expect("{\"gas_token\":{\"name\":\"G\",\"symbol\":\"G\"}}", "E0445",
	       "/gas_token");
}

static void
test_unknown_is_passed_over(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json)
	json_t *unknown = json_pack("[s, s]", "/l2_chain_id", "/admin");
	struct run r;

	json_object_set_new(config, "l2_chain_id", json_null());
	json_object_set_new(config, "admin", json_null());
	run_init(&r);
	assert_int_equal(kind()->check(&r.ctx, config, unknown), 0);
	t_no_errors(&r.ds);
	run_done(&r);
}

static void
test_warns_of_latest_on_a_public_l1(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json) json_t *unknown = json_array();
	struct run r;

	json_object_set_new(config, "anchor", json_string("latest"));
	json_object_set_new(config, "l1_chain_id", json_integer(11155111));
	run_init(&r);
	assert_int_equal(kind()->check(&r.ctx, config, unknown), 0);
	assert_int_equal(r.ds.nwarnings, 1);
	assert_string_equal(r.ds.first->code, "W0417");
	run_done(&r);
}

/* Does a plan with these warn that games come too fast? */
static bool
warns_of_games(const char *interval, int64_t blocks)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json) json_t *unknown = json_array();
	const struct plan_req req = { .config = config,
				      .unknown = unknown,
				      .creating = true };
	struct plan_out out = { .attrs = NULL };
	bool warns;
	struct run r;

	json_object_set_new(config, "l1_block_time", json_string("12s"));
	if (interval)
		json_object_set_new(config, "proposal_interval",
				    json_string(interval));
	if (blocks >= 0)
		json_object_set_new(config, "max_channel_duration",
				    json_integer(blocks));
	run_init(&r);
	assert_int_equal(kind()->plan(&r.ctx, &req, &out), 0);
	t_no_errors(&r.ds);
	warns = r.ds.nwarnings == 1;
	if (warns) {
		assert_string_equal(r.ds.first->code, "W0419");
		assert_string_equal(r.ds.first->path, "/proposal_interval");
	}
	json_decref(out.attrs);
	run_done(&r);
	return warns;
}

static void
test_warns_of_games_that_come_too_fast(void **state UNUSED)
{
	/* 25 blocks of 12 s are 300 s. */
	assert_false(warns_of_games("5m", 25));
	assert_false(warns_of_games("20m", 25));
	assert_true(warns_of_games("299s", 25));
	assert_true(warns_of_games("4m", 25));
	/* With 0 a batch is sent when it is full. */
	assert_true(warns_of_games("20m", 0));
	/* Without games, or what the batcher does. */
	assert_false(warns_of_games(NULL, 25));
	assert_false(warns_of_games("1s", -1));
}

static const struct deploy_anchor anchor = {
	"0x88e22407af8cabf0852d1e3e8fc8fd5c5e9be68de55b9ec16fb57fceddfda7da",
	7,
	1795468475,
};

static void
same_text(const json_t *doc, const char *key, const char *want)
{
	assert_string_equal(jx_str(doc, key, "(absent)"), want);
}

static void
test_renderings(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json)
	json_t *sol = deploy_render(config, &anchor, DEPLOY_SOLIDITY);
	CLEANUP(put_json)
	json_t *node = deploy_render(config, &anchor, DEPLOY_OP_NODE);

	same_text(node, "l1StartingBlockTag", anchor.hash);
	same_text(node, "batchInboxAddress",
		  "0xFf00000000000000000000000000000000042069");
	same_text(node, "finalSystemOwner",
		  "0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A");
	same_text(node, "l2GenesisBlockGasLimit", "0x1c9c380");
	same_text(node, "baseFeeVaultMinimumWithdrawalAmount",
		  "0x8ac7230489e80000");
	same_text(node, "l2GenesisGraniteTimeOffset", "0x0");
	assert_int_equal(jx_int(node, "maxSequencerDrift", 0), 600);
	assert_int_equal(jx_int(node, "baseFeeVaultWithdrawalNetwork", 9), 1);
	assert_int_equal(jx_int(node, "l1FeeVaultWithdrawalNetwork", 9), 0);
	assert_int_equal(jx_int(node, "l2OutputOracleStartingTimestamp", 0),
			 anchor.time);
	assert_null(jx_get(node, "usePlasma"));
	assert_false(jx_bool(node, "useAltDA", true));
	assert_false(jx_bool(sol, "usePlasma", true));
	assert_null(jx_get(node, "daChallengeWindow"));
}

static void
test_alt_da_and_forks(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json) json_t *sol = NULL, *node = NULL;

	json_object_set_new(config, "alt_da",
			    json_pack("{s:s, s:i, s:i}", "commitment",
				      "GenericCommitment", "challenge_window",
				      300, "resolve_window", 301));
	json_object_set_new(
		config, "forks",
		json_pack("{s:s, s:s}", "fjord", "1m", "granite", "off"));
	sol = deploy_render(config, &anchor, DEPLOY_SOLIDITY);
	node = deploy_render(config, &anchor, DEPLOY_OP_NODE);
	assert_true(jx_bool(node, "useAltDA", false));
	assert_true(jx_bool(sol, "usePlasma", false));
	assert_int_equal(jx_int(node, "daResolveWindow", 0), 301);
	same_text(node, "l2GenesisFjordTimeOffset", "0x3c");
	assert_null(jx_get(node, "l2GenesisGraniteTimeOffset"));
}

/* The inbox is the one seen in SystemConfig of a chain 42069. */
static void
test_opcm_renderings(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json)
	json_t *over = opcm_config("{\"alt_da\":{},\"operator_fee_constant\":"
				   "7}");
	CLEANUP(put_json) json_t *sol = NULL, *node = NULL;

	jx_merge(config, over);
	sol = deploy_render(config, &anchor, DEPLOY_SOLIDITY);
	node = deploy_render(config, &anchor, DEPLOY_OP_NODE);
	same_text(node, "batchInboxAddress",
		  "0x00e9BfcAdbfb1F294e9a66BC0573878525f5015c");
	same_text(node, "operatorFeeVaultRecipient",
		  "0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A");
	same_text(node, "operatorFeeVaultMinimumWithdrawalAmount",
		  "0x8ac7230489e80000");
	assert_int_equal(jx_int(node, "operatorFeeVaultWithdrawalNetwork", 9),
			 1);
	assert_int_equal(jx_int(node, "gasPriceOracleOperatorFeeConstant", 0),
			 7);
	assert_int_equal(jx_int(node, "gasPriceOracleOperatorFeeScalar", 9), 0);
	same_text(node, "l2GenesisJovianTimeOffset", "0x0");
	assert_null(jx_get(node, "requiredProtocolVersion"));
	assert_null(jx_get(node, "recommendedProtocolVersion"));
	assert_non_null(jx_get(sol, "requiredProtocolVersion"));
	assert_null(jx_get(sol, "usePlasma"));
	assert_true(jx_bool(sol, "useAltDA", false));
}

/* The keys that L2Genesis and op-node read; the L1 knows no more than one. */
static void
test_gas_token_renderings(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json) json_t *plain = opcm_config("{}");
	CLEANUP(put_json)
	json_t *over = opcm_config("{\"gas_token\":{\"name\":\"Example\","
				   "\"symbol\":\"EXG\",\"liquidity\":"
				   "\"1000\"}}");
	CLEANUP(put_json) json_t *node = NULL;
	char a1[65], a2[65], b1[65], b2[65], c1[65], c2[65];

	jx_merge(config, plain);
	node = deploy_render(config, &anchor, DEPLOY_OP_NODE);
	assert_false(jx_bool(node, "useCustomGasToken", true));
	assert_null(jx_get(node, "gasPayingTokenName"));
	deploy_digests(config, &anchor, a1, a2);
	json_decref(node);
	jx_merge(config, over);
	node = deploy_render(config, &anchor, DEPLOY_OP_NODE);
	assert_true(jx_bool(node, "useCustomGasToken", false));
	same_text(node, "gasPayingTokenName", "Example");
	same_text(node, "gasPayingTokenSymbol", "EXG");
	same_text(node, "nativeAssetLiquidityAmount", "0x3e8");
	same_text(node, "liquidityControllerOwner",
		  "0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A");
	deploy_digests(config, &anchor, b1, b2);
	assert_string_not_equal(a1, b1);
	json_object_set_new((json_t *)(uintptr_t)jx_get(config, "gas_token"),
			    "symbol", json_string("OTHER"));
	deploy_digests(config, &anchor, c1, c2);
	assert_string_equal(b1, c1);
	assert_string_not_equal(b2, c2);
}

/* Which digest moves when a field does: the reviewed table, by example. */
static void
test_digests(void **state UNUSED)
{
	static const struct {
		const char *change;
		bool l1, l2;
	} cases[] = {
		{ "{\"l2_chain_id\":42070}", true, false },
		{ "{\"proposer\":\"0x8AdD5E70fBeE3C0bDc90ffDd7918a9eCDc1F747A"
		  "\"}",
		  true, false },
		{ "{\"admin\":\"0xA9B35DF33411469869b8fE68a9Ad5d38C401f48F\"}",
		  true, true },
		{ "{\"l2_genesis_block_base_fee_per_gas\":\"7\"}", false,
		  true },
		{ "{\"max_sequencer_drift\":\"11m\"}", false, true },
		{ "{\"forks\":{\"granite\":\"off\"}}", false, true },
		{ "{\"alt_da\":{\"commitment\":\"GenericCommitment\"}}", false,
		  true },
		{ "{\"l1_block_time\":\"12s\"}", false, false },
		{ "{\"l1_rpc\":\"http://other\"}", false, false },
		{ "{\"anchor\":\"safe\"}", false, false },
	};
	CLEANUP(put_json) json_t *before = base_config();
	char a1[65], a2[65], b1[65], b2[65];

	deploy_digests(before, &anchor, a1, a2);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *now = base_config();
		CLEANUP(put_json)
		json_t *over = jx_parse(cases[i].change,
					strlen(cases[i].change), "", NULL);

		jx_merge(now, over);
		deploy_digests(now, &anchor, b1, b2);
		if ((strcmp(a1, b1) != 0) != cases[i].l1 ||
		    (strcmp(a2, b2) != 0) != cases[i].l2)
			fail_msg("wrong class of %s", cases[i].change);
	}
}

/* The anchor stays while the L1 contracts do, and is drawn again after. */
static void
test_plan_keeps_the_anchor(void **state UNUSED)
{
	CLEANUP(put_json) json_t *before = base_config();
	CLEANUP(put_json) json_t *now = base_config();
	CLEANUP(put_json) json_t *unknown = json_array();
	CLEANUP(put_json)
	json_t *prior = deploy_attrs(before, &anchor, "/nowhere");
	struct plan_req req = { .config = now,
				.unknown = unknown,
				.prior_config = before,
				.prior = prior };
	struct plan_out out = { 0 };
	struct run r;

	run_init(&r);
	json_object_set_new(now, "max_sequencer_drift", json_string("11m"));
	assert_int_equal(kind()->plan(&r.ctx, &req, &out), 0);
	same_text(out.attrs, "anchor_hash", anchor.hash);
	same_text(out.attrs, "l1_digest", jx_str(prior, "l1_digest", ""));
	assert_string_not_equal(jx_str(out.attrs, "l2_digest", ""),
				jx_str(prior, "l2_digest", ""));
	same_text(out.attrs, "solidity",
		  "/nowhere/.opl2/files/deploy_config.l2/solidity.json");
	json_decref(TAKE(out.attrs));

	json_object_set_new(now, "l2_chain_id", json_integer(42070));
	assert_int_equal(kind()->plan(&r.ctx, &req, &out), 0);
	assert_null(out.attrs);
	run_done(&r);
}

/* A value that no config above has. */
static json_t *
another(const char *name, const char *type, const char *format)
{
	static const char address[] =
		"0x00000000000000000000000000000000000000Aa";

	if (strcmp(name, "forks") == 0)
		return json_pack("{s:s}", "granite", "9s");
	if (strcmp(name, "contracts") == 0)
		return json_string("v7.0.0");
	if (strcmp(type, "object") == 0)
		return json_object();
	if (strcmp(type, "integer") == 0)
		return json_integer(987654);
	if (strcmp(type, "boolean") == 0)
		return json_boolean(strcmp(name, "enable_governance") != 0);
	if (strcmp(format, "address") == 0)
		return json_string(address);
	if (strcmp(format, "duration") == 0)
		return json_string("99s");
	if (strcmp(format, "wei") == 0)
		return json_string("99");
	if (strcmp(name, "base_fee_vault_withdrawal_network") == 0 ||
	    strcmp(name, "operator_fee_vault_withdrawal_network") == 0)
		return json_string("l1");
	return json_string("l2");
}

/* Does another value of the field move a rendering of these contracts? */
static bool
is_rendered(const char *name, const json_t *field, const char *contracts)
{
	CLEANUP(put_json) json_t *config = base_config();
	CLEANUP(put_json) json_t *plain = NULL, *doc = NULL;

	if (contracts)
		json_object_set_new(config, "contracts",
				    json_string(contracts));
	plain = deploy_render(config, &anchor, DEPLOY_SOLIDITY);
	json_object_set_new(config, name,
			    another(name, jx_str(field, "type", ""),
				    jx_str(field, "format", "")));
	doc = deploy_render(config, &anchor, DEPLOY_SOLIDITY);
	return !json_equal(doc, plain);
}

/* Every field of the schema moves something in a rendering, but for those
 * named here: a new one cannot be forgotten in the table. */
static void
test_table_and_schema_agree(void **state UNUSED)
{
	static const char *const apart[] = { "l1_rpc", "anchor",
					     "max_l1_tx_size",
					     "max_channel_duration",
					     "proposal_interval" };
	const json_t *props = jx_get(schema_for("deploy_config"), "properties");
	const char *name;
	json_t *field;

	json_object_foreach((json_t *)(uintptr_t)props, name, field) {
		bool skip = jx_bool(field, "x-computed", false);

		for (size_t i = 0; i < COUNTOF(apart); i++)
			skip = skip || strcmp(name, apart[i]) == 0;
		if (!skip && !is_rendered(name, field, NULL) &&
		    !is_rendered(name, field, "v7.0.0"))
			fail_msg("'%s' is not rendered", name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_opcm_rules),
		cmocka_unit_test(test_opcm_renderings),
		cmocka_unit_test(test_gas_token_renderings),
		cmocka_unit_test(test_unknown_is_passed_over),
		cmocka_unit_test(test_warns_of_latest_on_a_public_l1),
		cmocka_unit_test(test_warns_of_games_that_come_too_fast),
		cmocka_unit_test(test_renderings),
		cmocka_unit_test(test_alt_da_and_forks),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_plan_keeps_the_anchor),
		cmocka_unit_test(test_table_and_schema_agree),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
