/* What accounts need, own and lack: a table a chain. */
#include "cmd/opl2/view/text.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define RED   "\033[31m"
#define RESET "\033[0m"

enum { AMOUNT = 14 };

static struct u256
view_funds_amount(const json_t *o, const char *key)
{
	struct u256 v;

	return u256_parse(jx_str(o, key, "0"), &v) < 0 ? u256_from(0) : v;
}

/* Rounded so that nobody is told too little of what is needed. */
static const char *
view_funds_ether(const json_t *o, const char *key, bool up, char out[96])
{
	struct u256 v = view_funds_amount(o, key);

	ether_round(&v, up, out, 96);
	return out;
}

static const char *
gwei(const json_t *o, const char *key, bool up, char out[96])
{
	struct u256 v = view_funds_amount(o, key);

	gwei_round(&v, up, out, 96);
	return out;
}

/* What the price of gas is made of. */
static void
show_price(FILE *out, const json_t *chain)
{
	char base[96], tip[96];

	fprintf(out, "  gas: base fee %s and tip %s, plus a margin of 25%%%s\n",
		gwei(chain, "base_fee", true, base),
		gwei(chain, "tip", true, tip),
		jx_get(chain, "max_base_fee") || jx_get(chain, "max_fee")
			? ", capped by the limit"
			: "");
}

/* The gate of the fees, and what it means now. */
static void
show_gate(FILE *out, const json_t *chain)
{
	struct u256 of_base = view_funds_amount(chain, "max_base_fee");
	struct u256 of_all = view_funds_amount(chain, "max_fee");
	const char *key = "max_base_fee";
	char most[96], base[96];

	if (u256_is_zero(&of_base) ||
	    (!u256_is_zero(&of_all) && u256_cmp(&of_all, &of_base) < 0))
		key = "max_fee";
	if (!jx_get(chain, key))
		return;
	gwei(chain, key, false, most);
	gwei(chain, "base_fee", true, base);
	fprintf(out, "  limits.%s: %s, and the base fee is %s%s\n", key, most,
		base, jx_bool(chain, "waits", false) ? "" : " now");
	fprintf(out,
		jx_bool(chain, "waits", false)
			? "    apply sends nothing until the base fee falls to "
			  "the limit. It waits for up to %s\n"
			  "    while builds continue, and needs no more ether "
			  "than at the limit\n"
			: "    apply sends nothing while it is over the limit: "
			  "it waits for up to %s\n",
		jx_str(chain, "fee_wait", ""));
}

static void
show_account(FILE *out, const json_t *a, int width, bool color)
{
	char needs[96], has[96], missing[96], gets[96];
	bool lacks = strcmp(jx_str(a, "missing", "0"), "0") != 0;
	const char *known = jx_get(a, "has") ? NULL : "?";
	struct u256 spends = view_funds_amount(a, "spends"),
		    needs_of = view_funds_amount(a, "needs");

	fprintf(out, "  %-*s  %-42s  %*s  %*s  %s%*s%s", width,
		jx_str(a, "role", ""),
		jx_str(a, "address", jx_str(a, "pending", "")), AMOUNT,
		view_funds_ether(a, "needs", true, needs), AMOUNT,
		known ? known : view_funds_ether(a, "has", false, has),
		lacks && color ? RED : "", AMOUNT,
		known   ? known
		: lacks ? view_funds_ether(a, "missing", true, missing)
			: "-",
		lacks && color ? RESET : "");
	if (u256_cmp(&spends, &needs_of) < 0 && !u256_is_zero(&spends))
		fprintf(out, "  (required balance; spends %s)",
			view_funds_ether(a, "spends", true, gets));
	if (jx_get(a, "gets"))
		fprintf(out, "  (receives %s)",
			view_funds_ether(a, "gets", false, gets));
	fputs("\n", out);
}

static void
show_bonds(FILE *out, const json_t *account)
{
	const json_t *bonds = jx_get(account, "bonds");
	char each[96], hour[96], most[96];

	if (!bonds)
		return;
	fprintf(out,
		"  bonds of %s: %s each, %s an hour; one comes back after %s, "
		"so they hold up to %s\n",
		jx_str(account, "role", ""),
		view_funds_ether(bonds, "each", true, each),
		view_funds_ether(bonds, "per_hour", true, hour),
		jx_str(bonds, "returns_after", ""),
		view_funds_ether(bonds, "at_once", true, most));
}

static void
show_chain(FILE *out, const json_t *chain, bool color)
{
	const json_t *accounts = jx_get(chain, "accounts");
	char price[96], spends[96], limit[96];
	int width = 4;

	for (size_t i = 0; i < json_array_size(accounts); i++) {
		int n = text_width(
			jx_str(json_array_get(accounts, i), "role", ""));

		width = n > width ? n : width;
	}
	fprintf(out, "\nEther on chain %lld, with gas at %s%s:\n",
		(long long)jx_int(chain, "chain_id", 0),
		gwei(chain, "price", true, price),
		jx_bool(chain, "estimate", false)
			? ", partly based on earlier deployments"
			: "");
	fprintf(out, "  %-*s  %-42s  %*s  %*s  %*s\n", width, "role", "address",
		AMOUNT, "needs", AMOUNT, "has", AMOUNT, "missing");
	for (size_t i = 0; i < json_array_size(accounts); i++)
		show_account(out, json_array_get(accounts, i), width, color);
	for (size_t i = 0; i < json_array_size(accounts); i++)
		show_bonds(out, json_array_get(accounts, i));
	if (strcmp(jx_str(chain, "spends", "0"), "0") == 0)
		return;
	if (jx_get(chain, "limit"))
		fprintf(out, "  spends about %s; limits.eth of one apply: %s\n",
			view_funds_ether(chain, "spends", true, spends),
			view_funds_ether(chain, "limit", false, limit));
	show_price(out, chain);
	show_gate(out, chain);
}

void
view_funds(FILE *out, const json_t *funds, bool color)
{
	for (size_t i = 0; i < json_array_size(funds); i++)
		show_chain(out, json_array_get(funds, i), color);
}

void
view_spent(FILE *out, const json_t *chains)
{
	const json_t *c;
	char sum[96];
	size_t i;

	json_array_foreach(chains, i, c) {
		fprintf(out, "Spent on chain %lld: %s",
			(long long)jx_int(c, "chain_id", 0),
			view_funds_ether(c, "wei", true, sum));
		if (jx_get(c, "limit"))
			fprintf(out, " of %s (limits.eth)",
				view_funds_ether(c, "limit", false, sum));
		if (jx_int(c, "unmined", 0))
			fprintf(out,
				"; %lld transactions are signed and not yet "
				"confirmed",
				(long long)jx_int(c, "unmined", 0));
		fputs(".\n", out);
	}
	fflush(out);
}
