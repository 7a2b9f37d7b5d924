#include "tests/unit/t.h"

#include <sys/stat.h>

#include "engine/base/hash.h"
#include "providers/clients/keys/rlp.h"
#include "providers/clients/keys/sign.h"
#include "providers/clients/keys/tx.h"

/* The key of the published examples of web3.js; vectors by ethers 6. */
#define KEY "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"

static const char raw_transfer[] =
	"02f8730180843b9aca008506fc23ac008252089470997970c51812dc3a010c7d"
	"01b50e0d17dc79c8880de0b6b3a764000080c001a0622a1746592773cc86cc48"
	"4b2f816207bd9306ccfbd3c600cb6083c3d64f66f0a027fa2c81db4cdd827345"
	"db03566fc480cec84e6eb7707b7d1c21f3bc599ef6ca";
static const char raw_create[] =
	"02f8a183aa36a782012c0190ffffffffffffffffffffffffffffffff834c4b40"
	"8080b83c60606060606060606060606060606060606060606060606060606060"
	"6060606060606060606060606060606060606060606060606060606060606060"
	"c080a0226b38503174fa216851fb6971da58fecc08ae03752db5f3e8a4068280"
	"00464fa04d933f109e8f04dfd8648932859bed3d29d2dcf4bc4692072c88d2c8"
	"8b17a58d";

static void
assert_hex(const void *p, size_t n, const char *want)
{
	char *text = xmalloc(2 * n + 1);

	hex_encode(p, n, text);
	assert_string_equal(text, want);
	free(text);
}

static struct sign_key *
test_key(void)
{
	struct diags ds;
	struct sign_key *k;

	diags_init(&ds);
	k = sign_key_from_hex(KEY, "the test key", &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	return k;
}

static struct tx
transfer(void)
{
	struct tx t = { .chain_id = 1, .gas = 21000 };

	t.priority = u256_from(1000000000);
	t.max_fee = u256_from(30000000000);
	t.value = u256_from(1000000000000000000);
	assert_int_equal(
		address_parse("0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
			      t.to),
		0);
	return t;
}

static void
rlp_canonical(void **state)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	CLEANUP(buf_done) struct buf items = BUF_INIT(4096);
	char text[] =
		"Lorem ipsum dolor sit amet, consectetur adipisicing elit";

	(void)state;
	rlp_add_bytes(&b, "dog", 3);
	rlp_add_bytes(&b, "", 0);
	rlp_add_bytes(&b, "\x0f", 1);
	rlp_add_u64(&b, 0);
	rlp_add_u64(&b, 1024);
	assert_hex(b.p, b.n,
		   "83646f67"
		   "80"
		   "0f"
		   "80"
		   "820400");
	buf_reset(&b);
	rlp_add_bytes(&b, text, 56);
	assert_memory_equal(b.p, "\xb8\x38Lorem", 7);
	buf_reset(&b);
	rlp_add_bytes(&items, "cat", 3);
	rlp_add_bytes(&items, "dog", 3);
	rlp_add_list(&b, &items);
	assert_hex(b.p, b.n, "c88363617483646f67");
}

static void
rlp_strict(void **state)
{
	static const char *const bad[] = {
		"8100",     /* one byte below 0x80 stands for itself */
		"83646f",   /* cut off */
		"b800",     /* long form of a short length */
		"b90001ff", /* leading zero in the length */
		"bfffffffffffffffff", /* a length past everything */
		"c883636174",         /* list cut off */
		"f800",
	};
	struct rlp_item item;
	struct rlp in;
	uint8_t p[32];
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		in = (struct rlp){ p, strlen(bad[i]) / 2 };
		assert_int_equal(hex_decode(bad[i], p, in.n), 0);
		assert_int_equal(rlp_next(&in, &item), -1);
	}
	in = (struct rlp){ (const uint8_t *)"\x82\x00\x01", 3 };
	assert_int_equal(rlp_u64(&in, &n), -1);
	in = (struct rlp){ (const uint8_t *)"\x82\x04\x00", 3 };
	assert_int_equal(rlp_u64(&in, &n), 0);
	assert_int_equal(n, 1024);
	assert_int_equal(rlp_next(&in, &item), 0);
}

static void
key_sources(void **state)
{
	char *path = path_join(*state, "admin.key");
	char *other = path_join(*state, "new.key");
	struct sign_key *k;
	uint8_t a[20], b[20];
	struct stat st;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, KEY "\n", 67, 0640, &ds), 0);
	assert_null(sign_key_from_file(path, &ds));
	t_error(&ds, "E0820", "0640");
	assert_int_equal(chmod(path, 0600), 0);
	k = sign_key_from_file(path, &ds);
	assert_non_null(k);
	sign_key_address(k, a);
	assert_hex(a, 20, "2c7536e3605d9c16a7a3d7b1898e529396a65c23");
	sign_key_free(k);

	k = sign_key_write_new(other, &ds);
	assert_non_null(k);
	sign_key_address(k, a);
	sign_key_free(k);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	k = sign_key_write_new(other, &ds); /* never a second one */
	assert_non_null(k);
	sign_key_address(k, b);
	assert_memory_equal(a, b, 20);
	sign_key_free(k);
	diags_done(&ds);
	free(path);
	free(other);
}

