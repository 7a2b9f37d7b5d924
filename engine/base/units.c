#include "engine/base/units.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"

#define MAX_NUMBER 100u

struct unit {
	const char *name;
	uint64_t factor; /* in the smallest unit */
};

static const struct unit wei_units[] = {
	{ "wei", 1 },
	{ "gwei", UINT64_C(1000000000) },
	{ "eth", UINT64_C(1000000000000000000) },
	{ NULL, 0 },
};

static const struct unit ms_units[] = {
	{ "ms", 1 },      { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { NULL, 0 },
};

static const struct unit byte_units[] = {
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KB", 1000 },
	{ "MB", 1000000 },
	{ "GB", UINT64_C(1000000000) },
	{ "TB", UINT64_C(1000000000000) },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "TiB", UINT64_C(1) << 40 },
	{ NULL, 0 },
};

static size_t
span_digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* The unit that s[0..n) names, or NULL. */
static const struct unit *
find_unit(const struct unit *units, const char *s, size_t n)
{
	for (; units->name; units++) {
		if (strlen(units->name) == n && !memcmp(units->name, s, n))
			return units;
	}
	return NULL;
}

/* value = digits (with `frac` of them after the point) * factor, exactly. */
static int
scale(const char *digits, size_t frac, uint64_t factor, struct u256 *out,
      const char **why)
{
	struct u256 v, f, ten = u256_from(10), rest;

	/* As far as it goes without the product, which may not fit. */
	for (; frac > 0 && factor % 10 == 0; frac--)
		factor /= 10;
	f = u256_from(factor);
	if (u256_parse(digits, &v) < 0 || u256_mul(&v, &f, &v)) {
		*why = "the number is too large";
		return -1;
	}
	for (; frac > 0; frac--) {
		u256_div(&v, &ten, &v, &rest);
		if (!u256_is_zero(&rest)) {
			*why = "the number has more decimals than its unit "
			       "can hold";
			return -1;
		}
	}
	*out = v;
	return 0;
}

/*
 * Takes one "12.5unit" off *s: the number, then letters. no_unit says why a
 * bare number will not do.
 */
static int
units_take(const char **s, const struct unit *units, const char *no_unit,
	   struct u256 *out, const char **why)
{
	const char *p = *s;
	char digits[MAX_NUMBER + 1];
	size_t whole = span_digits(p), frac = 0, nunit;
	const struct unit *u;

	*why = "it must be a number followed by a unit";
	if (whole == 0)
		return -1;
	if (p[whole] == '.') {
		frac = span_digits(p + whole + 1);
		if (frac == 0)
			return -1;
	}
	if (whole + frac > MAX_NUMBER) {
		*why = "the number has too many digits";
		return -1;
	}
	memcpy(digits, p, whole);
	if (frac)
		memcpy(digits + whole, p + whole + 1, frac);
	digits[whole + frac] = '\0';
	p += whole + (frac ? frac + 1 : 0);
	nunit = strcspn(p, "0123456789.");
	if (nunit == 0) {
		*why = no_unit;
		return -1;
	}
	u = find_unit(units, p, nunit);
	if (!u) {
		*why = "unknown unit";
		return -1;
	}
	*s = p + nunit;
	return scale(digits, frac, u->factor, out, why);
}

static bool
is_zero_text(const char *s)
{
	return !strcmp(s, "0");
}

int
wei_parse(const char *s, struct u256 *out, const char **why)
{
	struct u256 v;

	if (is_zero_text(s)) {
		*out = u256_from(0);
		return 0;
	}
	if (units_take(&s, wei_units,
		       "a bare number is ambiguous: add wei, gwei or eth", &v,
		       why) < 0)
		return -1;
	if (*s) {
		*why = "there is text after the unit";
		return -1;
	}
	*out = v;
	return 0;
}

int
duration_parse(const char *s, uint64_t *ms, const char **why)
{
	struct u256 sum = u256_from(0), part;
	uint64_t v;

	do {
		if (units_take(&s, ms_units,
			       "a bare number is ambiguous: add ms, s, m or h",
			       &part, why) < 0)
			return -1;
		if (u256_add(&sum, &part, &sum)) {
			*why = "the number is too large";
			return -1;
		}
	} while (*s);
	if (!u256_fits_u64(&sum, &v)) {
		*why = "the number is too large";
		return -1;
	}
	*ms = v;
	return 0;
}

int
bytes_parse(const char *s, uint64_t *out, const char **why)
{
	struct u256 v;

	if (is_zero_text(s)) {
		*out = 0;
		return 0;
	}
	if (units_take(&s, byte_units,
		       "a bare number is ambiguous: add B, KiB, MB "
		       "...",
		       &v, why) < 0)
		return -1;
	if (*s) {
		*why = "there is text after the unit";
		return -1;
	}
	if (!u256_fits_u64(&v, out)) {
		*why = "the number is too large";
		return -1;
	}
	return 0;
}

