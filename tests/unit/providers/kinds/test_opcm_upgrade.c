#include "tests/unit/t.h"

#include "engine/base/mem.h"
#include "engine/kind/kind.h"
#include "providers/clients/evm/abi.h"
#include "providers/facts/contracts/settings.h"
#include "tests/unit/anvil.h"
#include "tests/unit/ops.h"

#define A       "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
#define B       "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
#define PORT    18571
#define AT(end) "0x00000000000000000000000000000000000000" end
#define WORD(end)                                                              \
	"0x00000000000000000000000000000000000000000000000000000000000000" end

#define SYSTEM  AT("a1")
#define FACTORY AT("b1")
#define OPCM    AT("c1")
#define WRONG   AT("c2") /* an OPCM that refuses */
#define SAFE    AT("d1")

/*
 * Contracts as small as they can be, by hand. SystemConfig: lastUsedOPCM() is
 * slot 0, proxyAdminOwner() slot 1, and 0xaaaaaaaa sets slot 0 for the latter.
 */
#define SYSTEM_CODE                                                            \
	"0x60003560e01c80638ed95502146029578063dad544e0146035578063aaaaaa"     \
	"aa1460415760006000fd5b60005460005260206000f35b600154600052602060"     \
	"00f35b6001543318605157600435600055005b60006000fd"
/* Every bond is 7; gameArgs(1) has the prestate 0x..de, A and B. */
#define FACTORY_CODE                                                           \
	"0x60003560e01c80636593dc6e14607557600435600114602357602060005260"     \
	"406000f35b602060005260a460205260de6040527370997970c51812dc3a010c"     \
	"7d01b50e0d17dc79c860b0527f3c44cdddb6a900fa2b585dd299e03d12fa4293"     \
	"bc00000000000000000000000060d0526101006000f35b600760005260206000"     \
	"f3"
/* Everybody owns it, getThreshold() is slot 0, and execTransaction makes
 * delegatecalls alone. */
#define SAFE_CODE                                                              \
	"0x60003560e01c8063e75235b81460295780632f54bf6e1460355780636a7612"     \
	"021460405760006000fd5b60005460005260206000f35b600160005260206000"     \
	"f35b606435600118607657604435600401803590602001819060003760009060"     \
	"009060006004355af415607657600160005260206000f35b60006000fd"
/* Whatever it is asked, it writes 0x..c1 into the SystemConfig. */
#define OPCM_CODE                                                              \
	"0x63aaaaaaaa60005260c1602052600060006024601c600060a15af115602057"     \
	"005b60006000fd"
/* InvalidGameConfigs() */
#define WRONG_CODE "0x637c165cd66000526004601cfd"

/* --- the pure half ------------------------------------------------------- */

/* Call data by cast 1.7.1: the permissioned game and one of kona stay on, with
 * what is left out of the config as it is. */
static void
call_data(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *config = t_json("{'address':'" SYSTEM "','opcm':'" OPCM
				"','challenger':'" B "'}");
	CLEANUP(put_json)
	json_t *live = t_json(
		"{'opcm':'" A "','owner of the ProxyAdmin':'" SAFE
		"','absolute_prestate':'" WORD(
			"de") "','proposer':'" A "','challenger':'" A
			      "','bond':'80000000000000000',"
			      "'cannon_bond':'0','cannon_kona_prestate':'" WORD(
				      "de") "','cannon_kona_bond':'7'}");
	CLEANUP(put_json)
	json_t *calls = opcm_upgrade_settings.calls(config, live);
	const json_t *call = json_array_get(calls, 0);
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
	uint8_t hash[32];
	char hex[65];

	assert_int_equal(json_array_size(calls), 1);
	assert_int_equal(abi_encode_call(&b, jx_str(call, "function", ""),
					 jx_get(call, "args"), NULL),
			 0);
	keccak256(b.p, b.n, hash);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex, "95b6e87d11583c7277012345dc5ad5eb"
				 "2f7777e2587b9d0ba629dce58b458ca1");
}

