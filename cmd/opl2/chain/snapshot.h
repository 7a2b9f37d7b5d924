#ifndef OPL2_CMD_OPL2_CHAIN_SNAPSHOT_H
#define OPL2_CMD_OPL2_CHAIN_SNAPSHOT_H

#include <stdint.h>
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "providers/runtime/process_status.h"

/*
 * Looks at a running chain: every endpoint that should answer is asked at the
 * same time, each in one request, by workers (providers/actions/look_*.c).
 *
 *	{"now": Unix time,
 *	 "l1": {"chain_id", PEEK},
 *	 "programs": release of the node programs, as the chain's compat has it,
 *	 "nodes": [{"name": of the process, "up_s": seconds since its start,
 *		    if it is known, PEEK,       the sequencer before others
 *	            "beyond": {PEEK}}],  the L1's block after the last that it
 *	                                 takes, if that may be why it stands
 *	 "engines": [{"name", PEEK}],                    of all nodes
 *	 "conductors": [{"name", "node": process of its op-node, PEEK}],
 *	 "da": {"name", PEEK},
 *	 "services": [{"name", "type", PEEK}],  endpoints that are no RPC: a
 *				     server of others for batches or blobs
 *	 "computed": {PEEK},         the newest output, by the node
 *	 "claims": [{"game": one of probe_l1's games, neither the proposer's nor
 *		    lost, PEEK}],    its block, by the node
 *	 "senders": [{"process", "role", "address"}],    who pays on the L1
 *	 "proposals": {"kind": "oracle"|"games", "interval_s"},
 *	 "l2_forks": {NAME: Unix time},                  as scheduled
 *	 "roles": {ROLE: name of the process that has it (part.h)},
 *	 "expected": {"genesis", "l2_chain_id", "signer", "batcher",
 *		      "proposer"}}
 *
 * PEEK is "answer" (of the action), "error" (text) or "stopped": true, when
 * the process that would answer is down because somebody wants it so; an
 * endpoint that the chain does not have is left out.
 *
 * st is of all processes, c->state is loaded. New reference, or NULL when
 * no chain is recorded, without a diagnostic, or nobody could be asked, with
 * one.
 */
json_t *snapshot_take(struct cmd *c, const struct runtime_status *st);

/* The spec, if there is one without mistakes: what it makes of variables may
 * be needed to reach the L1. Its mistakes are not this command's matter. */
void snapshot_load_spec(struct cmd *c);

/* The hash that the L1 has now for a block; malloc'd, NULL when it does not
 * say. */
char *snapshot_l1_hash(struct cmd *c, int64_t number);

#endif
