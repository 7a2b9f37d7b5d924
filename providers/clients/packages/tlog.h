#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_TLOG_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_TLOG_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"

/*
 * Proof that a record is in a transparency log: a Merkle tree as of RFC 6962,
 * whose inner hashes a server offers in tiles of height 8. Tiles need no trust:
 * a wrong one gives a wrong root.
 */

/* Reads a tile: `width` hashes (1 to 256), those of the complete subtrees of
 * 256^level leaves from number 256 * n on. 0, or -1 (with a diagnostic). */
typedef int tlog_read(void *arg, unsigned level, uint64_t n, unsigned width,
		      uint8_t (*out)[32]);

/* 0: the record is number id of the tree of that size and root; 1: it is not;
 * -1: a tile could not be read. */
int tlog_check(const void *record, size_t n, uint64_t id, uint64_t size,
	       const uint8_t root[32], tlog_read *read, void *arg) MUST_CHECK;

/* "tile/8/0/x001/234.p/5", as servers name it; in the arena. */
const char *tlog_tile_path(struct arena *a, unsigned level, uint64_t n,
			   unsigned width);

#endif