static void
nothing_to_do(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *live = t_json("{'opcm':'" A "','proposer':'" B "'}");
	static const char *const configs[] = {
		"{}",
		"{'opcm':'0x70997970c51812dc3a010c7d01b50e0d17dc79c8'}",
		"{'opcm':'" A "','proposer':'" B "'}",
	};

	for (size_t i = 0; i < COUNTOF(configs); i++) {
		CLEANUP(put_json) json_t *config = t_json(configs[i]);
		CLEANUP(put_json)
		json_t *calls = opcm_upgrade_settings.calls(config, live);

		assert_int_equal(json_array_size(calls), 0);
	}
}

static void
checked(void **state UNUSED)
{
	static const struct {
		const char *config, *unknown, *code, *path;
	} cases[] = {
		{ "{'opcm':'" A "','proposer':'" B "'}", "[]", NULL, NULL },
		{ "{'proposer':'" B "'}", "['/opcm']", NULL, NULL },
		{ "{'proposer':'" B "'}", "[]", "E1206", "/proposer" },
		{ "{'opcm':'" AT("00") "'}", "[]", "E0406", "/opcm" },
	};

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json) json_t *config = t_json(cases[i].config);
		CLEANUP(put_json) json_t *unknown = t_json(cases[i].unknown);
		CLEANUP(diags_done) struct diags ds;
		struct kind_ctx ctx = { .ds = &ds };
		int rc;

		diags_init(&ds);
		rc = kind_find("opcm_upgrade")->check(&ctx, config, unknown);
		assert_int_equal(rc, cases[i].code ? -1 : 0);
		if (!cases[i].code)
			continue;
		assert_string_equal(ds.first->code, cases[i].code);
		assert_string_equal(ds.first->path, cases[i].path);
	}
}

/* --- on a node ----------------------------------------------------------- */

static void
set(struct rpc *rpc, const char *method, json_t *params)
{
	CLEANUP(put_json) json_t *result = NULL;

	assert_int_equal(rpc_call(rpc, method, params, &result, NULL), RPC_OK);
}

static void
owned_by(struct rpc *rpc, const char *who)
{
	set(rpc, "anvil_setStorageAt",
	    json_pack("[s, s, o]", SYSTEM, WORD("01"),
		      jx_strf("0x%024d%s", 0, who + 2)));
}

static void
threshold(struct rpc *rpc, const char *word)
{
	set(rpc, "anvil_setStorageAt",
	    json_pack("[s, s, s]", SAFE, WORD("00"), word));
}

static enum outcome
upgrade(struct t_op *t, const char *opcm)
{
	CLEANUP(put_json) json_t *config = json_deep_copy(t->op.config);

	json_object_set_new(config, "opcm", json_string(opcm));
	t_op_drop(t);
	diags_done(&t->ds);
	diags_init(&t->ds);
	t->op.config = config;
	return effects_find("opcm_upgrade")->create(&t->ctx, &t->op, &t->out);
}

static void
refused(struct t_op *t, const struct effect_op *base, const char *opcm,
	const char *code, const char *text)
{
	t->op = *base;
	assert_int_equal(upgrade(t, opcm), OC_FAIL);
	assert_string_equal(t->ds.first->code, code);
	if (!strstr(t->ds.first->summary, text) &&
	    !(t->ds.first->detail && strstr(t->ds.first->detail, text)))
		fail_msg("%s: %s", t->ds.first->summary, t->ds.first->detail);
}

static uint64_t
sent(struct rpc *rpc)
{
	uint64_t n = 0;

	assert_int_equal(rpc_u64(rpc, "eth_getTransactionCount",
				 json_pack("[s, s]", ADDR, "latest"), &n, NULL),
			 RPC_OK);
	return n;
}

