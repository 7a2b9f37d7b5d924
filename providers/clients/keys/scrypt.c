#include "providers/clients/keys/scrypt.h"

#include <endian.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/mman.h>

/* A block is 32 * r words: 2 r chunks of 64 bytes. */
#define WORDS 16

static uint32_t
rotl(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

/* The quarter round of Salsa20 on four words of x. */
static void
quarter(uint32_t x[WORDS], unsigned a, unsigned b, unsigned c, unsigned d)
{
	x[b] ^= rotl(x[a] + x[d], 7);
	x[c] ^= rotl(x[b] + x[a], 9);
	x[d] ^= rotl(x[c] + x[b], 13);
	x[a] ^= rotl(x[d] + x[c], 18);
}

static void
salsa20_8(uint32_t b[WORDS])
{
	uint32_t x[WORDS];

	memcpy(x, b, sizeof(x));
	for (int round = 0; round < 8; round += 2) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 5, 9, 13, 1);
		quarter(x, 10, 14, 2, 6);
		quarter(x, 15, 3, 7, 11);
		quarter(x, 0, 1, 2, 3);
		quarter(x, 5, 6, 7, 4);
		quarter(x, 10, 11, 8, 9);
		quarter(x, 15, 12, 13, 14);
	}
	for (int i = 0; i < WORDS; i++)
		b[i] += x[i];
}

static void
xor_words(uint32_t *to, const uint32_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] ^= from[i];
}

/* scryptBlockMix: b to y; even chunks come first. */
static void
block_mix(const uint32_t *b, uint32_t *y, size_t r)
{
	uint32_t x[WORDS];

	memcpy(x, b + (2 * r - 1) * WORDS, sizeof(x));
	for (size_t i = 0; i < 2 * r; i++) {
		xor_words(x, b + i * WORDS, WORDS);
		salsa20_8(x);
		memcpy(y + (i / 2 + (i % 2) * r) * WORDS, x, sizeof(x));
	}
}

/* scryptROMix of one block: v has room for n blocks, y for one. */
static void
ro_mix(uint32_t *b, uint32_t *v, uint32_t *y, uint64_t n, size_t r)
{
	size_t words = 32 * r;

	for (uint64_t i = 0; i < n; i++) {
		memcpy(v + i * words, b, words * sizeof(*b));
		block_mix(v + i * words, b, r);
	}
	for (uint64_t i = 0; i < n; i++) {
		/* One word of Integerify is enough: n is less than 2^32. */
		uint64_t j = b[words - WORDS] & (n - 1);

		xor_words(b, v + j * words, words);
		block_mix(b, y, r);
		memcpy(b, y, words * sizeof(*b));
	}
}

static void
swap_words(uint32_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		b[i] = le32toh(b[i]);
}

static int
pbkdf2(const char *password, size_t n, const void *salt, size_t nsalt,
       void *out, size_t nout)
{
	return PKCS5_PBKDF2_HMAC(password, (int)n, salt, (int)nsalt, 1,
				 EVP_sha256(), (int)nout, out) == 1
		       ? 0
		       : -1;
}

int
scrypt(const char *password, size_t npassword, const uint8_t *salt,
       size_t nsalt, uint64_t n, uint64_t r, uint64_t p, uint8_t *out,
       size_t nout)
{
	size_t words = 32 * r, nb = words * p, all = (nb + words * (n + 1)) * 4;
	uint32_t *b = mmap(NULL, all, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rc = -1;

	if (b == MAP_FAILED)
		return -1;
	madvise(b, all, MADV_DONTDUMP);
	if (pbkdf2(password, npassword, salt, nsalt, b, nb * 4) == 0) {
		swap_words(b, nb);
		for (uint64_t i = 0; i < p; i++)
			ro_mix(b + i * words, b + nb + words, b + nb, n, r);
		swap_words(b, nb);
		rc = pbkdf2(password, npassword, b, nb * 4, out, nout);
	}
	explicit_bzero(b, nb * 4);
	munmap(b, all);
	return rc;
}
