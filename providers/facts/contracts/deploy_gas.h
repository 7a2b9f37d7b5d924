#ifndef OPL2_PROVIDERS_FACTS_CONTRACTS_DEPLOY_GAS_H
#define OPL2_PROVIDERS_FACTS_CONTRACTS_DEPLOY_GAS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What known deployments have used on an L1, by its fork, as measured on geth.
 * Pure.
 */
enum deployment {
	DEPLOY_PUBLISHED, /* @eth-optimism/contracts-bedrock 0.17.3 */
	DEPLOY_SOURCE,    /* a checkout of op-contracts/v2.0.0-beta.3 */
	DEPLOY_OPCM,      /* the same of op-contracts/v7.0.0 */
	DEPLOY_CHAIN,     /* by the OPCM of that release, which is there */
};

/* Which one a script, FILE:CONTRACT, is taken for. */
enum deployment deploy_by_script(const char *script);
/* Its transactions. */
size_t deploy_txs(enum deployment d);
/* Its gas on a fork; NULL: the newest that is known, for the dearest is the
 * safe one where it is not said. Scaled for forks without a figure. */
uint64_t deploy_gas(enum deployment d, const char *l1_fork);
/* The gas limit of its largest transaction there, a margin of 30 % included; 0:
 * not recorded. */
uint64_t deploy_largest(enum deployment d, const char *l1_fork);
/* Of n transactions whose figures by forge add up to `figures`, when these are
 * a known deployment; 0 when they are another list. */
uint64_t deploy_gas_of(size_t n, uint64_t figures, const char *l1_fork);

#endif
