#include "engine/base/u256.h"

#include <assert.h>
#include <string.h>
#include <gmp.h>

#include "engine/base/hash.h"

#define MAX_DIGITS 78u /* 2^256 has 78 decimal digits */

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NUMB_BITS == 64,
	       "a word of struct u256 is a GMP limb");

struct u256
u256_from(uint64_t v)
{
	return (struct u256){ .w = { v } };
}

static int
parse_dec(const char *s, struct u256 *out)
{
	unsigned char digits[MAX_DIGITS];
	/* 10^78 takes 260 bits. */
	mp_limb_t limbs[MAX_DIGITS / 19 + 2] = { 0 };
	size_t n = 0, nlimbs;

	for (; *s; s++) {
		if (*s < '0' || *s > '9' || n == MAX_DIGITS)
			return -1;
		digits[n++] = (unsigned char)(*s - '0');
	}
	nlimbs = n ? (size_t)mpn_set_str(limbs, digits, n, 10) : 0;
	if (nlimbs > 4)
		return -1;
	*out = (struct u256){ 0 };
	memcpy(out->w, limbs, nlimbs * sizeof(limbs[0]));
	return 0;
}

static int
parse_hex(const char *s, struct u256 *out)
{
	char text[65];
	uint8_t be[32];
	size_t n = strnlen(s, 65);

	if (n > 64)
		return -1;
	memset(text, '0', 64);
	memcpy(text + 64 - n, s, n);
	text[64] = '\0';
	/* "0x" in the middle is no digit; at the start it would be skipped. */
	if (strpbrk(text, "xX") || hex_decode(text, be, sizeof(be)) < 0)
		return -1;
	u256_from_be(be, sizeof(be), out);
	return 0;
}

int
u256_parse(const char *s, struct u256 *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');

	if (hex)
		s += 2;
	if (!*s)
		return -1;
	while (*s == '0')
		s++;
	return hex ? parse_hex(s, out) : parse_dec(s, out);
}

void
u256_from_be(const uint8_t *p, size_t n, struct u256 *out)
{
	assert(n <= 32);
	*out = (struct u256){ 0 };
	for (size_t i = 0; i < n; i++) {
		size_t at = n - 1 - i;

		out->w[at / 8] |= (uint64_t)p[i] << (8 * (at % 8));
	}
}

void
u256_to_be(const struct u256 *v, uint8_t out[32])
{
	for (size_t i = 0; i < 32; i++) {
		size_t at = 31 - i;

		out[i] = (uint8_t)(v->w[at / 8] >> (8 * (at % 8)));
	}
}

/* The number of words up to the highest that is not zero. */
static size_t
words(const struct u256 *v)
{
	size_t n = 4;

	while (n > 0 && v->w[n - 1] == 0)
		n--;
	return n;
}

void
u256_dec(const struct u256 *v, char out[79])
{
	/* mpn_get_str overwrites its operand, and may write a leading zero. */
	struct u256 tmp = *v;
	unsigned char digits[MAX_DIGITS + 4];
	size_t n, from = 0, nwords = words(v);

	if (nwords == 0) {
		out[0] = '0';
		out[1] = '\0';
		return;
	}
	n = mpn_get_str(digits, 10, tmp.w, (mp_size_t)nwords);
	while (digits[from] == 0)
		from++;
	for (size_t i = from; i < n; i++)
		*out++ = (char)('0' + digits[i]);
	*out = '\0';
}

void
u256_hex(const struct u256 *v, char out[67])
{
	uint8_t be[32];
	char text[65];
	size_t from = 0;

	u256_to_be(v, be);
	hex_encode(be, sizeof(be), text);
	while (from < 63 && text[from] == '0')
		from++;
	out[0] = '0';
	out[1] = 'x';
	memcpy(out + 2, text + from, 65 - from);
}

int
u256_cmp(const struct u256 *a, const struct u256 *b)
{
	int c = mpn_cmp(a->w, b->w, 4);

	return (c > 0) - (c < 0);
}

bool
u256_is_zero(const struct u256 *v)
{
	return words(v) == 0;
}

bool
u256_fits_u64(const struct u256 *v, uint64_t *out)
{
	if (words(v) > 1)
		return false;
	*out = v->w[0];
	return true;
}

bool
u256_add(const struct u256 *a, const struct u256 *b, struct u256 *out)
{
	return mpn_add_n(out->w, a->w, b->w, 4) != 0;
}

bool
u256_sub(const struct u256 *a, const struct u256 *b, struct u256 *out)
{
	return mpn_sub_n(out->w, a->w, b->w, 4) != 0;
}

bool
u256_mul(const struct u256 *a, const struct u256 *b, struct u256 *out)
{
	mp_limb_t wide[8];

	mpn_mul_n(wide, a->w, b->w, 4);
	memcpy(out->w, wide, sizeof(out->w));
	return (wide[4] | wide[5] | wide[6] | wide[7]) != 0;
}

void
u256_div(const struct u256 *a, const struct u256 *d, struct u256 *q,
	 struct u256 *r)
{
	size_t nd = words(d);
	mp_limb_t quo[4] = { 0 }, rem[4] = { 0 };

	assert(nd > 0);
	mpn_tdiv_qr(quo, rem, 0, a->w, 4, d->w, (mp_size_t)nd);
	if (q)
		memcpy(q->w, quo, sizeof(quo));
	if (r)
		memcpy(r->w, rem, sizeof(rem));
}