/* The same by a contract_call, for what else an OPCM does. */
static void
called(struct rpc *rpc, const char *url, const char *dir)
{
	CLEANUP(put_json)
	json_t *config = json_pack(
		"{s:s, s:i, s:s, s:s, s:s, s:[], s:s, s:b, s:s, s:i}", "rpc",
		url, "chain_id", 31337, "from", KEY, "to", WRONG, "function",
		"upgradeSuperchain()", "args", "through_safe", SAFE,
		"delegatecall", 1, "value", "0", "confirmations", 1);
	struct t_op t;

	t_op_init(&t, dir, "contract_call", "superchain");
	t.op.config = config;
	assert_int_equal(
		effects_find("contract_call")->create(&t.ctx, &t.op, &t.out),
		OC_FAIL);
	assert_string_equal(t.ds.first->code, "E1205");
	assert_int_equal(sent(rpc), 1);
	json_object_set_new(config, "to", json_string(OPCM));
	diags_done(&t.ds);
	diags_init(&t.ds);
	assert_int_equal(
		effects_find("contract_call")->create(&t.ctx, &t.op, &t.out),
		OC_OK);
	assert_int_equal(sent(rpc), 2);
	t_op_done(&t);
}

static void
on_a_node(void **state UNUSED)
{
	static const char *const code[][2] = { { SYSTEM, SYSTEM_CODE },
					       { FACTORY, FACTORY_CODE },
					       { SAFE, SAFE_CODE },
					       { OPCM, OPCM_CODE },
					       { WRONG, WRONG_CODE } };
	static const char *const more[] = { NULL };
	CLEANUP(put_json) json_t *config = NULL;
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct effect_op base;
	struct node n;
	struct t_op t;
	char *dir;

	start(&n, PORT, more);
	rpc = client(n.url);
	for (size_t i = 0; i < COUNTOF(code); i++)
		set(rpc, "anvil_setCode",
		    json_pack("[s, s]", code[i][0], code[i][1]));
	dir = t_mkdir();
	config = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i}", "rpc", n.url,
			   "chain_id", 31337, "from", KEY, "address", SYSTEM,
			   "dispute_game_factory", FACTORY, "confirmations", 1);
	t_op_init(&t, dir, "opcm_upgrade", "l2");
	t.op.config = config;
	base = t.op;

	/* Whose owner is a key's account, nobody can upgrade. */
	owned_by(rpc, ADDR);
	refused(&t, &base, OPCM, "E1204", ADDR);
	/* What would revert is told with its reason, whoever owns it. */
	refused(&t, &base, WRONG, "E1205",
		"OPContractsManagerV2_InvalidGameConfigs()");
	owned_by(rpc, SAFE);
	threshold(rpc, WORD("02"));
	refused(&t, &base, WRONG, "E1205",
		"OPContractsManagerV2_InvalidGameConfigs()");
	refused(&t, &base, OPCM, "E1202",
		"delegatecall to " OPCM ", value 0, data 0x8a847e2e");
	assert_int_equal(sent(rpc), 0);

	threshold(rpc, WORD("01"));
	t.op = base;
	assert_int_equal(upgrade(&t, OPCM), OC_OK);
	assert_string_equal(jx_str(jx_get(t.out.attrs, "live"), "opcm", ""),
			    "0x00000000000000000000000000000000000000C1");
	assert_string_equal(jx_str(jx_get(t.out.attrs, "live"), "proposer", ""),
			    A);
	assert_string_equal(
		jx_str(jx_get(t.out.attrs, "live"), "challenger", ""), B);
	assert_string_equal(jx_str(jx_get(t.out.attrs, "live"), "bond", ""),
			    "7");
	assert_int_equal(sent(rpc), 1);
	/* Once. */
	t.op = base;
	assert_int_equal(upgrade(&t, OPCM), OC_OK);
	assert_int_equal(sent(rpc), 1);

	t_op_done(&t);
	called(rpc, n.url, dir);
	halt(&n);
	t_rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_data),
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(checked),
		cmocka_unit_test(on_a_node),
	};

	size_t n = COUNTOF(tests);

	/* The last one needs a node; a skipped test counts as failed. */
	if (!getenv("OPL2_ANVIL"))
		n--;
	mem_init();
	return _cmocka_run_group_tests("opcm_upgrade", tests, n, NULL, NULL);
}
