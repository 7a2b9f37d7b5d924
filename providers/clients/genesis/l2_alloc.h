#ifndef OPL2_PROVIDERS_CLIENTS_GENESIS_L2_ALLOC_H
#define OPL2_PROVIDERS_CLIENTS_GENESIS_L2_ALLOC_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The accounts of a state that forge has dumped, as geth writes them into a
 * genesis.json: by address, without what is empty. NULL with E0437 when they
 * are not understood. New reference.
 */
json_t *l2_alloc(const json_t *allocs, struct diags *ds) MUST_CHECK;

/*
 * Are they of an L2 with this chain id? Every predeployed contract must be
 * there (the governance token when there is to be one), and Permit2, which has
 * the chain id in its code, must have this one. alloc: of l2_alloc(). -1 with
 * E0438.
 */
int l2_alloc_check(const json_t *alloc, uint64_t chain_id, bool governance,
		   struct diags *ds) MUST_CHECK;

#endif
