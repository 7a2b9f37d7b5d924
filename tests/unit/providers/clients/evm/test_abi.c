#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/rpc.h"

/* Vectors by ethers 6 (AbiCoder, Interface); the first is the example of the
 * ABI specification. */
static const struct vector {
	const char *types, *values, *data;
} vectors[] = {
	{
		"(uint256,uint32[],bytes10,bytes)",
		"['291',['1110','1929'],'0x31323334353637383930','"
		"0x48656c6c6f2c20776f726c6421']",
		"00000000000000000000000000000000000000000000000000000000000001"
		"23"
		"00000000000000000000000000000000000000000000000000000000000000"
		"80"
		"31323334353637383930000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"e0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000004"
		"56"
		"00000000000000000000000000000000000000000000000000000000000007"
		"89"
		"00000000000000000000000000000000000000000000000000000000000000"
		"0d"
		"48656c6c6f2c20776f726c6421000000000000000000000000000000000000"
		"00",
	},
	{
		"(uint256[][],string[])",
		"[[['1','2'],['3']],['one','two','three']]",
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000001"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"a0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"00000000000000000000000000000000000000000000000000000000000000"
		"03"
		"00000000000000000000000000000000000000000000000000000000000000"
		"03"
		"00000000000000000000000000000000000000000000000000000000000000"
		"60"
		"00000000000000000000000000000000000000000000000000000000000000"
		"a0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"e0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"03"
		"6f6e6500000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"03"
		"74776f00000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"05"
		"74687265650000000000000000000000000000000000000000000000000000"
		"00",
	},
	{
		"((uint256,address,address,uint256,uint256,bytes),u"
		"int256,(bytes32,bytes32,bytes32,bytes32),bytes[])",
		"[['5','0x2c7536E3605D9C16a7a3D7b1898e529396a65c23',"
		"'0x70997970C51812dc3A010C7d01b50e0d17dc79C8','6','7','0xabcd']"
		",'8',["
		"'0x00000000000000000000000000000000000000000000000000000000000"
		"00001',"
		"'0x00000000000000000000000000000000000000000000000000000000000"
		"00002',"
		"'0x00000000000000000000000000000000000000000000000000000000000"
		"00003',"
		"'0x00000000000000000000000000000000000000000000000000000000000"
		"00004'],"
		"['0x','0x0102']]",
		"00000000000000000000000000000000000000000000000000000000000000"
		"e0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"08"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"03"
		"00000000000000000000000000000000000000000000000000000000000000"
		"04"
		"00000000000000000000000000000000000000000000000000000000000001"
		"e0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"05"
		"0000000000000000000000002c7536e3605d9c16a7a3d7b1898e529396a65c"
		"23"
		"00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79"
		"c8"
		"00000000000000000000000000000000000000000000000000000000000000"
		"06"
		"00000000000000000000000000000000000000000000000000000000000000"
		"07"
		"00000000000000000000000000000000000000000000000000000000000000"
		"c0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"abcd0000000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"60"
		"00000000000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"01020000000000000000000000000000000000000000000000000000000000"
		"00",
	},
	{
		"(int8,int256,int16[2],bool,uint8)",
		"['-128','-1',['-2','32767'],true,'255']",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"80"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff"
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"fe"
		"0000000000000000000000000000000000000000000000000000000000007f"
		"ff"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"00000000000000000000000000000000000000000000000000000000000000"
		"ff",
	},
	{
		"(string[2],(string,uint8)[])",
		"[['a','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'],[['x','1'],['y','2'"
		"]]]",
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000001"
		"20"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"80"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"61000000000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"21"
		"62626262626262626262626262626262626262626262626262626262626262"
		"62"
		"62000000000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"c0"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"78000000000000000000000000000000000000000000000000000000000000"
		"00"
		"00000000000000000000000000000000000000000000000000000000000000"
		"40"
		"00000000000000000000000000000000000000000000000000000000000000"
		"02"
		"00000000000000000000000000000000000000000000000000000000000000"
		"01"
		"79000000000000000000000000000000000000000000000000000000000000"
		"00",
	},
};

