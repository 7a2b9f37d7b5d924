#ifndef OPL2_ENGINE_IO_RING_H
#define OPL2_ENGINE_IO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/diag/diag.h"

/*
 * A file of fixed size with the last `count` records of `size` bytes each:
 * the next one takes the place of the oldest. Each has a number, one more than
 * that of the record before it, and a sum. One that a crash has torn has a
 * wrong sum and counts as not there; nothing else is lost with it. A file of
 * another version, size or count is begun anew.
 *
 *	head: "OPL2RING", version, size, count (32 bits each), 4 bytes of zero
 *	slot: number (64 bits, 0: none), the record, 8 bytes of SHA-256 of
 *	      both
 *
 * Numbers are little-endian; a record is in slot (number - 1) % count.
 *
 * One opener at a time has the file's lock, and writes; others read what it
 * writes.
 */
struct ring {
	int fd;
	bool writes;     /* this one has the lock */
	size_t size;     /* of a record */
	uint32_t count;  /* of slots */
	uint64_t newest; /* number; 0: it is empty */
};

/* Opens or makes it. -1 with a diagnostic of `code`. */
int ring_open(struct ring *r, const char *path, uint32_t version, size_t size,
	      uint32_t count, const char *code, struct diags *ds);
void ring_close(struct ring *r);

/* Takes over the lock when it has become free. */
bool ring_may_write(struct ring *r);
/* Adds a record and has it on the disk; -1 with errno. */
int ring_add(struct ring *r, const void *record);
/* Looks for what another has written since. */
void ring_refresh(struct ring *r);
/* Number of the oldest that may be there; 1 more than `newest`: none is. */
uint64_t ring_oldest(const struct ring *r);
/* Reads the record with that number. False: it is not there, or torn. */
bool ring_read(const struct ring *r, uint64_t number, void *record);

#endif
