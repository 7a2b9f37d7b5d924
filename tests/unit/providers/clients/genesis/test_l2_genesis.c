#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "engine/kind/kind.h"
#include "providers/clients/genesis/l2_genesis.h"

/*
 * Against what op-node v1.9.4 wrote of the same inputs, recorded by
 * tests/soak/genesis-oracle.sh: the whole rollup.json, and the digest of
 * genesis.json. When that one differs, the script shows where.
 */
#define GOLDEN "tests/golden/l2_genesis/"

struct inputs {
	json_t *config, *addresses, *allocs;
};

static json_t *
golden(const char *name)
{
	CLEANUP(freep) char *path = xasprintf(GOLDEN "%s.json", name);
	json_t *j = jx_load_file(path, 1u << 20, NULL);

	assert_non_null(j);
	return j;
}

static json_t *
contract(const char *code)
{
	return json_pack("{s:s, s:s, s:s}", "nonce", "0x0", "balance", "0x0",
			 "code", code);
}

/* Permit2's code is as long as it must be, with the chain id in it. */
static void
put_permit2(json_t *out, int64_t chain_id)
{
	CLEANUP(freep)
	char *code = xasprintf("0x%0*d%064llx", 2 * 6945, 0,
			       (unsigned long long)chain_id);

	json_object_set_new(out, "0x000000000022d473030f116ddee9f6b43ac78ba3",
			    contract(code));
}

/* What the folder has, over a contract at each address that needs one. */
static json_t *
make_allocs(const json_t *config)
{
	CLEANUP(put_json) json_t *given = golden("allocs");
	json_t *out = json_object(), *a;
	const char *addr;

	for (unsigned i = 0; i < 2048; i++) {
		char key[43];

		if (i == 0x42 && !jx_bool(config, "enableGovernance", false))
			continue;
		snprintf(key, sizeof(key), "0x42%038x", i);
		json_object_set_new(out, key, contract("0x00"));
	}
	put_permit2(out, jx_int(config, "l2ChainID", 0));
	json_object_foreach(given, addr, a)
		json_object_set(out, addr, a);
	return out;
}

static void
load(struct inputs *in, const json_t *given)
{
	const json_t *config = jx_get(given, "config");
	const json_t *addresses = jx_get(given, "addresses");

	in->config = golden("config");
	in->addresses = golden("addresses");
	if (config)
		jx_merge(in->config, config);
	if (addresses)
		jx_merge(in->addresses, addresses);
	in->allocs = make_allocs(in->config);
}

static void
inputs_done(struct inputs *in)
{
	json_decref(in->config);
	json_decref(in->addresses);
	json_decref(in->allocs);
}

/* Of the L1 block that tests/fake/l1.py has. */
static int
make(const struct inputs *in, const char *l1_hash, char **genesis,
     char **rollup, struct diags *ds)
{
	const struct l2_genesis_from from = {
		.config = in->config,
		.addresses = in->addresses,
		.allocs = in->allocs,
		.l1_number = 16,
		.l1_time = 1700000192,
		.l1_hash = l1_hash,
	};
	CLEANUP(put_json) json_t *g = NULL, *r = NULL;

	if (l2_genesis(&from, &g, &r, ds))
		return -1;
	*genesis = l2_genesis_text(g);
	*rollup = l2_genesis_text(r);
	return 0;
}

static void
read_text(const char *name, const char *ext, struct buf *out)
{
	CLEANUP(freep) char *path = xasprintf(GOLDEN "%s.%s", name, ext);

	assert_int_equal(file_read(path, out, NULL), 0);
}

static void
is_as_recorded(const char *name, const json_t *change)
{
	CLEANUP(inputs_done) struct inputs in;
	CLEANUP(put_json) json_t *recorded = golden(name);
	CLEANUP(freep) char *genesis = NULL, *rollup = NULL;
	CLEANUP(buf_done) struct buf text = BUF_INIT(1u << 20);
	CLEANUP(buf_done) struct buf sha = BUF_INIT(100);
	CLEANUP(diags_done) struct diags ds;
	char digest[66];
	int rc;

	diags_init(&ds);
	load(&in, change);
	rc = make(&in, json_string_value(jx_at(recorded, "/genesis/l1/hash")),
		  &genesis, &rollup, &ds);
	t_no_errors(&ds);
	assert_int_equal(rc, 0);
	read_text(name, "json", &text);
	assert_string_equal(rollup, buf_str(&text));
	read_text(name, "sha256", &sha);
	sha256_hex(genesis, strlen(genesis), digest);
	digest[64] = '\n';
	digest[65] = '\0';
	assert_string_equal(digest, buf_str(&sha));
}

static void
as_op_node_writes_it(void **state UNUSED)
{
	CLEANUP(put_json) json_t *cases = golden("cases");
	const char *name;
	json_t *change;

	assert_true(json_object_size(cases) > 0);
	json_object_foreach(cases, name, change) {
		print_message("# %s\n", name);
		is_as_recorded(name, change);
	}
}

