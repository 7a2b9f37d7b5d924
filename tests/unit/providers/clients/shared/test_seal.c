#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "engine/io/jx.h"
#include "providers/clients/shared/seal.h"

#define OBJECT_MAX (1u << 20)

static const uint8_t salt[SEAL_SALT] = "0123456789abcdef";

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16. */
static void
known_answer(void **state UNUSED)
{
	static const char k[] = "feffe9928665731c6d6a8f9467308308"
				"feffe9928665731c6d6a8f9467308308",
			  iv[] = "cafebabefacedbaddecaf888",
			  plain[] = "d9313225f88406e5a55909c5aff5269a"
				    "86a7a9531534f7da2e4c303d8a318a72"
				    "1c3c0c95956809532fcf0e2449a6b525"
				    "b16aedf5aa0de657ba637b39",
			  want[] = "522dc1f099567d07f47f37a32a84427d"
				   "643a8cdcbfe5c0c97598a2bd2555d1aa"
				   "8cb08e48590dbb3da7b08b1056828838"
				   "c5f61e6393ba7a0abcc9f662",
			  tag_hex[] = "76fc6ece0f4e1768cddf8853bb2d551b";
	static const char aad[] = "\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa"
				  "\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
	uint8_t key[32], nonce[SEAL_NONCE], p[60], c[60], back[60];
	uint8_t tag[SEAL_TAG];
	char hex[121];

	assert_int_equal(hex_decode(k, key, 32), 0);
	assert_int_equal(hex_decode(iv, nonce, SEAL_NONCE), 0);
	assert_int_equal(hex_decode(plain, p, 60), 0);
	assert_true(seal_gcm(true, key, nonce, aad, p, 60, c, tag));
	hex_encode(c, 60, hex);
	assert_string_equal(hex, want);
	hex_encode(tag, SEAL_TAG, hex);
	assert_string_equal(hex, tag_hex);
	assert_true(seal_gcm(false, key, nonce, aad, c, 60, back, tag));
	assert_memory_equal(back, p, 60);
	tag[0] ^= 1;
	assert_false(seal_gcm(false, key, nonce, aad, c, 60, back, tag));
}

/* --- objects -------------------------------------------------------------- */

static void
open_as(struct seal *s, const char *chain, const char *encryption)
{
	struct diags ds;
	json_t *e = encryption ? json_loads(encryption, 0, NULL) : NULL;

	diags_init(&ds);
	assert_int_equal(seal_open(s, chain, e, "/", salt, &ds), 0);
	json_decref(e);
	diags_done(&ds);
}

/* The code of the error, or "" and the content is that of wrap(). */
static const char *
unwrap(const struct seal *s, const char *name, const struct buf *b)
{
	static char code[8];
	struct buf out = BUF_INIT(OBJECT_MAX);
	struct diags ds;

	diags_init(&ds);
	*code = '\0';
	if (seal_unwrap(s, name, b->p, b->n, &out, NULL, &ds) < 0)
		snprintf(code, sizeof(code), "%s", ds.first->code);
	else
		assert_string_equal(buf_str(&out), "a text, a text, a text");
	buf_done(&out);
	diags_done(&ds);
	return code;
}

static void
wrap(const struct seal *s, const char *name, struct buf *out)
{
	buf_reset(out);
	seal_wrap(s, name, "a text, a text, a text", 22, out);
	assert_null(memmem(out->p, out->n, "a text, a text", 14));
}

