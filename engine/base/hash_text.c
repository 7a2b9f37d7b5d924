/* The textual forms of bytes: hex, base64 and Ethereum addresses. */
#include "engine/base/hash.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "engine/base/mem.h"

void
hex_encode(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

void
random_hex(char *out, size_t n)
{
	uint8_t raw[32];

	if (getrandom(raw, n, 0) != (ssize_t)n)
		abort(); /* no such kernel */
	hex_encode(raw, n, out);
}

static int
hash_text_nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *s, uint8_t *out, size_t n)
{
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	for (size_t i = 0; i < n; i++) {
		int hi = hash_text_nibble(s[0]);
		int lo = hi < 0 ? -1 : hash_text_nibble(s[1]);

		if (lo < 0)
			return -1;
		out[i] = (uint8_t)(hi << 4 | lo);
		s += 2;
	}
	return *s ? -1 : 0;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const void *p, size_t n, char *out)
{
	const uint8_t *b = p;

	for (; n > 0; b += 3) {
		uint32_t v = (uint32_t)b[0] << 16;

		if (n > 1)
			v |= (uint32_t)b[1] << 8;
		if (n > 2)
			v |= b[2];
		*out++ = base64_digits[v >> 18];
		*out++ = base64_digits[v >> 12 & 63];
		*out++ = n > 1 ? base64_digits[v >> 6 & 63] : '=';
		*out++ = n > 2 ? base64_digits[v & 63] : '=';
		n -= n > 3 ? 3 : n;
	}
	*out = '\0';
}

char *
base64_text(const void *p, size_t n)
{
	char *text = xmalloc(4 * ((n + 2) / 3) + 1);

	base64_encode(p, n, text);
	return text;
}

static int
base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;

	return at ? (int)(at - base64_digits) : -1;
}

/* Decodes four characters; returns the number of bytes, -1 when malformed. */
static int
base64_group(const char *s, uint8_t out[3])
{
	int pad = s[3] != '=' ? 0 : s[2] != '=' ? 1 : 2;
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int d = i < 4 - pad ? base64_value(s[i]) : 0;

		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
	}
	/* Bits that stand for nothing must be zero: one text per value. */
	if (v & ((UINT32_C(1) << (8 * pad)) - 1))
		return -1;
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	return 3 - pad;
}

long
base64_decode(const char *s, uint8_t *out, size_t max)
{
	size_t len = strlen(s), n = 0;

	if (len % 4)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		uint8_t group[3];
		int got = base64_group(s + i, group);

		if (got < 0 || (got < 3 && i + 4 < len) ||
		    (size_t)got > max - n)
			return -1;
		memcpy(out + n, group, (size_t)got);
		n += (size_t)got;
	}
	return (long)n;
}

void
eip55(const uint8_t addr[20], char out[43])
{
	uint8_t sum[32];

	out[0] = '0';
	out[1] = 'x';
	hex_encode(addr, 20, out + 2);
	keccak256(out + 2, 40, sum);
	for (size_t i = 0; i < 40; i++) {
		if (sum[i / 2] >> (i % 2 ? 0 : 4) & 8)
			out[i + 2] = (char)toupper((unsigned char)out[i + 2]);
	}
}

int
address_parse(const char *s, uint8_t out[20])
{
	bool lower = false, upper = false;
	uint8_t addr[20];
	char want[43];

	if (s[0] != '0' || s[1] != 'x' || strnlen(s, 43) != 42 ||
	    hex_decode(s, addr, 20) < 0)
		return -1;
	for (const char *p = s + 2; *p; p++) {
		lower |= islower((unsigned char)*p) != 0;
		upper |= isupper((unsigned char)*p) != 0;
	}
	eip55(addr, want);
	if (lower && upper && strcmp(s, want) != 0)
		return -2;
	memcpy(out, addr, sizeof(addr));
	return 0;
}
