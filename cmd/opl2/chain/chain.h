#ifndef OPL2_CHAIN_CHAIN_H
#define OPL2_CHAIN_CHAIN_H

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "engine/run/run.h"

struct state;

/*
 * What commands about a chain, rather than about resources, need to know of
 * it, from what is recorded:
 *
 *	{"contracts": "l1_contracts.l2",
 *	 "l1": {"rpc", "chain_id"},            rpc may be a secret token
 *	 "l2": {"rpc", "chain_id", "rollup_rpc", "info_url"},
 *	 "addresses": {NAME: address, ...},    of the contracts on the L1
 *	 "roles": {NAME: {"address", "private_key", ...}, ...}}
 *
 * L1 and addresses are those of the first `l1_contracts` resource, the roles
 * are the `key` resources, and the L2's parts are the outputs `l2_rpc`,
 * `l2_chain_id` and `rollup_rpc` that every preset has; what there is not is
 * left out. New reference; NULL with E1051 when no chain is recorded.
 */
json_t *chain_facts(const struct state *s, struct diags *ds);

/* A run for actions (engine/run/run.h): reads the state, takes no lock; one
 * that sends takes the lease of a shared state. */
int chain_run(struct cmd *c, bool sends, struct run **out);

/* An argument as an address: the name of a role, or 0x... with 40 digits and,
 * if it has one, the right checksum. Borrowed; NULL with E1052. */
const char *chain_address(const json_t *facts, const char *arg,
			  struct diags *ds);

#endif
