/* What accounts need, own and lack: a table a chain. */
#include "cmd/opl2/text.h"
#include "cmd/opl2/view.h"
#include "engine/base/jx.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"

/* Ten thousandths of an ether: no fee is known so well that more digits would
 * mean something. */
#define GRAIN 100000000000000u

#define RED   "\033[31m"
#define RESET "\033[0m"

enum { AMOUNT = 14 };

/* In ether, rounded so that nobody is told too little of what is needed. */
static const char *
ether(const json_t *o, const char *key, bool up, char out[96])
{
	struct u256 v, grain = u256_from(GRAIN), less = u256_from(GRAIN - 1);

	if (u256_parse(jx_str(o, key, "0"), &v) < 0)
		v = u256_from(0);
	if (up && u256_add(&v, &less, &v))
		memset(&v, 0xff, sizeof(v));
	u256_div(&v, &grain, &v, NULL);
	if (u256_mul(&v, &grain, &v))
		memset(&v, 0xff, sizeof(v));
	ether_format(&v, out, 96);
	return out;
}

static void
show_account(FILE *out, const json_t *a, int width, bool color)
{
	char needs[96], has[96], missing[96], gets[96];
	bool lacks = strcmp(jx_str(a, "missing", "0"), "0") != 0;
	const char *known = jx_get(a, "has") ? NULL : "?";

	fprintf(out, "  %-*s  %-42s  %*s  %*s  %s%*s%s", width,
		jx_str(a, "role", ""),
		jx_str(a, "address", jx_str(a, "pending", "")), AMOUNT,
		ether(a, "needs", true, needs), AMOUNT,
		known ? known : ether(a, "has", false, has),
		lacks && color ? RED : "", AMOUNT,
		known   ? known
		: lacks ? ether(a, "missing", true, missing)
			: "-",
		lacks && color ? RESET : "");
	if (jx_get(a, "gets"))
		fprintf(out, "  (gets %s)", ether(a, "gets", false, gets));
	fputs("\n", out);
}

static void
show_chain(FILE *out, const json_t *chain, bool color)
{
	const json_t *accounts = jx_get(chain, "accounts");
	char price[96] = "", limit[96];
	struct u256 v;
	int width = 4;

	for (size_t i = 0; i < json_array_size(accounts); i++) {
		int n = text_width(
			jx_str(json_array_get(accounts, i), "role", ""));

		width = n > width ? n : width;
	}
	if (u256_parse(jx_str(chain, "price", "0"), &v) == 0)
		wei_format(&v, price, sizeof(price));
	fprintf(out, "\nEther on chain %lld, with gas at %s%s:\n",
		(long long)jx_int(chain, "chain_id", 0), price,
		jx_bool(chain, "estimate", false)
			? ", in part by the figures of earlier deployments"
			: "");
	fprintf(out, "  %-*s  %-42s  %*s  %*s  %*s\n", width, "role", "address",
		AMOUNT, "needs", AMOUNT, "has", AMOUNT, "missing");
	for (size_t i = 0; i < json_array_size(accounts); i++)
		show_account(out, json_array_get(accounts, i), width, color);
	if (jx_get(chain, "limit"))
		fprintf(out, "  limits.eth of one apply: %s\n",
			ether(chain, "limit", false, limit));
}

void
view_funds(FILE *out, const json_t *funds, bool color)
{
	for (size_t i = 0; i < json_array_size(funds); i++)
		show_chain(out, json_array_get(funds, i), color);
}
