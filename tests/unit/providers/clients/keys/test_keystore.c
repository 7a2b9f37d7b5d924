#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/keys/keystore.h"
#include "providers/clients/keys/scrypt.h"
#include "providers/clients/keys/secret_key.h"

/* The two vectors of the Web3 Secret Storage page, and two of geth's. */
#define WIKI_SCRYPT                                                            \
	"{\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"    \
	"\"83dbcc02d8ccb40e466191a123791e0e\"},\"ciphertext\":\"d172bf743a67"  \
	"4da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c\",\"kdf\":"      \
	"\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":262144,\"r\":1,\"p\":8," \
	"\"salt\":\"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d4319"  \
	"0334ba19\"},\"mac\":\"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea"  \
	"1056c33131d846e3097\"},\"id\":\"3198bc9c-6672-5ab3-d995-4942343ae5b6" \
	"\",\"version\":3}"
#define WIKI_PBKDF2                                                            \
	"{\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"    \
	"\"6087dab2f9fdbbfaddc31a909735c1e6\"},\"ciphertext\":\"5318b4d5bcd2"  \
	"8de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46\",\"kdf\":"      \
	"\"pbkdf2\",\"kdfparams\":{\"c\":262144,\"dklen\":32,\"prf\":\"hmac-"  \
	"sha256\",\"salt\":\"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cc"  \
	"e422d148a624ce0bd\"},\"mac\":\"517ead924a9d0dc3124507e3393d175ce3ff"  \
	"7c1e96529c6c555ce9e51205e9b2\"},\"id\":\"3198bc9c-6672-5ab3-d995-494" \
	"2343ae5b6\",\"version\":3}"
#define WIKI_KEY                                                               \
	"7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
#define CHEAP(more)                                                            \
	"{" more "\"Crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{"   \
	"\"iv\":\"e0c41130a323adc1446fc82f724bca2f\"},\"ciphertext\":\"9517cd" \
	"5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984\",\"kdf\":"  \
	"\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":2,\"r\":8,\"p\":1,"      \
	"\"salt\":\"711f816911c92d649fb4c84b047915679933555030b3552c1212609b"  \
	"38208c63\"},\"mac\":\"d5e116151c6aa71470e67a7d42c9620c75c4d23229847"  \
	"dcc127794f0732b0db5\"},\"id\":\"fecfc4ce-e956-48fd-953b-30f8b52ed66c" \
	"\",\"version\":3}"
#define SHORTER                                                                \
	"{\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"    \
	"\"3ca92af36ad7c2cd92454c59cea5ef00\"},\"ciphertext\":\"108b7d34f344"  \
	"2fc26ab1ab90ca91476ba6bfa8c00975a49ef9051dc675aa\",\"kdf\":"          \
	"\"scrypt\",\"kdfparams\":{\"dklen\":32,\"n\":2,\"r\":8,\"p\":1,"      \
	"\"salt\":\"d0769e608fb86cda848065642a9c6fa046845c928175662b8e356c77"  \
	"f914cd3b\"},\"mac\":\"75d0e6759f7b3cefa319c3be41680ab6beea7d8328653"  \
	"474bd06706d4cc67420\"},\"version\":3}"
#define CHEAP_KEY                                                              \
	"00fa7b3db73dc7dfdf8c5fbdb796d741e4488628c41fc4febd9160a866ba0f35"

static void
opens(const char *text, const char *password, const char *want)
{
	struct keystore k;
	uint8_t key[32];
	struct diags ds;
	char hex[65];

	diags_init(&ds);
	assert_int_equal(keystore_parse(text, strlen(text), "K", &k, &ds), 0);
	assert_int_equal(
		keystore_unlock(&k, "K", password, strlen(password), key, &ds),
		0);
	t_no_errors(&ds);
	hex_encode(key, 32, hex);
	assert_string_equal(hex, want);
	diags_done(&ds);
}

static void
published_vectors(void **state)
{
	(void)state;
	opens(WIKI_SCRYPT, "testpassword", WIKI_KEY);
	opens(WIKI_PBKDF2, "testpassword", WIKI_KEY);
	/* Zero bytes in front that a writer left out. */
	opens(CHEAP(), "foo", CHEAP_KEY);
	opens(SHORTER, "foo",
	      "000081c29e8142bb6a81bef5a92bda7a8328a5c85bb2f9542e76f9b0f94fc01"
	      "8");
}

static void
scrypt_is(const char *password, const char *salt, uint64_t n, uint64_t r,
	  uint64_t p, const char *want)
{
	uint8_t out[64];
	char hex[129];

	assert_int_equal(scrypt(password, strlen(password),
				(const uint8_t *)salt, strlen(salt), n, r, p,
				out, sizeof(out)),
			 0);
	hex_encode(out, sizeof(out), hex);
	assert_string_equal(hex, want);
}

/* RFC 7914, section 12. */
static void
scrypt_vectors(void **state)
{
	(void)state;
	scrypt_is("", "", 16, 1, 1,
		  "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede2"
		  "1442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c"
		  "38d18906");
	scrypt_is("password", "NaCl", 1024, 8, 16,
		  "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b37"
		  "31622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdf"
		  "a2cc0640");
	scrypt_is("pleaseletmein", "SodiumChloride", 16384, 8, 1,
		  "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545d"
		  "a1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b"
		  "45575887");
}