static void
round_trip(void **state UNUSED)
{
	struct buf b = BUF_INIT(OBJECT_MAX), again = BUF_INIT(OBJECT_MAX);
	struct seal none, one, two, both, back, other;

	setenv("P1", "correct horse", 1);
	setenv("P2", "battery staple", 1);
	open_as(&none, "c", NULL);
	open_as(&one, "c", "{\"passphrase\":{\"env\":\"P1\"}}");
	open_as(&two, "c", "{\"passphrase\":{\"env\":\"P2\"}}");
	open_as(&both, "c",
		"{\"passphrase\":{\"env\":\"P2\"},"
		"\"old\":{\"passphrase\":{\"env\":\"P1\"}}}");
	open_as(&back, "c",
		"{\"unencrypted\":true,"
		"\"old\":{\"passphrase\":{\"env\":\"P1\"}}}");
	open_as(&other, "d", "{\"passphrase\":{\"env\":\"P1\"}}");

	wrap(&one, "log/1", &b);
	assert_string_equal(unwrap(&one, "log/1", &b), "");
	assert_string_equal(unwrap(&both, "log/1", &b), "");
	assert_string_equal(unwrap(&back, "log/1", &b), "");
	assert_string_equal(unwrap(&two, "log/1", &b), "E0536");
	assert_string_equal(unwrap(&none, "log/1", &b), "E0537");
	/* Under another name, or of another chain with that passphrase. */
	assert_string_equal(unwrap(&one, "log/2", &b), "E0535");
	assert_string_equal(unwrap(&other, "log/1", &b), "E0535");
	/* No nonce twice. */
	wrap(&one, "log/1", &again);
	assert_true(b.n != again.n || memcmp(b.p, again.p, b.n) != 0);

	wrap(&none, "log/1", &b);
	assert_string_equal(unwrap(&none, "log/1", &b), "");
	assert_string_equal(unwrap(&back, "log/1", &b), "");
	assert_string_equal(unwrap(&one, "log/1", &b), "E0536");

	assert_true(seal_use(&both, one.ids[0]));
	wrap(&both, "base", &b);
	assert_string_equal(unwrap(&one, "base", &b), "");
	assert_false(seal_use(&both, ""));
	assert_true(seal_use(&back, ""));
	buf_done(&b);
	buf_done(&again);
}

/* Whatever byte is another one, and wherever it ends too soon. */
static void
tampered(void **state UNUSED)
{
	struct buf b = BUF_INIT(OBJECT_MAX), nothing = BUF_INIT(1);
	struct seal s;
	size_t n;

	setenv("P1", "correct horse", 1);
	open_as(&s, "c", "{\"passphrase\":{\"env\":\"P1\"}}");
	assert_string_equal(unwrap(&s, "base", &nothing), "E0535");
	wrap(&s, "base", &b);
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] = (char)(b.p[i] ^ 1);
		assert_string_not_equal(unwrap(&s, "base", &b), "");
		b.p[i] = (char)(b.p[i] ^ 1);
	}
	assert_string_equal(unwrap(&s, "base", &b), "");
	for (n = b.n; b.n-- > 0;)
		assert_string_equal(unwrap(&s, "base", &b), "E0535");
	b.n = n;
	buf_done(&b);
}

/* Who changes the content and its sum has not got the key. */
static void
forged(void **state UNUSED)
{
	struct buf b = BUF_INIT(OBJECT_MAX), f = BUF_INIT(OBJECT_MAX);
	struct seal s;
	json_t *head;
	char sum[65], *line;
	const char *body;
	size_t n;

	setenv("P1", "correct horse", 1);
	open_as(&s, "c", "{\"passphrase\":{\"env\":\"P1\"}}");
	wrap(&s, "base", &b);
	body = (char *)memchr(b.p, '\n', b.n) + 1;
	n = b.n - (size_t)(body - b.p);
	for (size_t i = 0; i < n; i++) {
		char *own = test_malloc(n);

		memcpy(own, body, n);
		own[i] = (char)(own[i] ^ 0x10);
		head = json_loadb(b.p, (size_t)(body - b.p), 0, NULL);
		sha256_hex(own, n, sum);
		json_object_set_new(head, "sum", json_string(sum));
		line = json_dumps(head, JSON_COMPACT);
		buf_reset(&f);
		buf_adds(&f, line);
		buf_addch(&f, '\n');
		buf_add(&f, own, n);
		assert_string_equal(unwrap(&s, "base", &f), "E0535");
		free(line);
		json_decref(head);
		test_free(own);
	}
	buf_done(&b);
	buf_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answer),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(tampered),
		cmocka_unit_test(forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