static void
key_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"0x12",
		"0000000000000000000000000000000000000000000000000000000000000"
		"000",
		"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364"
		"141",
		"4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362"
		"3181",
	};
	struct diags ds;

	(void)state;
	diags_init(&ds);
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		assert_null(sign_key_from_hex(bad[i], "PK", &ds));
		assert_int_equal(ds.nerrors, i + 1);
		if (bad[i][0])
			assert_null(strstr(ds.last->summary, bad[i]));
	}
	t_error(&ds, "E0821", "PK");
	assert_null(sign_key_from_file("/nonexistent/key", &ds));
	assert_string_equal(ds.last->code, "E0822");
	diags_done(&ds);
}

static void
sign_and_decode(void **state)
{
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	CLEANUP(sign_key_freep) struct sign_key *k = test_key();
	struct tx t = transfer(), back;
	uint8_t hash[32], from[20], other[32];

	(void)state;
	tx_sign(&t, k, &raw, hash);
	assert_hex(raw.p, raw.n, raw_transfer);
	assert_hex(hash, 32,
		   "59235458dd8846d5299ee3704862c8f60411aae3ce14f563c6ce303cc11"
		   "c2a92");
	assert_int_equal(
		tx_decode((const uint8_t *)raw.p, raw.n, &back, from, other),
		0);
	assert_memory_equal(hash, other, 32);
	assert_hex(from, 20, "2c7536e3605d9c16a7a3d7b1898e529396a65c23");
	assert_int_equal(back.gas, 21000);
	assert_false(back.create);
	assert_memory_equal(back.to, t.to, 20);
	assert_int_equal(tx_intrinsic_gas(&back), 21000);
	/* Cut short, or with a byte behind: refused. */
	for (size_t n = 0; n < raw.n; n++)
		assert_int_equal(
			tx_decode((const uint8_t *)raw.p, n, &back, NULL, NULL),
			-1);
	buf_addch(&raw, 0);
	assert_int_equal(
		tx_decode((const uint8_t *)raw.p, raw.n, &back, NULL, NULL),
		-1);
}

static void
sign_creation(void **state)
{
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	CLEANUP(sign_key_freep) struct sign_key *k = test_key();
	uint8_t code[60], hash[32];
	struct tx t = { .chain_id = 11155111,
			.nonce = 300,
			.gas = 5000000,
			.create = true,
			.data = code,
			.data_len = sizeof(code) };

	(void)state;
	memset(code, 0x60, sizeof(code));
	t.priority = u256_from(1);
	t.max_fee.w[0] = t.max_fee.w[1] = UINT64_MAX;
	tx_sign(&t, k, &raw, hash);
	assert_hex(raw.p, raw.n, raw_create);
	assert_int_equal(tx_intrinsic_gas(&t), 21000 + 60 * 16 + 32000 + 4);
}

static void
addresses(void **state)
{
	static const struct {
		uint64_t nonce;
		const char *want;
	} created[] = {
		{ 0, "0xc0AAe1EdD7A76C8cf99E5bA3cA69599eD29540ea" },
		{ 1, "0x22e0114beae1697bBF5248831F3110c38aD4A98b" },
		{ 127, "0x639a970cF2E3528A43A1F4d2b74F6128897ef5E5" },
		{ 128, "0x9A78d5789a1653332D36962b163772329778a1f6" },
		{ 256, "0x592c72D7264c2F350C1334461D0e7a7edBe81161" },
		{ 65536, "0xC5a3e67028be2714314BC6C6f58f37F8eF785C55" },
	};
	uint8_t from[20], salt[32] = { 0 }, hash[32], out[20];
	char text[43];

	(void)state;
	assert_int_equal(
		address_parse("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
			      from),
		0);
	for (size_t i = 0; i < COUNTOF(created); i++) {
		create_address(from, created[i].nonce, out);
		eip55(out, text);
		assert_string_equal(text, created[i].want);
	}
	/* EIP-1014, examples 1 and 5 */
	memset(from, 0, 20);
	keccak256("\0", 1, hash);
	create2_address(from, salt, hash, out);
	eip55(out, text);
	assert_string_equal(text, "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38");
	hex_decode("00000000000000000000000000000000deadbeef", from, 20);
	hex_decode("00000000000000000000000000000000000000000000000000000000ca"
		   "febabe",
		   salt, 32);
	keccak256("\xde\xad\xbe\xef", 4, hash);
	create2_address(from, salt, hash, out);
	eip55(out, text);
	assert_string_equal(text, "0x60f3f640a8508fC6a86d45DF051962668E1e8AC7");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rlp_canonical),
		cmocka_unit_test(rlp_strict),
		cmocka_unit_test_setup_teardown(key_sources, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(key_refused),
		cmocka_unit_test(sign_and_decode),
		cmocka_unit_test(sign_creation),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
