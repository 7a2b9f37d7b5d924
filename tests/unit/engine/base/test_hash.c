#include "tests/unit/t.h"

#include "engine/base/hash.h"

static void
check_hex(const uint8_t *p, size_t n, const char *want)
{
	char got[129];

	hex_encode(p, n, got);
	assert_string_equal(got, want);
}

/* FIPS 180-4 examples. */
static void
sha2_vectors(void **state)
{
	char million[1000], hex[65];
	struct sha256 h;
	struct sha512 h5;
	uint8_t out[64];

	(void)state;
	sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
				 "b00361a396177a9cb410ff61f20015ad");
	sha256_hex("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
				 "27ae41e4649b934ca495991b7852b855");
	memset(million, 'a', sizeof(million));
	sha256_init(&h);
	for (int i = 0; i < 1000; i++)
		sha256_add(&h, million, sizeof(million));
	sha256_end(&h, out);
	check_hex(out, 32,
		  "cdc76e5c9914fb9281a1c7e284d73e67"
		  "f1809a48a497200e046d39ccc7112cd0");
	sha512_init(&h5);
	sha512_add(&h5, "a", 1);
	sha512_add(&h5, "bc", 2);
	sha512_end(&h5, out);
	check_hex(out, 64,
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"
		  "0a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
		  "454d4423643ce80e2a9ac94fa54ca49f");
}

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block). */
static void
hmac_vectors(void **state)
{
	uint8_t key[131], out[32];
	const char *text;

	(void)state;
	memset(key, 0x0b, 20);
	hmac_sha256(key, 20, "Hi There", 8, out);
	check_hex(out, 32,
		  "b0344c61d8db38535ca8afceaf0bf12b"
		  "881dc200c9833da726e9376c2e32cff7");
	text = "what do ya want for nothing?";
	hmac_sha256("Jefe", 4, text, strlen(text), out);
	check_hex(out, 32,
		  "5bdcc146bf60754e6a042426089575c7"
		  "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	text = "Test Using Larger Than Block-Size Key - Hash Key First";
	hmac_sha256(key, sizeof(key), text, strlen(text), out);
	check_hex(out, 32,
		  "60e431591ee0b67f0d8a26aacbf5b77f"
		  "8e0bc6213728c5140546040f0ee37f54");
}

static void
keccak_vectors(void **state)
{
	uint8_t out[32], block[137];
	char hex[65], prev[65] = "";

	(void)state;
	keccak256("", 0, out);
	check_hex(out, 32,
		  "c5d2460186f7233c927e7db2dcc703c0"
		  "e500b653ca82273b7bfad8045d85a470");
	keccak256("abc", 3, out);
	check_hex(out, 32,
		  "4e03657aea45a94fc7d47ba826c8d667"
		  "c0d1e6e33a64a036ec44f58fa12d6c45");
	/* The event topic of ERC-20's Transfer, known to everyone. */
	keccak256("Transfer(address,address,uint256)", 33, out);
	check_hex(out, 32,
		  "ddf252ad1be2c89b69c2b068fc378daa"
		  "952ba7f163c4a11628f55a4df523b3ef");
	/* RLP of the empty list: the hash of "no uncles". */
	keccak256("\xc0", 1, out);
	check_hex(out, 32,
		  "1dcc4de8dec75d7aab85b567b6ccd41a"
		  "d312451b948a7413f0a142fd40d49347");
	/* Around the block size, where padding shares or opens a block. */
	memset(block, 0, sizeof(block));
	for (size_t n = 134; n <= 137; n++) {
		keccak256(block, n, out);
		hex_encode(out, 32, hex);
		assert_string_not_equal(hex, prev);
		memcpy(prev, hex, sizeof(prev));
		if (n == 136)
			assert_string_equal(hex,
					    "3a5912a7c5faa06ee4fe906253e33946"
					    "7a9ce87d533c65be3c15cb231cdb25f9");
	}
}

static void
hex_both_ways(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_int_equal(hex_decode("0x00fFa0", out, 3), 0);
	check_hex(out, 3, "00ffa0");
	assert_int_equal(hex_decode("00ffa0", out, 3), 0);
	assert_int_equal(hex_decode("00ffa", out, 3), -1);
	assert_int_equal(hex_decode("00ffa0a", out, 3), -1);
	assert_int_equal(hex_decode("00ffg0", out, 3), -1);
	assert_int_equal(hex_decode("", out, 3), -1);
	assert_int_equal(hex_decode("0x", out, 0), 0);
}

/* RFC 4648, section 10. */
static void
base64_vectors(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	static const char *const bad[] = {
		"Zg=", "Zg", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9*", "Zm8=="
	};
	char text[16];
	uint8_t bytes[8];

	(void)state;
	for (size_t i = 0; i < COUNTOF(pairs); i++) {
		size_t n = strlen(pairs[i][0]);

		base64_encode(pairs[i][0], n, text);
		assert_string_equal(text, pairs[i][1]);
		assert_int_equal(base64_decode(text, bytes, 8), n);
		assert_memory_equal(bytes, pairs[i][0], n);
	}
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_int_equal(base64_decode(bad[i], bytes, 8), -1);
	assert_int_equal(base64_decode("Zm9vYmFy", bytes, 5), -1);
}

static void
secrets(void **state)
{
	(void)state;
	assert_true(equal_secret("", ""));
	assert_true(equal_secret("70ce2", "70ce2"));
	assert_false(equal_secret("70ce2", "70ce3"));
	assert_false(equal_secret("70ce2", "70ce"));
	assert_false(equal_secret("70ce", "70ce2"));
}

/* The examples of EIP-55. */
static void
eip55_vectors(void **state)
{
	static const char *const good[] = {
		"0x52908400098527886E0F7030069857D2E4169EE7",
		"0x8617E340B3D01FA5F11F306F4090FD50E238070D",
		"0xde709f2102306220921060314715629080e2fb77",
		"0x27b1fdb04752bbc536007a920d24acb045561c26",
		"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		"0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
		"0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	};
	uint8_t addr[20];
	char text[43];

	(void)state;
	for (size_t i = 0; i < COUNTOF(good); i++) {
		assert_int_equal(address_parse(good[i], addr), 0);
		eip55(addr, text);
		assert_string_equal(text, good[i]);
	}
	assert_int_equal(
		address_parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
			      addr),
		0);
	assert_int_equal(
		address_parse("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
			      addr),
		-2);
	assert_int_equal(
		address_parse("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", addr),
		-1);
	assert_int_equal(
		address_parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
			      addr),
		-1);
	assert_int_equal(
		address_parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
			      addr),
		-1);
	assert_int_equal(
		address_parse("0x0x5aeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
			      addr),
		-1);
}

/* RFC 1321, A.5. */
static void
md5_of_the_rfc(void **state UNUSED)
{
	uint8_t out[MD5_BYTES];
	char hex[2 * MD5_BYTES + 1];

	md5("message digest", 14, out);
	hex_encode(out, sizeof(out), hex);
	assert_string_equal(hex, "f96b697d7cb7938d525a2f31aaf161d0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(md5_of_the_rfc),
		cmocka_unit_test(sha2_vectors),
		cmocka_unit_test(hmac_vectors),
		cmocka_unit_test(keccak_vectors),
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(base64_vectors),
		cmocka_unit_test(secrets),
		cmocka_unit_test(eip55_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
