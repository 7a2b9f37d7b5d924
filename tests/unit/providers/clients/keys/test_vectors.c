#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "engine/base/u256.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/keys/peer_id.h"
#include "providers/clients/keys/rlp.h"
#include "providers/clients/keys/sign.h"

/*
 * Published vectors: what others have agreed on, byte by byte. Those of
 * EIP-55 are in test_hash.c, of EIP-1014 and EIP-1559 in test_tx.c, of
 * keystores in test_keystore.c.
 */

/* ethereum/tests, RLPTests/rlptest.json: in, out; "#" is a large number. */
static const char *const rlp_good[][2] = {
	{ "''", "80" },
	{ "'\\u0000'", "00" },
	{ "'\\u0001'", "01" },
	{ "'\\u007f'", "7f" },
	{ "'dog'", "83646f67" },
	{ "'Lorem ipsum dolor sit amet, consectetur adipisicing eli'",
	  "b74c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e73"
	  "656374657475722061646970697369"
	  "63696e6720656c69" },
	{ "'Lorem ipsum dolor sit amet, consectetur adipisicing elit'",
	  "b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e"
	  "736563746574757220616469706973"
	  "6963696e6720656c6974" },
	{ "0", "80" },
	{ "1", "01" },
	{ "16", "10" },
	{ "79", "4f" },
	{ "127", "7f" },
	{ "128", "8180" },
	{ "1000", "8203e8" },
	{ "100000", "830186a0" },
	{ "'#83729609699884896815286331701780722'",
	  "8f102030405060708090a0b0c0d0e0f2" },
	{ "'#1053155056182069872462538801907835589357859338629748223470689356"
	  "81'",
	  "9c0100020003000400050006000700080009000a000b000c000d000e01" },
	{ "[]", "c0" },
	{ "['dog','god','cat']", "cc83646f6783676f6483636174" },
	{ "['zw',[4],1]", "c6827a77c10401" },
	{ "['asdf','qwer','zxcv','asdf','qwer','zxcv','asdf','qwer','zxcv','"
	  "asdf','qwer']",
	  "f784617364668471776572847a78637684617364668471776572847a786376846173"
	  "64668471776572847a78637684617364668471776572" },
	{ "[[[],[]],[]]", "c4c2c0c0c0" },
	{ "[[],[[]],[[],[[]]]]", "c7c0c1c0c3c0c1c0" },
	{ "[['key1','val1'],['key2','val2'],['key3','val3'],['key4','val4']]",
	  "ecca846b6579318476616c31ca846b6579328476616c32ca846b657933847661"
	  "6c33ca846b6579348476616c34" },
};

/* invalidRLPTest.json. */
static const char *const rlp_bad[] = {
	"bf0f000000000000021111",
	"ff0f000000000000021111",
	"f80180",
	"f80100",
	"b9002100dc2b275d0f74e8a53e6f4ec61b27f24278820be3f82ea2110e582081b0565d"
	"f0",
	"b90055",
	"8100",
	"8101",
	"817f",
	"b800",
	"b801ff",
	"b81000112233445566778899aabbccddeeff",
	"81",
	"a0000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e",
	"ba010000aabbccddeeff",
	"b840ffeeddccbbaa99887766554433221100",
	"c5010203",
	"e201020304050607",
	"e201020304050607080910",
	"f90100",
	"f90055",
};

static json_t *
parse(const char *text)
{
	CLEANUP(freep) char *json = xstrdup(text);
	json_t *j;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	assert_non_null(j);
	return j;
}

static void
encode(struct buf *b, const json_t *v)
{
	const char *s = json_string_value(v);

	if (json_is_array(v)) {
		CLEANUP(buf_done) struct buf items = BUF_INIT(4096);
		const json_t *item;
		size_t i;

		json_array_foreach(v, i, item)
			encode(&items, item);
		rlp_add_list(b, &items);
	} else if (json_is_integer(v)) {
		rlp_add_u64(b, (uint64_t)json_integer_value(v));
	} else if (*s == '#') {
		struct u256 n;

		assert_int_equal(u256_parse(s + 1, &n), 0);
		rlp_add_u256(b, &n);
	} else {
		rlp_add_bytes(b, s, json_string_length(v));
	}
}

