#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_L2_PROOF_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_L2_PROOF_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/bridge/withdrawal.h"
#include "providers/clients/rpc/rpc.h"

/*
 * The proof that a withdrawal is in the L2's state, as a node gives it and as
 * it is checked here, so that no transaction is sent to have the portal say
 * that it is wrong.
 */
struct l2_proof {
	struct output_parts parts;
	json_t *nodes; /* of the storage, as the portal takes them; owned */
};

/*
 * Checks what eth_getProof answered for the message passer and a withdrawal's
 * slot: that the account is in the state and the slot, with a 1, in the
 * account's storage. state_root is in out->parts; the rest is filled. 0, or -1
 * with *why set to a static text.
 */
int l2_proof_check(const json_t *reply, const uint8_t slot[32],
		   struct l2_proof *out, const char **why);

/* Block and proof from the L2's node at that block, checked: E1072 when they
 * prove nothing. */
enum rpc_status l2_proof_get(struct rpc *l2, const uint8_t hash[32],
			     uint64_t block, struct l2_proof *out,
			     struct diags *ds) MUST_CHECK;
void l2_proof_done(struct l2_proof *p); /* for CLEANUP; {0} is fine */

/* Block and storage root alone: what output root the node's chain has there.
 */
enum rpc_status l2_output_at(struct rpc *l2, uint64_t block,
			     struct output_parts *out,
			     struct diags *ds) MUST_CHECK;

#endif
