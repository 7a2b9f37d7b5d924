#ifndef OPL2_TESTS_TORTURE_RECORD_H
#define OPL2_TESTS_TORTURE_RECORD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tests/torture/calls.h"

/*
 * What calls did to files, and what they sent, for tests/torture/powerloss.py:
 * a line of JSON for each that succeeded, in the order in which they ended.
 * "ino" is the file's inode, "new" whether a call to open made it, "data" in
 * hex what was written to it at byte "at".
 */
struct recorded;
/* On entry to a call; NULL for one that is not recorded. */
struct recorded *record_entry(pid_t tid, const char *program,
			      const struct call *c, uint64_t nr,
			      const uint64_t args[6]);
/* When it ended. Frees r. */
void record_exit(FILE *log, struct recorded *r, int64_t result);

#endif