/* One value of one document is another: that error. */
static void
refused(size_t document, const char *pointer, json_t *value, const char *code,
	const char *says)
{
	CLEANUP(inputs_done) struct inputs in;
	CLEANUP(freep) char *genesis = NULL, *rollup = NULL;
	CLEANUP(diags_done) struct diags ds;
	json_t *docs[3];

	diags_init(&ds);
	load(&in, NULL);
	docs[0] = in.config;
	docs[1] = in.addresses;
	docs[2] = in.allocs;
	assert_int_equal(jx_set_at(docs[document], pointer, value), 0);
	assert_int_equal(make(&in, "0x1", &genesis, &rollup, &ds), -1);
	assert_null(genesis);
	t_error(&ds, code, says);
}

enum { CONFIG, ADDRESSES, ALLOCS };
#define PREDEPLOY "/0x4200000000000000000000000000000000000800"
#define PERMIT2   "/0x000000000022d473030f116ddee9f6b43ac78ba3/code"

static void
what_is_not_understood(void **state UNUSED)
{
	refused(CONFIG, "/l2BlockTime", json_string("2s"), "E0437",
		"l2BlockTime");
	refused(CONFIG, "/l2GenesisBlockGasLimit", json_integer(30000000),
		"E0437", "l2GenesisBlockGasLimit");
	refused(CONFIG, "/l2GenesisFjordTimeOffset", json_string("soon"),
		"E0437", "l2GenesisFjordTimeOffset");
	refused(CONFIG, "/l2GenesisBlockNumber", json_string("0x5"), "E0437",
		"l2GenesisBlockNumber");
	refused(CONFIG, "/batchSenderAddress", json_string("0x12"), "E0437",
		"batchSenderAddress");
	refused(ADDRESSES, "/OptimismPortalProxy",
		json_string("0x0000000000000000000000000000000000000000"),
		"E0437", "OptimismPortalProxy");
	refused(ADDRESSES, "/SystemConfigProxy", json_null(), "E0437",
		"SystemConfigProxy");
	refused(ALLOCS, PREDEPLOY, contract("0x123"), "E0437", "code");
	refused(ALLOCS, PREDEPLOY "/balance", json_string("1"), "E0437",
		"balance");
	refused(ALLOCS, PREDEPLOY,
		json_pack("{s:s, s:{s:s}}", "balance", "0x0", "storage", "0x1",
			  "0x1"),
		"E0437", "storage");
	refused(ALLOCS, "/0x42", contract("0x00"), "E0437", "address");
}

static void
allocs_of_another_chain(void **state UNUSED)
{
	refused(ALLOCS, "/0x42000000000000000000000000000000000007ff",
		contract("0x"), "E0438",
		"'0x42000000000000000000000000000000000007ff'");
	refused(ALLOCS, PERMIT2, json_string("0x00"), "E0438", "42069");
	refused(CONFIG, "/l2ChainID", json_integer(42070), "E0438", "42070");
}

static void
alt_da_and_the_challenge_contract(void **state UNUSED)
{
	CLEANUP(put_json) json_t *cases = golden("cases");
	CLEANUP(put_json)
	json_t *keccak = jx_share(jx_get(cases, "altda-keccak")),
	       *generic = jx_share(jx_get(cases, "altda-generic"));
	static const char *const types[] = { "GenericCommitment",
					     "KeccakCommitment" };
	json_t *changes[2] = { keccak, generic };

	for (size_t i = 0; i < COUNTOF(types); i++) {
		CLEANUP(inputs_done) struct inputs in;
		CLEANUP(freep) char *genesis = NULL, *rollup = NULL;
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		load(&in, changes[i]);
		json_object_set_new(in.config, "daCommitmentType",
				    json_string(types[i]));
		assert_int_equal(make(&in, "0x1", &genesis, &rollup, &ds), -1);
		t_error(&ds, "E0437", "DataAvailabilityChallengeProxy");
	}
}

/* One that is recorded by an older release, without the attribute. */
static void
an_older_chain_is_not_scheduled(void **state UNUSED)
{
	const struct kind *k = kind_find("genesis");
	CLEANUP(put_json) json_t *attrs = json_object();
	struct kind_ctx ctx = { 0 };

	assert_int_equal(k->schema_version, 2);
	assert_int_equal(k->upgrade(&ctx, 1, NULL, attrs), 0);
	assert_true(json_is_false(json_object_get(attrs, "scheduled")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_op_node_writes_it),
		cmocka_unit_test(what_is_not_understood),
		cmocka_unit_test(allocs_of_another_chain),
		cmocka_unit_test(alt_da_and_the_challenge_contract),
		cmocka_unit_test(an_older_chain_is_not_scheduled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
