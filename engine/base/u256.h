#ifndef OPL2_BASE_U256_H
#define OPL2_BASE_U256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unsigned 256-bit integers by value, over GMP's mpn layer. w[0] is the
 * least significant word. Arithmetic returns true when it overflowed. */
struct u256 {
	uint64_t w[4];
};

struct u256 u256_from(uint64_t v);
/* Decimal or 0x hex, whole string; -1 when malformed or too large. */
int u256_parse(const char *s, struct u256 *out);
void u256_from_be(const uint8_t *p, size_t n, struct u256 *out); /* n <= 32 */
void u256_to_be(const struct u256 *v, uint8_t out[32]);
void u256_dec(const struct u256 *v, char out[79]);
void u256_hex(const struct u256 *v, char out[67]); /* 0x, no leading zeros */
int u256_cmp(const struct u256 *a, const struct u256 *b);
bool u256_is_zero(const struct u256 *v);
bool u256_fits_u64(const struct u256 *v, uint64_t *out);
bool u256_add(const struct u256 *a, const struct u256 *b, struct u256 *out);
bool u256_sub(const struct u256 *a, const struct u256 *b, struct u256 *out);
bool u256_mul(const struct u256 *a, const struct u256 *b, struct u256 *out);
/* Quotient and remainder; d must not be zero; either out may be NULL. */
void u256_div(const struct u256 *a, const struct u256 *d, struct u256 *q,
	      struct u256 *r);

#endif
