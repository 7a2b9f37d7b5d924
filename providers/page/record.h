#ifndef OPL2_PAGE_RECORD_H
#define OPL2_PAGE_RECORD_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/io/ring.h"

/*
 * What the page remembers of each half minute of a day: a record of the ring
 * file .opl2/ui.ring. Times are Unix seconds; what is not known is -1.
 */
#define RECORD_STEP_S   30
#define RECORD_COUNT    2880
#define RECORD_VERSION  1
#define RECORD_BYTES    312
#define RECORD_ACCOUNTS 6

enum record_head {
	RECORD_L1,
	RECORD_UNSAFE,
	RECORD_SAFE,
	RECORD_FINALIZED,
	RECORD_HEADS
};

struct record {
	int64_t at;
	int64_t number[RECORD_HEADS], lag_s[RECORD_HEADS];
	int64_t window; /* per cent of the sequencing window that are left */
	int64_t batch_block, batch_at;   /* the newest, on the L1 */
	int64_t output_index, output_at; /* the newest output or game */
	int64_t ready, processes;
	int64_t restarts; /* of all processes */
	int64_t findings; /* without notes */
	struct record_account {
		uint8_t address[20];
		int64_t gwei;
	} accounts[RECORD_ACCOUNTS];
};

/* Of what `opl2 ui -json` saw (page.h). */
void record_of(const json_t *seen, struct record *r);
/* Little-endian, and the other way round. */
void record_encode(const struct record *r, uint8_t out[RECORD_BYTES]);
void record_decode(const uint8_t in[RECORD_BYTES], struct record *r);

/*
 * The records after `since` up to `now` and of the last day, oldest first, as
 *
 *	{"step": 30, "now", "at": [...], "l1": [...], "l1_lag": [...], ...,
 *	 "accounts": {ADDRESS: [gwei, ...]}}
 *
 * with null for what is not known. A record that is later than `now` is of a
 * clock that was set back, and is left out. A whole day is about 600 kB.
 */
void record_history(const struct ring *r, int64_t since, int64_t now,
		    struct buf *out);

#endif
