#ifndef OPL2_RUN_MOVE_RECORD_H
#define OPL2_RUN_MOVE_RECORD_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/* How far a move of the chain has come: .opl2/move.json, from its beginning
 * until the chain runs at the new place. */
enum move_stage {
	MOVE_BEGUN,   /* what is at the new place is not whole */
	MOVE_COPIED,  /* the databases are whole there, and nothing runs */
	MOVE_SETTLED, /* 'opl2 apply' makes the processes there */
};

struct move_record {
	char *path;
	enum move_stage stage;
	json_t *records; /* {PROCESS: {"def"}} */
	json_t *folders; /* {PATH: true}, below .opl2/data */
	json_t *heads;   /* {"l1": {"number", "hash", ...}, "l2": ...} */
	uint64_t bytes;  /* that this run copied */
};

/* An empty one when there is none. move_record_done() in any case. */
int move_record_load(struct move_record *m, const char *state_dir,
		     struct diags *ds) MUST_CHECK;
int move_record_save(const struct move_record *m, struct diags *ds) MUST_CHECK;
int move_record_remove(const struct move_record *m,
		       struct diags *ds) MUST_CHECK;
void move_record_done(struct move_record *m);

#endif
