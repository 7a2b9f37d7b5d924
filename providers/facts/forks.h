#ifndef OPL2_PROVIDERS_FACTS_FORKS_H
#define OPL2_PROVIDERS_FACTS_FORKS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * Which upgrades of the L1 and of the L2 there are, oldest first: data, in
 * schemas/forks.json.
 *
 *	{"l1": [{"name", "header": [fields that the fork adds to a block's
 *	         header], "clz": it is known by the opcode CLZ alone,
 *	         "contracts": [names that it adds to eth_config's
 *	         systemContracts], "precompiles": [the same of those],
 *	         "gas": {"transaction_cap" (gas of one transaction at most),
 *	                 "typical_percent", "most_percent" (what a deployment
 *	                 uses in all, and its worst transaction, of what forge
 *	                 simulates for it, margin included)},
 *	        "blobs": its blob schedule, "code": {ADDRESS: code of a system
 *	                 contract}}],
 *	 "header": [fields of a block that are of no fork, as RPCs give them],
 *	 "l2": [{"name"}],
 *	 "programs": [{"name": the release to use, "releases": [patterns],
 *	               "l1", "l2": newest fork that these node programs
 *	               follow}]}, oldest first
 *
 * Sources: the EIPs' header fields; gas measured on geth 1.17.10 by a
 * deployment of @eth-optimism/contracts-bedrock 0.17.3 (EIP-7825, EIP-8037);
 * code of EIP-4788, 2935, 7002, 7251, 8282, blob schedules of geth 1.17.10.
 * Pure; what is returned is borrowed from the table and stays.
 */
#define FORK_NEWER "newer" /* than the table: never an older one */

/* Place of an L1 (L2) fork; INT_MAX of FORK_NEWER, -1 of a name unknown. */
int forks_l1_rank(const char *name);
int forks_l2_rank(const char *name);
/* The row of an L1 fork, or NULL. */
const json_t *forks_l1(const char *name);
/* The row at a place, or NULL. */
const json_t *forks_l1_at(int at);
/* The last name of the table. */
const char *forks_l1_newest(void);

/*
 * The newest fork that a block, as eth_getBlockByNumber gives it, shows:
 * FORK_NEWER when it has a field that is of no known fork. *field, when not
 * NULL, is then that field, of the block. A fork with "clz" is not told by a
 * header: whoever wants to know calls CLZ.
 */
const char *forks_of_header(const json_t *block, const char **field);
/* To be called by eth_call, without an address: PUSH1 1, CLZ, PUSH1 0, MSTORE,
 * PUSH1 32, PUSH1 0, RETURN (EIP-7939). It gives 32 bytes where there is CLZ.
 */
#define FORK_CLZ_CODE "0x60011e60005260206000f3"
/* What that is on a chain that has CLZ. */
const char *forks_with_clz(const char *fork);

/*
 * The fork that is to come on an L1 that is at `now`, by what it answers to
 * eth_config (EIP-7910): FORK_NEWER when something is added that is of no known
 * fork; NULL when none is scheduled, or none that does more than change blob
 * parameters. *time is then when it comes, in Unix time.
 */
const char *forks_next(const json_t *config, const char *now, int64_t *time);

/* The generation of node programs that a release belongs to ("v1.9.4" of
 * "v1.9.4-meeda"): one command line and one rendering of rollup.json. NULL when
 * the release is not in the table. */
const char *forks_programs(const char *release);
/* The newest L1 (L2) fork that node programs of a release follow; NULL when
 * the release is not in the table. */
const char *forks_l1_followed(const char *programs);
const char *forks_l2_followed(const char *programs);
/* The newest node programs that follow the L1 to this fork, for advice; NULL:
 * there are none. */
const char *forks_l1_programs(const char *l1_fork);

/* The gas cap of one transaction on a fork; 0: none. */
uint64_t forks_gas_cap(const char *l1_fork);
/* What forge's figure, right on the fork `from`, is on the fork `to`, in
 * percent: typical of a whole deployment, or the most of one transaction. 100
 * when to is not newer; of FORK_NEWER what the newest known one has. */
unsigned forks_gas_percent(const char *from, const char *to, bool most);

#endif
