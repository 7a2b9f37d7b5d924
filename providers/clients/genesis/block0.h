#ifndef OPL2_PROVIDERS_CLIENTS_GENESIS_BLOCK0_H
#define OPL2_PROVIDERS_CLIENTS_GENESIS_BLOCK0_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The hash of the block that geth makes of a genesis.json (geth's Genesis,
 * with the L2's forks up to isthmus). What a later fork adds to the header is
 * not known here: the hash is then another one.
 *
 * -1 with E1046 when the document is not understood.
 */
int block0_hash(const json_t *genesis, uint8_t out[32],
		struct diags *ds) MUST_CHECK;

#endif
