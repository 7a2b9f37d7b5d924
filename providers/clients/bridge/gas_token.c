#include "providers/clients/bridge/gas_token.h"

#include "engine/io/jx.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"

enum outcome
bridge_takes_ether(struct rpc *l1, const char *portal, struct diags *ds)
{
	CLEANUP(put_json) json_t *config = NULL, *token = NULL;
	enum rpc_status st = view_call(l1, portal, "systemConfig()(address)",
				       NULL, &config, ds);

	if (st == RPC_OK && config)
		st = view_call(l1, value_text(config, 0),
			       "isCustomGasToken()(bool)", NULL, &token, ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!json_is_true(json_array_get(token, 0)))
		return OC_OK;
	diag_err(ds, "E1078",
		 "the chain pays for gas with a token of its own: no ether "
		 "crosses its bridge");
	diag_hint(ds, "a minter of LiquidityController on the L2 releases the "
		      "gas token; ERC-20 tokens can be bridged with -erc20");
	return OC_FAIL;
}