/* Everything in it is well formed, and the same comes out again. */
static int
again(struct rlp in, struct buf *out)
{
	struct rlp_item item;
	int rc;

	while ((rc = rlp_next(&in, &item)) == 1) {
		CLEANUP(buf_done) struct buf items = BUF_INIT(4096);

		if (!item.list) {
			rlp_add_bytes(out, item.body.p, item.body.n);
			continue;
		}
		if (again(item.body, &items) < 0)
			return -1;
		rlp_add_list(out, &items);
	}
	return rc;
}

static void
rlp(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rlp_good); i++) {
		CLEANUP(put_json) json_t *v = parse(rlp_good[i][0]);
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		CLEANUP(buf_done) struct buf back = BUF_INIT(4096);
		uint8_t want[256];
		size_t n = strlen(rlp_good[i][1]) / 2;

		encode(&b, v);
		assert_int_equal(hex_decode(rlp_good[i][1], want, n), 0);
		assert_int_equal(b.n, n);
		assert_memory_equal(b.p, want, n);
		assert_int_equal(again((struct rlp){ want, n }, &back), 0);
		assert_int_equal(back.n, n);
		assert_memory_equal(back.p, want, n);
	}
}

static void
rlp_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(rlp_bad); i++) {
		CLEANUP(buf_done) struct buf back = BUF_INIT(4096);
		size_t n = strlen(rlp_bad[i]) / 2;
		/* A block of its own, so that a read past its end is seen. */
		CLEANUP(freep) uint8_t *p = xmalloc(n);
		int rc;

		assert_int_equal(hex_decode(rlp_bad[i], p, n), 0);
		rc = again((struct rlp){ p, n }, &back);
		if (rc != -1)
			print_error("# taken: %s\n", rlp_bad[i]);
		assert_int_equal(rc, -1);
	}
}

/* The example of EIP-155: RLP, hash, signature, and whose it is. */
static void
eip_155(void **state)
{
	static const char to[] = "3535353535353535353535353535353535353535";
	CLEANUP(buf_done) struct buf items = BUF_INIT(256);
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);
	CLEANUP(sign_key_freep) struct sign_key *k = NULL;
	uint8_t addr[20], hash[32], sig[64], from[20];
	struct diags ds;
	char hex[129];
	int recid;

	(void)state;
	diags_init(&ds);
	k = sign_key_from_hex("46464646464646464646464646464646464646464646464"
			      "64646464646464646",
			      "the example's key", &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	assert_int_equal(hex_decode(to, addr, 20), 0);
	rlp_add_u64(&items, 9);
	rlp_add_u64(&items, 20000000000);
	rlp_add_u64(&items, 21000);
	rlp_add_bytes(&items, addr, 20);
	rlp_add_u64(&items, 1000000000000000000);
	rlp_add_bytes(&items, "", 0);
	rlp_add_u64(&items, 1);
	rlp_add_u64(&items, 0);
	rlp_add_u64(&items, 0);
	rlp_add_list(&b, &items);
	keccak256(b.p, b.n, hash);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex, "daf5a779ae972f972197303d7b574746c7ef83eadac0f"
				 "2791ad23db92e4c8e53");
	recid = sign_hash(k, hash, sig);
	hex_encode(sig, 64, hex);
	/* v is 37: 35 + 2 * chain id + recid. */
	assert_int_equal(recid, 0);
	assert_string_equal(hex, "28ef61340bd939bc2195fe537567866003e1a15d3c71f"
				 "f63e1590620aa636276"
				 "67cbe9d8997f761aecb703304b3800ccf555c9f3dc642"
				 "14b297fb1966a3b6d83");
	assert_int_equal(sign_recover(hash, sig, recid, from), 0);
	eip55(from, hex);
	assert_string_equal(hex, "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
}

