#include "tests/unit/t.h"

#include "providers/facts/contracts/settings.h"

#define A "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
#define B "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"

#define LIVE                                                                   \
	"{'batcher':'" A "','unsafe_block_signer':'" A "','gas_limit':"        \
	"30000000,'base_fee_scalar':7663,'blob_base_fee_scalar':10,"           \
	"'owner':'" A "'}"

/* Which calls lead from what is to what is wanted. */
static const struct {
	const struct settings *s;
	const char *config, *live, *calls;
} cases[] = {
	{ &system_config_settings, "{}", LIVE, "[]" },
	{ &system_config_settings, LIVE, LIVE, "[]" },
	/* How an address is written does not matter. */
	{ &system_config_settings,
	  "{'batcher':'0x70997970c51812dc3a010c7d01b50e0d17dc79c8'}", LIVE,
	  "[]" },
	{ &system_config_settings, "{'batcher':'" B "'}", LIVE,
	  "[{'function':'setBatcherHash(bytes32)','args':["
	  "'0x0000000000000000000000003C44CdDdB6a900fa2b585dd299e03d12FA4293BC'"
	  "]}]" },
	{ &system_config_settings, "{'unsafe_block_signer':'" B "'}", LIVE,
	  "[{'function':'setUnsafeBlockSigner(address)','args':['" B "']}]" },
	{ &system_config_settings, "{'gas_limit':40000000}", LIVE,
	  "[{'function':'setGasLimit(uint64)','args':[40000000]}]" },
	/* What is not managed stays what it is. */
	{ &system_config_settings, "{'base_fee_scalar':1}", LIVE,
	  "[{'function':'setGasConfigEcotone(uint32,uint32)','args':[1,10]}]" },
	{ &system_config_settings,
	  "{'base_fee_scalar':7663,'blob_base_fee_scalar':0}", LIVE,
	  "[{'function':'setGasConfigEcotone(uint32,uint32)','args':[7663,0]}"
	  "]" },
	/* Who gives the contract away can do nothing more. */
	{ &system_config_settings, "{'owner':'" B "','gas_limit':40000000}",
	  LIVE,
	  "[{'function':'setGasLimit(uint64)','args':[40000000]},"
	  "{'function':'transferOwnership(address)','args':['" B "']}]" },
	{ &superchain_config_settings, "{'paused':true}",
	  "{'paused':false,'guardian':'" A "'}",
	  "[{'function':'pause(string)','args':['opl2']}]" },
	{ &superchain_config_settings, "{'paused':false}",
	  "{'paused':true,'guardian':'" A "'}",
	  "[{'function':'unpause()','args':[]}]" },
	{ &superchain_config_settings, "{'paused':false}",
	  "{'paused':false,'guardian':'" A "'}", "[]" },
	/* Newer contracts have more to set, and pause by chain. */
	{ &system_config_settings, "{'min_base_fee':7}",
	  "{'operator_fee_scalar':1,'operator_fee_constant':2,"
	  "'min_base_fee':0,'da_footprint_gas_scalar':0}",
	  "[{'function':'setMinBaseFee(uint64)','args':[7]}]" },
	{ &system_config_settings,
	  "{'operator_fee_scalar':5,'da_footprint_gas_scalar':400}",
	  "{'operator_fee_scalar':1,'operator_fee_constant':2,"
	  "'min_base_fee':0,'da_footprint_gas_scalar':0}",
	  "[{'function':'setOperatorFeeScalars(uint32,uint64)','args':[5,2]},"
	  "{'function':'setDAFootprintGasScalar(uint16)','args':[400]}]" },
	{ &superchain_config_settings, "{'paused':true}",
	  "{'paused':false,'guardian':'" A "','pause_expiry':7884000}",
	  "[{'function':'pause(address)','args':["
	  "'0x0000000000000000000000000000000000000000']}]" },
	{ &superchain_config_settings, "{'paused':false}",
	  "{'paused':true,'guardian':'" A "','pause_expiry':7884000}",
	  "[{'function':'unpause(address)','args':["
	  "'0x0000000000000000000000000000000000000000']}]" },
	{ &ownership_settings, "{'owner':'" B "'}", "{'owner':'" A "'}",
	  "[{'function':'transferOwnership(address)','args':['" B "']}]" },
};

static void
calls(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *config = t_json(cases[i].config);
		CLEANUP(put_json) json_t *live = t_json(cases[i].live);
		CLEANUP(put_json) json_t *want = t_json(cases[i].calls);
		CLEANUP(put_json)
		json_t *got = cases[i].s->calls(config, live);
		CLEANUP(freep) char *text = json_dumps(got, 0);

		if (!json_equal(got, want))
			fail_msg("case %zu: %s", i, text);
	}
}

static void
checks(void **state UNUSED)
{
	static const struct {
		const char *kind, *config, *code, *path;
	} bad[] = {
		{ "system_config", "{'gas_limit':1000}", "E0407",
		  "/gas_limit" },
		{ "system_config", "{'gas_limit':200000001}", "E0407",
		  "/gas_limit" },
		{ "system_config",
		  "{'batcher':'0x0000000000000000000000000000000000000000'}",
		  "E0406", "/batcher" },
		{ "ownership",
		  "{'owner':'0x0000000000000000000000000000000000000000'}",
		  "E0406", "/owner" },
		{ "system_config", "{'gas_limit':21000000}", NULL, NULL },
		{ "ownership", "{'owner':'" A "'}", NULL, NULL },
	};

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(put_json) json_t *config = t_json(bad[i].config);
		CLEANUP(put_json) json_t *unknown = json_array();
		struct kind_ctx ctx = { 0 };
		struct diags ds;
		int rc;

		diags_init(&ds);
		ctx.ds = &ds;
		rc = kind_find(bad[i].kind)->check(&ctx, config, unknown);
		assert_int_equal(rc, bad[i].code ? -1 : 0);
		if (bad[i].code) {
			assert_string_equal(ds.first->code, bad[i].code);
			assert_string_equal(ds.first->path, bad[i].path);
		}
		diags_done(&ds);
	}
}

/* What cannot be known must not be promised. */
static void
predicts(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = t_json("{'gas_limit':40000000}");
	CLEANUP(put_json) json_t *some = t_json("['/batcher']");
	CLEANUP(put_json) json_t *none = t_json("[]");
	CLEANUP(put_json) json_t *prior = t_json("{'live':" LIVE "}");
	struct plan_req req = { .config = config,
				.unknown = none,
				.prior_config = config,
				.prior = prior };
	struct plan_out out = { 0 };
	struct kind_ctx ctx = { 0 };
	struct arena arena;

	arena_init(&arena);
	ctx.arena = &arena;
	assert_int_equal(
		settings_plan(&system_config_settings, &ctx, &req, &out), 0);
	assert_int_equal(jx_int(jx_get(out.attrs, "live"), "gas_limit", 0),
			 40000000);
	assert_string_equal(jx_str(jx_get(out.attrs, "live"), "batcher", ""),
			    A);
	assert_string_equal(jx_str(json_array_get(out.costs, 0), "gas", ""),
			    "110000");
	json_decref(out.attrs);
	json_decref(out.costs);
	out = (struct plan_out){ 0 };
	req.unknown = some;
	assert_int_equal(
		settings_plan(&system_config_settings, &ctx, &req, &out), 0);
	assert_null(out.attrs);
	assert_string_equal(jx_str(json_array_get(out.costs, 0), "gas", ""),
			    "220000");
	json_decref(out.costs);
	arena_done(&arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(checks),
		cmocka_unit_test(predicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