/* A NULL-ended text of JSON with ' for ". */
static json_t *
parse(const char *text)
{
	char *s = xstrdup(text);
	json_t *j;

	for (char *q = s; *q; q++)
		if (*q == '\'')
			*q = '"';
	j = jx_parse(s, strlen(s), "test", NULL);
	free(s);
	assert_non_null(j);
	return j;
}

static void
round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(vectors); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
		CLEANUP(put_json) json_t *v = parse(vectors[i].values);
		CLEANUP(put_json) json_t *back = NULL;
		struct diags ds;
		char *hex;

		diags_init(&ds);
		assert_int_equal(abi_encode(&b, vectors[i].types, v, &ds), 0);
		hex = xmalloc(2 * b.n + 1);
		hex_encode(b.p, b.n, hex);
		assert_string_equal(hex, vectors[i].data);
		free(hex);
		back = abi_decode(vectors[i].types, (const uint8_t *)b.p, b.n,
				  &ds);
		t_no_errors(&ds);
		assert_true(json_equal(v, back));
		/* Whatever is cut off is missed, and never read past. */
		for (size_t n = 0; n < b.n; n += 7) {
			uint8_t *part = xmalloc(n + 1);
			json_t *got;

			memcpy(part, b.p, n);
			got = abi_decode(vectors[i].types, part, n, NULL);
			if (b.n - n >= 32)
				assert_null(got);
			json_decref(got);
			free(part);
		}
		diags_done(&ds);
	}
}

static void
selectors(void **state)
{
	uint8_t s[4], topic[32];
	char hex[65];

	(void)state;
	abi_selector("transfer(address,uint256)", s);
	assert_memory_equal(s, "\xa9\x05\x9c\xbb", 4);
	abi_topic("Transfer(address,address,uint256)", topic);
	hex_encode(topic, 32, hex);
	assert_string_equal(hex, "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4"
				 "a11628f55a4df523b3ef");
}

