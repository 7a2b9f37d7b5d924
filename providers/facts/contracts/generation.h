#ifndef OPL2_PROVIDERS_FACTS_CONTRACTS_GENERATION_H
#define OPL2_PROVIDERS_FACTS_CONTRACTS_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The generations of the contracts on the L1: those that one script deploys
 * (op-contracts up to v2.0.0-beta.3), and those that an OP Contracts Manager
 * deploys for each chain (OPCM, from op-contracts/v7.0.0 on). Pure.
 */

/* By the release that a deploy_config names; NULL: none, the older one. */
bool generation_is_opcm(const char *contracts);

/* The batch inbox that OPCM writes into SystemConfig, EIP-55: a zero byte and
 * the first 19 of keccak256(uint256 chain id). Source: OPContractsManagerUtils
 * of op-contracts/v7.0.0, seen on a deployed chain. */
void opcm_inbox(uint64_t l2_chain_id, char out[43]);

#endif
