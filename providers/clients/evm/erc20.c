#include "providers/clients/evm/erc20.h"

#include <ctype.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/eth_call.h"

static int
add_digit(struct u256 *v, char c)
{
	struct u256 ten = u256_from(10), digit = u256_from((uint64_t)(c - '0'));

	return u256_mul(v, &ten, v) || u256_add(v, &digit, v) ? -1 : 0;
}

int
erc20_parse(const char *text, unsigned decimals, struct u256 *out)
{
	bool point = false, any = false;
	unsigned places = 0;

	*out = u256_from(0);
	for (; *text; text++) {
		if (*text == '.' && any && !point) {
			point = true;
			any = false;
			continue;
		}
		if (!isdigit((unsigned char)*text) ||
		    (point && places++ == decimals) || add_digit(out, *text))
			return -1;
		any = true;
	}
	for (; places < decimals; places++)
		if (add_digit(out, '0'))
			return -1;
	return any ? 0 : -1;
}

static enum rpc_status
no_token(const char *token, struct diags *ds)
{
	diag_err(ds, "E1076", "%s is no ERC-20 token", token);
	diag_hint(ds, "check the address and the layer");
	return RPC_BAD_REPLY;
}

enum rpc_status
erc20_amount(struct rpc *rpc, const char *token, const char *text,
	     struct u256 *out, unsigned *decimals, struct diags *ds)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st =
		view_call(rpc, token, "decimals()(uint8)", NULL, &v, ds);

	if (st != RPC_OK)
		return st;
	if (!v)
		return no_token(token, ds);
	*decimals = (unsigned)value_u64(v, 0);
	if (erc20_parse(text, *decimals, out) == 0)
		return RPC_OK;
	diag_err(ds, "E1060",
		 "'%s' is not a valid amount of a token with %s decimal places",
		 text, value_text(v, 0));
	diag_hint(ds, "write it in whole tokens: 12.5");
	return RPC_BAD_REPLY;
}

enum rpc_status
erc20_balance(struct rpc *rpc, const char *token, const char *owner,
	      struct u256 *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st =
		view_call(rpc, token, "balanceOf(address)(uint256)",
			  json_pack("[s]", owner), &v, ds);

	if (st == RPC_OK && (!v || u256_parse(value_text(v, 0), out) < 0))
		st = no_token(token, ds);
	return st;
}

enum rpc_status
erc20_pair(struct rpc *l2, const char *l1_token, const char *l2_token,
	   struct diags *ds)
{
	static const char *const views[] = { "remoteToken()(address)",
					     "l1Token()(address)" };

	for (size_t i = 0; i < COUNTOF(views); i++) {
		CLEANUP(put_json) json_t *v = NULL;
		enum rpc_status st =
			view_call(l2, l2_token, views[i], NULL, &v, ds);

		if (st != RPC_OK ||
		    (v && strcasecmp(value_text(v, 0), l1_token) == 0))
			return st;
	}
	diag_err(ds, "E1076",
		 "%s on the L2 is not the L2 token of %s on the L1", l2_token,
		 l1_token);
	diag_hint(ds, "create one with the OptimismMintableERC20Factory "
		      "0x4200000000000000000000000000000000000012");
	return RPC_BAD_REPLY;
}
