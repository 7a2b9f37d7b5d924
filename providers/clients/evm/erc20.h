#ifndef OPL2_PROVIDERS_CLIENTS_EVM_ERC20_H
#define OPL2_PROVIDERS_CLIENTS_EVM_ERC20_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/* ERC-20 tokens as the standard bridge has them: one on each layer, each of
 * which is the other's. */

/* "12.5" tokens in the token's smallest unit, by its decimals(): E1060 when
 * the text is no such amount, E1076 when the contract is no token. */
enum rpc_status erc20_amount(struct rpc *rpc, const char *token,
			     const char *text, struct u256 *out,
			     unsigned *decimals, struct diags *ds) MUST_CHECK;
/* Without a chain. -1: no decimal number, too many places or too large. */
int erc20_parse(const char *text, unsigned decimals, struct u256 *out);

/* What an account owns of it. */
enum rpc_status erc20_balance(struct rpc *rpc, const char *token,
			      const char *owner, struct u256 *out,
			      struct diags *ds) MUST_CHECK;

/* That the L2's token is the L1 token's on the L2: E1076 when it is not, for
 * the bridge would take the tokens and not give any. */
enum rpc_status erc20_pair(struct rpc *l2, const char *l1_token,
			   const char *l2_token, struct diags *ds) MUST_CHECK;

#endif
