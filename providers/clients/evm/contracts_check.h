#ifndef OPL2_PROVIDERS_CLIENTS_EVM_CONTRACTS_CHECK_H
#define OPL2_PROVIDERS_CLIENTS_EVM_CONTRACTS_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/*
 * Are the contracts on the L1 those that a deploy config asks for? Code at an
 * address does not tell: who owns the system, whose batches and outputs count
 * and who may pause it are values of the contracts.
 */

/*
 * Asks each contract of `addresses` ({NAME: ADDRESS}) for what `config` (a
 * deploy config, upstream's names) says of it. Each value that is another one
 * gets an E0837 with both; *wrong is how many there are. A contract or key
 * that is not there is passed over: deployments differ in what they have.
 */
enum rpc_status contracts_check(struct rpc *rpc, const json_t *addresses,
				const json_t *config, size_t *wrong,
				struct diags *ds) MUST_CHECK;

/* Whether a config's value (a number, or hex digits of any length) is the
 * 32-byte word that a contract answered. */
bool contract_word_is(const json_t *want, const json_t *word);

#endif