static void
another_password(void **state)
{
	static const char text[] = CHEAP();
	struct keystore k;
	uint8_t key[32];
	struct diags ds;

	(void)state;
	diags_init(&ds);
	assert_int_equal(keystore_parse(text, strlen(text), "K", &k, &ds), 0);
	assert_int_equal(keystore_unlock(&k, "K", "foo ", 4, key, &ds), -1);
	t_error(&ds, "E0892", "'K'");
	diags_done(&ds);
}

/* What is wrong when one text of the good file is another. */
static void
refused(const char *good, const char *from, const char *to, const char *code,
	const char *says)
{
	const char *at = strstr(good, from);
	CLEANUP(freep) char *text = NULL;
	CLEANUP(diags_done) struct diags ds;
	struct keystore k;

	assert_non_null(at);
	text = xasprintf("%.*s%s%s", (int)(at - good), good, to,
			 at + strlen(from));
	diags_init(&ds);
	assert_int_equal(keystore_parse(text, strlen(text), "K", &k, &ds), -1);
	t_error(&ds, code, says);
}

static void
bad_files(void **state)
{
	static const char *const bad[][4] = {
		{ "\"version\":3", "\"version\":1", "E0890", "version" },
		{ "\"version\":3", "\"version\":\"3\"", "E0890", "version" },
		{ "{", "[", "E0890", "not a JSON object" },
		{ "aes-128-ctr", "aes-128-cbc", "E0890", "cipher" },
		{ "\"83db", "\"8", "E0890", "iv is not" },
		{ "\"d172", "\"d1720011", "E0890", "ciphertext" },
		{ "\"2103", "\"zz03", "E0890", "mac is not" },
		{ "\"scrypt\"", "\"argon2\"", "E0890", "kdf" },
		{ "\"dklen\":32", "\"dklen\":31", "E0890", "dklen" },
		{ "\"dklen\":32", "\"dklen\":65", "E0890", "dklen" },
		{ "\"ab0c", "\"ab0", "E0890", "salt" },
		{ "\"n\":262144", "\"n\":262143", "E0890", "n, r and p" },
		{ "\"n\":262144", "\"n\":1", "E0890", "n, r and p" },
		{ "\"p\":8", "\"p\":0", "E0890", "n, r and p" },
		{ "\"r\":1", "\"r\":-1", "E0890", "n, r and p" },
		{ "\"n\":262144", "\"n\":4611686018427387904", "E0891",
		  "512 MiB" },
		{ "\"r\":1", "\"r\":4611686018427387904", "E0891", "512 MiB" },
		{ "\"r\":1", "\"r\":32", "E0891", "512 MiB" },
		{ "\"p\":8", "\"p\":65", "E0891", "rounds of scrypt" },
		{ "\"version\"", "\"address\":\"0x12\",\"version\"", "E0890",
		  "address" },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++)
		refused(WIKI_SCRYPT, bad[i][0], bad[i][1], bad[i][2],
			bad[i][3]);
	refused(WIKI_PBKDF2, "hmac-sha256", "hmac-sha512", "E0890", "prf");
	refused(WIKI_PBKDF2, "\"c\":262144", "\"c\":0", "E0890", "c of");
	refused(WIKI_PBKDF2, "\"c\":262144", "\"c\":10000001", "E0891",
		"rounds of pbkdf2");
}

/* As a token, with the password in a file or from the environment. */
static struct sign_key *
by_token(const char *dir, const char *file, const char *password,
	 struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, "k.json");
	CLEANUP(put_json)
	json_t *token =
		json_pack("{s:[{s:s, s:o}]}", "$secret", "keystore", "k.json",
			  "password", json_loads(password, 0, NULL));
	CLEANUP(put_json) json_t *known = json_pack("{s:s}", "env:P", "foo");

	assert_int_equal(file_replace(path, file, strlen(file), 0644, ds), 0);
	return secret_key(token, known, dir, "the key", ds);
}

static void
address_of(struct sign_key *k, char text[43])
{
	uint8_t raw[20];

	assert_non_null(k);
	sign_key_address(k, raw);
	eip55(raw, text);
	sign_key_free(k);
}

static void
tokens(void **state)
{
	CLEANUP(freep) char *pw = path_join(*state, "pw");
	CLEANUP(freep) char *named = NULL;
	char by_file[43], by_env[43];
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(pw, "foo\n", 4, 0600, &ds), 0);
	address_of(by_token(*state, CHEAP(), "{\"file\":\"pw\"}", &ds),
		   by_file);
	named = xasprintf(CHEAP("\"address\":\"%s\","), by_file);
	address_of(by_token(*state, named, "{\"env\":\"P\"}", &ds), by_env);
	t_no_errors(&ds);
	assert_string_equal(by_env, by_file);
	assert_null(by_token(*state, named, "{\"env\":\"Q\"}", &ds));
	t_error(&ds, "E0920", "'Q'");
	diags_done(&ds);
}

/* The file says another address than that of its key. */
static void
wrong_address(void **state)
{
	struct diags ds;

	diags_init(&ds);
	assert_null(by_token(*state,
			     CHEAP("\"address\":\"70997970c51812dc3a010c7d01b5"
				   "0e0d17dc79c8\","),
			     "{\"env\":\"P\"}", &ds));
	t_error(&ds, "E0893", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(scrypt_vectors),
		cmocka_unit_test(another_password),
		cmocka_unit_test(bad_files),
		cmocka_unit_test_setup_teardown(tokens, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(wrong_address, t_setup_dir,
						t_teardown_dir),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
