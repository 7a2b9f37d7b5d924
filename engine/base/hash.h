#ifndef OPL2_BASE_HASH_H
#define OPL2_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/compiler.h"

/*
 * Digests, over nettle: SHA-256/512 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and
 * Keccak-256 as Ethereum uses it (the 2011 submission's padding 0x01, not
 * FIPS 202's 0x06; Yellow Paper, Appendix A).
 */
struct sha256 {
	_Alignas(16) unsigned char opaque[128];
};
void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
void sha256_end(struct sha256 *h, uint8_t out[32]);

struct sha512 {
	_Alignas(16) unsigned char opaque[256];
};
void sha512_init(struct sha512 *h);
void sha512_add(struct sha512 *h, const void *p, size_t n);
void sha512_end(struct sha512 *h, uint8_t out[64]);

void sha256(const void *p, size_t n, uint8_t out[32]);
/* RFC 1321, where a protocol asks for it: it proves nothing. */
#define MD5_BYTES 16
void md5(const void *p, size_t n, uint8_t out[MD5_BYTES]);
void sha256_hex(const void *p, size_t n, char out[65]);
void hmac_sha256(const void *key, size_t nkey, const void *p, size_t n,
		 uint8_t out[32]);
void keccak256(const void *p, size_t n, uint8_t out[32]);

/* Lower-case hex, NUL-terminated: out has 2n + 1 bytes. */
void hex_encode(const void *p, size_t n, char *out);
/* The same of n random bytes, at most 32. */
void random_hex(char *out, size_t n);
/* Decodes exactly 2n digits (with or without 0x). -1 when it is not that. */
int hex_decode(const char *s, uint8_t *out, size_t n);
/* Standard base64 with padding. out has 4 * ((n + 2) / 3) + 1 bytes. */
void base64_encode(const void *p, size_t n, char *out);
NEVER_NULL char *base64_text(const void *p, size_t n); /* malloc'd */
/* Returns the number of bytes, or -1. out has at least max bytes. */
long base64_decode(const char *s, uint8_t *out, size_t max);

/* For a secret: the time that it takes does not tell where they differ. */
bool equal_secret(const char *a, const char *b);

/* EIP-55 text of a 20-byte address. */
void eip55(const uint8_t addr[20], char out[43]);
/* Parses an address: 0x + 40 hex digits; mixed case must match EIP-55.
 * 0 good, -1 not an address, -2 checksum is wrong. */
int address_parse(const char *s, uint8_t out[20]);

#endif
