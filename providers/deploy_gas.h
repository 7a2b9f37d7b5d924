#ifndef OPL2_PROVIDERS_DEPLOY_GAS_H
#define OPL2_PROVIDERS_DEPLOY_GAS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the deployment of @eth-optimism/contracts-bedrock 0.17.3 has used on an
 * L1, by its fork. Measured on geth: 58 transactions each time; forge's own
 * simulation says 78,062,894 with its margin. Pure.
 */
#define DEPLOY_TXS 58

/* On a fork; NULL: the newest that is known, for the dearest is the safe one
 * where it is not said. Scaled for forks without a figure. */
uint64_t deploy_gas(const char *l1_fork);
/* Of n transactions whose figures by forge add up to `figures`, when these are
 * that deployment; 0 when they are another list. */
uint64_t deploy_gas_of(size_t n, uint64_t figures, const char *l1_fork);

#endif
