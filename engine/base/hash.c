#include "engine/base/hash.h"

#include <string.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <nettle/sha3.h>

/* nettle renames its functions by macro; ours have names of their own. */
#undef sha256_init
#undef sha512_init

#define KECCAK_RATE 136u /* bytes a block takes for 256 bits of output */

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(struct sha256),
	       "struct sha256 is too small");
_Static_assert(sizeof(struct sha512_ctx) <= sizeof(struct sha512),
	       "struct sha512 is too small");

void
sha256_init(struct sha256 *h)
{
	nettle_sha256_init((void *)h->opaque);
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	nettle_sha256_update((void *)h->opaque, n, p);
}

void
sha256_end(struct sha256 *h, uint8_t out[32])
{
	nettle_sha256_digest((void *)h->opaque, 32, out);
}

void
sha512_init(struct sha512 *h)
{
	nettle_sha512_init((void *)h->opaque);
}

void
sha512_add(struct sha512 *h, const void *p, size_t n)
{
	nettle_sha512_update((void *)h->opaque, n, p);
}

void
sha512_end(struct sha512 *h, uint8_t out[64])
{
	nettle_sha512_digest((void *)h->opaque, 64, out);
}

void
sha256(const void *p, size_t n, uint8_t out[32])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, p, n);
	sha256_end(&h, out);
}

bool
equal_secret(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && memeql_sec(a, b, n);
}

void
sha256_hex(const void *p, size_t n, char out[65])
{
	uint8_t sum[32];

	sha256(p, n, sum);
	hex_encode(sum, sizeof(sum), out);
}

void
hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
	    uint8_t out[32])
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, nkey, key);
	hmac_sha256_update(&ctx, n, p);
	hmac_sha256_digest(&ctx, 32, out);
	explicit_bzero(&ctx, sizeof(ctx));
}

/* Xors one block into the state, whose words are little-endian. */
static void
absorb(struct sha3_state *s, const uint8_t block[KECCAK_RATE])
{
	for (size_t i = 0; i < KECCAK_RATE; i++)
		s->a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
	nettle_sha3_permute(s);
}

void
keccak256(const void *p, size_t n, uint8_t out[32])
{
	struct sha3_state s = { 0 };
	uint8_t last[KECCAK_RATE] = { 0 };
	const uint8_t *at = p;

	for (; n >= KECCAK_RATE; n -= KECCAK_RATE, at += KECCAK_RATE)
		absorb(&s, at);
	if (n)
		memcpy(last, at, n);
	last[n] ^= 0x01;
	last[KECCAK_RATE - 1] ^= 0x80;
	absorb(&s, last);
	for (size_t i = 0; i < 32; i++)
		out[i] = (uint8_t)(s.a[i / 8] >> (8 * (i % 8)));
}

void
md5(const void *p, size_t n, uint8_t out[MD5_BYTES])
{
	struct md5_ctx c;

	nettle_md5_init(&c);
	nettle_md5_update(&c, n, p);
	nettle_md5_digest(&c, MD5_BYTES, out);
}