/* v / 10^decimals without trailing zeros, e.g. "0.5". */
static void
format_fixed(const struct u256 *v, size_t decimals, char *out, size_t n)
{
	char dec[79];
	char padded[79 + 20];
	size_t len, whole;

	u256_dec(v, dec);
	len = strlen(dec);
	/* Enough zeros in front for one digit before the point. */
	whole = len > decimals ? 0 : decimals + 1 - len;
	memset(padded, '0', whole);
	memcpy(padded + whole, dec, len + 1);
	len += whole;
	whole = len - decimals;
	while (len > whole && padded[len - 1] == '0')
		len--;
	if (len == whole)
		snprintf(out, n, "%.*s", (int)whole, padded);
	else
		snprintf(out, n, "%.*s.%.*s", (int)whole, padded,
			 (int)(len - whole), padded + whole);
}

void
wei_format(const struct u256 *v, char *out, size_t n)
{
	static const struct {
		const char *unit;
		size_t decimals;
	} forms[] = { { "eth", 18 }, { "gwei", 9 }, { "wei", 0 } };
	char best[128] = "";

	if (u256_is_zero(v)) {
		snprintf(out, n, "0");
		return;
	}
	for (size_t i = 0; i < COUNTOF(forms); i++) {
		char number[112], text[128];

		format_fixed(v, forms[i].decimals, number, sizeof(number));
		snprintf(text, sizeof(text), "%s%s", number, forms[i].unit);
		if (!*best || strlen(text) < strlen(best))
			memcpy(best, text, sizeof(best));
	}
	snprintf(out, n, "%s", best);
}

void
ether_format(const struct u256 *v, char *out, size_t n)
{
	char number[112];

	format_fixed(v, 18, number, sizeof(number));
	snprintf(out, n, "%seth", number);
}

/* To a multiple of 10^digits, or of what leaves three digits of it. */
static struct u256
rounded(const struct u256 *v, size_t digits, bool up)
{
	struct u256 grain = u256_from(1), ten = u256_from(10), rest, q;
	char dec[79];
	size_t len;

	u256_dec(v, dec);
	len = strlen(dec);
	if (len < digits + 3)
		digits = len > 3 ? len - 3 : 0;
	while (digits-- > 0)
		u256_mul(&grain, &ten, &grain);
	u256_div(v, &grain, &q, &rest);
	u256_sub(v, &rest, &q);
	if (up && !u256_is_zero(&rest) && u256_add(&q, &grain, &q))
		return *v;
	return q;
}

void
ether_round(const struct u256 *v, bool up, char *out, size_t n)
{
	struct u256 r = rounded(v, 14, up);

	ether_format(&r, out, n);
}

void
gwei_round(const struct u256 *v, bool up, char *out, size_t n)
{
	struct u256 r = rounded(v, 6, up);
	char number[112];

	format_fixed(&r, 9, number, sizeof(number));
	snprintf(out, n, "%sgwei", number);
}

void
duration_format(uint64_t ms, char *out, size_t n)
{
	uint64_t h = ms / 3600000, m = ms / 60000 % 60, rest = ms % 60000;
	struct u256 v = u256_from(rest);
	char hours[32] = "", minutes[16] = "", seconds[32] = "", number[112];

	if (ms < 1000) {
		snprintf(out, n, ms ? "%ums" : "0s", (unsigned)ms);
		return;
	}
	if (h)
		snprintf(hours, sizeof(hours), "%lluh", (unsigned long long)h);
	if (m)
		snprintf(minutes, sizeof(minutes), "%um", (unsigned)m);
	if (rest) {
		format_fixed(&v, 3, number, sizeof(number));
		snprintf(seconds, sizeof(seconds), "%.24ss", number);
	}
	snprintf(out, n, "%s%s%s", hours, minutes, seconds);
}

int
parse_u64(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -1;
	}
	if (v > max)
		return -1;
	*out = v;
	return 0;
}

int
parse_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *s == '-';
	int64_t v;
	uint64_t u;

	if (parse_u64(s + negative, UINT64_C(1) << 63, &u) < 0)
		return -1;
	if (!negative && u > INT64_MAX)
		return -1;
	/* -2^63 has no positive counterpart: negate in unsigned. */
	v = (int64_t)(negative ? 0 - u : u);
	if (v < min || v > max)
		return -1;
	*out = v;
	return 0;
}

int
listen_parse(const char *s, char **host, uint16_t *port)
{
	const char *colon = strrchr(s, ':');
	uint64_t n;

	if (!colon || parse_u64(colon + 1, UINT16_MAX, &n))
		return -1;
	free(*host);
	*host = xstrndup(s, (size_t)(colon - s));
	*port = (uint16_t)n;
	return 0;
}

bool
listen_is_loopback(const char *host)
{
	struct in_addr at;

	return inet_pton(AF_INET, host, &at) == 1 &&
	       ntohl(at.s_addr) >> 24 == IN_LOOPBACKNET;
}
