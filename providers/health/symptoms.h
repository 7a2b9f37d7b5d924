#ifndef OPL2_HEALTH_SYMPTOMS_H
#define OPL2_HEALTH_SYMPTOMS_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/facts/role.h"

/*
 * What node programs write into their logs when something known is wrong: a
 * table, reviewed by hand (symptoms.c), and its reader. Pure.
 *
 * A row says that a line with `text` in it, and `also` if that is given, of
 * a process in one of the roles `in` ("node batcher"; a sequencer is a node;
 * NULL: any) has the cause
 * that `opl2 explain CODE` describes. The cure is the one thing to do; '@' in
 * it stands for the name of the process.
 */
struct symptom {
	const char *code;
	const char *in;
	const char *text, *also;
	const char *cure;
};

extern const struct symptom symptoms[];
extern const size_t nsymptoms;

/*
 * Reads the end of the log of a process. `since` is a Unix time: older lines
 * are passed over; a line without a time has that of the one before it. For
 * each row that matched, the newest line goes into `hits`:
 *
 *	{CODE: {"process", "line", "time" (absent: unknown), "count", "cure"}}
 *
 * A code that is there already is counted on, and keeps the newer line; it goes
 * when the process says later what it only does when that is over. Of
 * a node's log the clues of why the L2 was reorganised are kept too:
 *
 *	hits["clues"]: {"forced" (times the sequencing window made a block),
 *			"by" (the process that made it),
 *			"reorg" (times derivation met one), "back": {"number",
 *			"hash", "to"} (the L1's head went back to number `to`),
 *			"process", "line", "time" (of the newest of these two)}
 *
 * role is what the process is to the chain, process its name.
 */
void symptoms_scan(const char *process, enum process_role role,
		   const char *text, size_t n, int64_t since, json_t *hits);

/* Unix time that a log line begins with, or 0: "t=2024-08-21T02:27:27+0000"
 * of the op programs, "INFO [11-27|20:01:02.123]" of geth, which is local time
 * of the year that `now` is in. */
int64_t log_line_time(const char *line, int64_t now);

#endif
