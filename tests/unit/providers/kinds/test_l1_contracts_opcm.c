#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/evm/abi.h"
#include "providers/kinds/l1_contracts/effect_l1_contracts.h"
#include "tests/unit/ops.h"

/* Values of a deploy config, and the salt and superchain of a deployment. */
static json_t *
deploy_config(void)
{
	return t_json(
		"{'finalSystemOwner':"
		"'0xD1710eC0d2B326D9d17FE3c1779aAda28430069B',"
		"'p2pSequencerAddress':"
		"'0x77e206daA4d069b2DD2bdD30802B703182fC9e92',"
		"'batchSenderAddress':"
		"'0xe8401cB98ecd801EC862E616C09C091Ee382Ca24',"
		"'gasPriceOracleBaseFeeScalar':7663,"
		"'gasPriceOracleBlobBaseFeeScalar':1,"
		"'l2GenesisBlockGasLimit':'0x1c9c380','l2ChainID':4341,"
		"'faultGameAbsolutePrestate':'0x03c7ae758795765c6664a5d39bf6384"
		"1c71ff191e9189522bad8ebff5d4eca98',"
		"'l2OutputOracleProposer':"
		"'0xD96299CEd17fD1d59514A9464072bDD14C1501c1',"
		"'l2OutputOracleChallenger':"
		"'0xC69F4DA911F0B1511Dc86222C536c08FD1e6c967'}");
}

static void
encode(const json_t *config, struct buf *data)
{
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(
		opcm_deploy_encode(
			data,
			"00884a04784548a5fd037e77893e5864546967b2fe35d67e9ffed4"
			"0707149931",
			"0x7fD68fc2B298C7aB57E97344affeD2b3227Fa974", config,
			&ds),
		0);
	t_no_errors(&ds);
	assert_int_equal(data->n, 2276);
	diags_done(&ds);
}

/* What the deployment scripts of op-contracts/v7.0.0 had forge send last, for
 * these values, on a test L1. */
static void
is_that_of_scripts(const struct buf *data)
{
	uint8_t hash[32];
	char hex[65];

	keccak256(data->p, data->n, hash);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex, "4d1c9cff14fb68c0854bfb9c815ec8fb"
				 "7eb79bdf4a3364df47ff48f9e7f8f2f2");
}

static void
as_the_scripts(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = deploy_config();
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);

	encode(config, &data);
	is_that_of_scripts(&data);
}

/* The last field of 21 words, and the same call otherwise. */
static void
a_gas_token(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = deploy_config();
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	uint8_t *is_token;

	json_object_set_new(config, "useCustomGasToken", json_true());
	encode(config, &data);
	is_token = (uint8_t *)data.p + 4 + 32 + 21 * 32 - 1;
	assert_int_equal(*is_token, 1);
	*is_token = 0;
	is_that_of_scripts(&data);
}

/* A value that is missing is no zero. */
static void
incomplete(void **state UNUSED)
{
	CLEANUP(put_json) json_t *config = t_json("{'l2ChainID':4341}");
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(
		opcm_deploy_encode(&data, "s",
				   "0x7fD68fc2B298C7aB57E97344affeD2b3227Fa974",
				   config, &ds),
		-1);
	assert_string_equal(ds.first->code, "E0830");
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_scripts),
		cmocka_unit_test(a_gas_token),
		cmocka_unit_test(incomplete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
