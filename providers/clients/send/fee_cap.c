#include "providers/clients/send/fee_cap.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/units.h"

static const char default_cap[] = "1eth";
/* Half of the last decimal of "1.00 ether". */
static const char rounding[] = "0.005eth";

static struct u256
wei_of(const char *text)
{
	const char *why;
	struct u256 v;

	return wei_parse(text, &v, &why) < 0 ? u256_from(0) : v;
}

bool
fee_cap_said(const char *text, struct u256 *wei)
{
	static const char before[] = "exceeds the configured cap (";
	const char *at = strcasestr(text, before), *why;
	struct u256 half = wei_of(rounding);
	char number[96];
	size_t n;

	if (!at)
		return false;
	at += sizeof(before) - 1;
	n = strspn(at, "0123456789.");
	if (n == 0 || n + sizeof("eth") > sizeof(number))
		return false;
	memcpy(number, at, n);
	memcpy(number + n, "wei", sizeof("wei"));
	if (strncmp(at + n, " wei)", 5) == 0)
		return wei_parse(number, wei, &why) == 0;
	memcpy(number + n, "eth", sizeof("eth"));
	if (strncmp(at + n, " ether)", 7) != 0 ||
	    wei_parse(number, wei, &why) < 0)
		return false;
	if (u256_cmp(wei, &half) <= 0 || u256_sub(wei, &half, wei))
		*wei = half;
	return true;
}

bool
fee_cap_fit(const struct u256 *wei, uint64_t gas, const struct u256 *least,
	    struct u256 *max_fee)
{
	struct u256 g = u256_from(gas);

	if (gas == 0)
		return false;
	u256_div(wei, &g, max_fee, NULL);
	return u256_cmp(max_fee, least) >= 0;
}

struct u256
fee_cap_base(uint64_t gas, const struct u256 *tip)
{
	struct u256 cap = wei_of(default_cap), zero = u256_from(0), fee, eighth,
		    nine = u256_from(9);

	if (!fee_cap_fit(&cap, gas, tip, &fee))
		return zero;
	u256_sub(&fee, tip, &fee);
	u256_div(&fee, &nine, &eighth, NULL);
	u256_sub(&fee, &eighth, &fee);
	return fee;
}