/* The examples of Solidity's ABI specification. */
static const char *const abi[][3] = {
	{ "baz(uint32,bool)", "[69,true]",
	  "cdcd77c0"
	  "0000000000000000000000000000000000000000000000000000000000000045"
	  "0000000000000000000000000000000000000000000000000000000000000001" },
	{ "bar(bytes3[2])", "[['0x616263','0x646566']]",
	  "fce353f6"
	  "6162630000000000000000000000000000000000000000000000000000000000"
	  "6465660000000000000000000000000000000000000000000000000000000000" },
	{ "sam(bytes,bool,uint256[])", "['0x64617665',true,[1,2,3]]",
	  "a5643bf2"
	  "0000000000000000000000000000000000000000000000000000000000000060"
	  "0000000000000000000000000000000000000000000000000000000000000001"
	  "00000000000000000000000000000000000000000000000000000000000000a0"
	  "0000000000000000000000000000000000000000000000000000000000000004"
	  "6461766500000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000002"
	  "0000000000000000000000000000000000000000000000000000000000000003" },
	{ "f(uint256,uint32[],bytes10,bytes)",
	  "['0x123',['0x456','0x789'],'0x31323334353637383930',"
	  "'0x48656c6c6f2c20776f726c6421']",
	  "8be65246"
	  "0000000000000000000000000000000000000000000000000000000000000123"
	  "0000000000000000000000000000000000000000000000000000000000000080"
	  "3132333435363738393000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000000000000000000000000000e0"
	  "0000000000000000000000000000000000000000000000000000000000000002"
	  "0000000000000000000000000000000000000000000000000000000000000456"
	  "0000000000000000000000000000000000000000000000000000000000000789"
	  "000000000000000000000000000000000000000000000000000000000000000d"
	  "48656c6c6f2c20776f726c642100000000000000000000000000000000000000" },
	{ "g(uint256[][],string[])", "[[[1,2],[3]],['one','two','three']]",
	  "2289b18c"
	  "0000000000000000000000000000000000000000000000000000000000000040"
	  "0000000000000000000000000000000000000000000000000000000000000140"
	  "0000000000000000000000000000000000000000000000000000000000000002"
	  "0000000000000000000000000000000000000000000000000000000000000040"
	  "00000000000000000000000000000000000000000000000000000000000000a0"
	  "0000000000000000000000000000000000000000000000000000000000000002"
	  "0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000002"
	  "0000000000000000000000000000000000000000000000000000000000000001"
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "0000000000000000000000000000000000000000000000000000000000000060"
	  "00000000000000000000000000000000000000000000000000000000000000a0"
	  "00000000000000000000000000000000000000000000000000000000000000e0"
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "6f6e650000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000003"
	  "74776f0000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000005"
	  "7468726565000000000000000000000000000000000000000000000000000000" },
};

static void
abi_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(abi); i++) {
		CLEANUP(put_json) json_t *args = parse(abi[i][1]);
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		CLEANUP(freep) char *hex = NULL;
		struct diags ds;

		diags_init(&ds);
		assert_int_equal(abi_encode_call(&b, abi[i][0], args, &ds), 0);
		t_no_errors(&ds);
		hex = xmalloc(2 * b.n + 1);
		hex_encode(b.p, b.n, hex);
		assert_string_equal(hex, abi[i][2]);
		diags_done(&ds);
	}
}

/* Those that op-node v1.19.6 gives itself with --p2p.priv.path. */
static void
peers(void **state UNUSED)
{
	static const char *const ids[] = {
		"16Uiu2HAm3cuhhRL2msUuLF62KRSfneFDx94RsuouyW25Ho42cFMq",
		"16Uiu2HAm8kegYGp6XeybmZAuNcnLosyjsRwZ44yLgfEuqLqYL9zt",
	};
	uint8_t secret[32] = { 0 }, public[64];
	char id[PEER_ID_MAX];
	struct diags ds;

	diags_init(&ds);
	for (size_t i = 0; i < COUNTOF(ids); i++) {
		struct sign_key *k;

		secret[31] = (uint8_t)(i + 1);
		k = sign_key_from_bytes(secret, "a key", &ds);
		assert_non_null(k);
		sign_key_public(k, public);
		peer_id(public, id);
		assert_string_equal(id, ids[i]);
		sign_key_free(k);
	}
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rlp),     cmocka_unit_test(rlp_refused),
		cmocka_unit_test(eip_155), cmocka_unit_test(abi_calls),
		cmocka_unit_test(peers),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
