#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/lib/abi.h"
#include "providers/lib/deposit.h"
#include "providers/lib/rpc.h"

#define PORTAL "0x3333333333333333333333333333333333333333"
#define AA     "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FROM                                                                   \
	"0x0000000000000000000000001111111111111111111111111111111111111111"
#define TO "0x0000000000000000000000002222222222222222222222222222222222222222"

/* The log that the portal leaves: mint, value, gas, creation, data. */
static json_t *
a_log(uint64_t wei, const char *data)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
	uint8_t opaque[73 + 32] = { 0 }, event[32];
	size_t n = strlen(data) / 2;
	json_t *args;

	for (int i = 0; i < 8; i++) {
		opaque[31 - i] = (uint8_t)(wei >> 8 * i);
		opaque[63 - i] = (uint8_t)(wei >> 8 * i);
		opaque[71 - i] = (uint8_t)((uint64_t)100000 >> 8 * i);
	}
	if (n > 0)
		assert_int_equal(hex_decode(data, opaque + 73, n), 0);
	args = json_pack("[o]", hex_json(opaque, 73 + n));
	assert_int_equal(abi_encode(&b, "(bytes)", args, NULL), 0);
	json_decref(args);
	abi_topic("TransactionDeposited(address,address,uint256,bytes)", event);
	return json_pack("{s:s, s:s, s:s, s:[o, s, s, s], s:o}", "address",
			 PORTAL, "blockHash", AA, "logIndex", "0x3", "topics",
			 hex_json(event, 32), FROM, TO,
			 "0x0000000000000000000000000000000000000000000000000"
			 "000000000000000",
			 "data", hex_json(b.p, b.n));
}

static void
hash_is(uint64_t wei, const char *data, const char *want)
{
	CLEANUP(put_json) json_t *log = a_log(wei, data);
	uint8_t hash[32];
	char hex[65];

	assert_int_equal(deposit_hash(log, hash), 0);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex, want);
}

/* By the formulas of the OP Stack's specification. */
static void
hashes(void **state)
{
	(void)state;
	hash_is(1000000000, "",
		"8b26263e4ae7ec3e3de7662ab4d0fbb25f496331d50d52275d40367b1cc6"
		"ce9f");
	hash_is(0, "abcd",
		"bae8599bb10f4ac6e1f4ad89b526f924d69f8fe09117761169af59d4b959"
		"7e94");
}

static void
finds_its_log(void **state)
{
	CLEANUP(put_json)
	json_t *receipt = json_pack("{s:[{s:s, s:[]}, o]}", "logs", "address",
				    PORTAL, "topics", a_log(1, ""));
	uint8_t portal[20], other[20] = { 0 };

	(void)state;
	memset(portal, 0x33, 20);
	assert_ptr_equal(deposit_log(receipt, portal),
			 json_array_get(json_object_get(receipt, "logs"), 1));
	assert_null(deposit_log(receipt, other));
}

static void
not_a_deposit(void **state)
{
	CLEANUP(put_json) json_t *log = a_log(1, "");
	uint8_t hash[32];

	(void)state;
	json_object_set_new(log, "data", json_string("0x00"));
	assert_int_equal(deposit_hash(log, hash), -1);
	json_object_del(log, "blockHash");
	assert_int_equal(deposit_hash(log, hash), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
		cmocka_unit_test(finds_its_log),
		cmocka_unit_test(not_a_deposit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