static void
misfits(void **state)
{
	static const struct {
		const char *call, *args, *says;
	} bad[] = {
		{ "f(uint8)", "[256]", "argument 1" },
		{ "f(uint8)", "['-1']", "argument 1" },
		{ "f(int8)", "['128']", "argument 1" },
		{ "f(int8)", "['-129']", "argument 1" },
		{ "f(bool)", "[1]", "argument 1" },
		{ "f(address)", "['0x00']", "argument 1" },
		{ "f(bool,bytes4)", "[true,'0x00']", "argument 2" },
		{ "f(bytes)", "['0x0']", "argument 1" },
		{ "f(uint256[2])", "[[1]]", "argument 1" },
		{ "f(uint256)", "[]", "0 arguments" },
		{ "f(uint7)", "[1]", "not a list" },
		{ "f(uint256", "[1]", "not a list" },
		{ "f(uint256) ", "[1]", "not a list" },
		{ "f((((((((((uint256))))))))))", "[1]", "not a list" },
		{ "nothing", "[]", "not a function" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
		CLEANUP(put_json) json_t *args = parse(bad[i].args);
		struct diags ds;

		diags_init(&ds);
		assert_int_equal(abi_encode_call(&b, bad[i].call, args, &ds),
				 -1);
		t_error(&ds, "E0830", bad[i].says);
		diags_done(&ds);
	}
}

static void
hostile(void **state)
{
	uint8_t p[96];
	struct diags ds;

	(void)state;
	diags_init(&ds);
	/* An offset and a length that run away. */
	memset(p, 0xff, sizeof(p));
	assert_null(abi_decode("(bytes)", p, sizeof(p), &ds));
	t_error(&ds, "E0831", "96 bytes");
	/* An array whose members take no room. */
	memset(p, 0, sizeof(p));
	p[31] = 32;
	p[62] = 0xff;
	assert_null(abi_decode("(()[])", p, sizeof(p), NULL));
	assert_null(abi_decode("(bool)", (const uint8_t *)"", 0, NULL));
	diags_done(&ds);
}

static void
reasons(void **state)
{
	static const struct {
		const char *data, *says;
	} table[] = {
		{ "", "reverted without a reason" },
		{ "08c379a00000000000000000000000000000000000000000000000000000"
		  "0000"
		  "000000200000000000000000000000000000000000000000000000000000"
		  "0000"
		  "000000214465706c6f793a20636f6e747261637420616c72656164792064"
		  "6570"
		  "6c6f79656400000000000000000000000000000000000000000000000000"
		  "0000"
		  "00000000",
		  "Deploy: contract already deployed" },
		{ "4e487b710000000000000000000000000000000000000000000000000000"
		  "0000"
		  "00000011",
		  "panic 17: arithmetic overflow" },
		{ "dfc8467d0000000000000000000000000000000000000000000000000000"
		  "0000"
		  "000000200000000000000000000000000000000000000000000000000000"
		  "0000"
		  "0000000d416c726561647945786973747300000000000000000000000000"
		  "0000"
		  "00000000",
		  "InvalidDeployment(\"AlreadyExists\")" },
		{ "12345678ff", "custom error 0x12345678 (5 bytes)" },
		{ "08c379a000", "custom error 0x08c379a0 (5 bytes)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++) {
		uint8_t p[256];
		size_t n = strlen(table[i].data) / 2;
		char *text;

		hex_decode(table[i].data, p, n);
		text = abi_revert_reason(p, n);
		assert_string_equal(text, table[i].says);
		free(text);
	}
}

/* The errors of portals, games and their registries, by the selectors that are
 * seen on chains. */
static void
known_reverts(void **state)
{
	static const struct {
		const char *selector, *says;
	} table[] = {
		{ "13496fda", "BadTarget()" },
		{ "73052b0f", "LargeCalldata()" },
		{ "4929b808", "SmallGasLimit()" },
		{ "90b8ec18", "TransferFailed()" },
		{ "0eaf3c0f", "OnlyCustomGasToken()" },
		{ "f2365b5b", "NoValue()" },
		{ "82b42900", "Unauthorized()" },
		{ "f480973e", "CallPaused()" },
		{ "eeae4ed3", "GasEstimation()" },
		{ "9396d156", "NonReentrant()" },
		{ "09bde339", "InvalidProof()" },
		{ "27a10cc2", "InvalidGameType()" },
		{ "d3573474", "InvalidDisputeGame()" },
		{ "b05e92fa", "InvalidMerkleProof()" },
		{ "09550c77", "Blacklisted()" },
		{ "94efd49b", "Unproven()" },
		{ "a080a3c4", "ProposalNotValidated()" },
		{ "475a2535", "AlreadyFinalized()" },
		{ "6a6bc3b2", "AnchorRootNotFound()" },
		{ "8620aa19", "IncorrectBondAmount()" },
		{ "d386ef3e", "BadAuth()" },
		{ "9824bdab", "BadExtraData()" },
		{ "f2440b53", "ClockNotExpired()" },
		{ "9a076646", "OutOfOrderResolution()" },
		{ "67fe1950", "GameNotInProgress()" },
		{ "f1a94581", "ClaimAlreadyResolved()" },
		{ "8d77ecac", "InvalidClockExtension()" },
		{ "e62ccf39", "InvalidSplitDepth()" },
		{ "77dfe332", "MaxDepthTooLarge()" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(table); i++) {
		uint8_t p[4];
		char *text;

		hex_decode(table[i].selector, p, 4);
		text = abi_revert_reason(p, 4);
		assert_string_equal(text, table[i].says);
		free(text);
	}
}

/* Error("GS013"), as a Safe says that what it was to call has failed. */
static void
safe_reverts(void **state)
{
	static const char data[] = "08c379a0"
				   "0000000000000000000000000000000000000000000"
				   "000000000000000000020"
				   "0000000000000000000000000000000000000000000"
				   "000000000000000000005"
				   "4753303133000000000000000000000000000000000"
				   "000000000000000000000";
	uint8_t p[100];
	char *text;

	(void)state;
	hex_decode(data, p, sizeof(p));
	text = abi_revert_reason(p, sizeof(p));
	assert_string_equal(text, "GS013: the call that the Safe makes failed");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),   cmocka_unit_test(selectors),
		cmocka_unit_test(misfits),      cmocka_unit_test(hostile),
		cmocka_unit_test(reasons),      cmocka_unit_test(known_reverts),
		cmocka_unit_test(safe_reverts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
