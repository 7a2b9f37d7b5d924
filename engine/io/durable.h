#ifndef OPL2_ENGINE_IO_DURABLE_H
#define OPL2_ENGINE_IO_DURABLE_H

#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * A file that was written and synced here, and that the next machine must find
 * when this one is lost: what is about to be sent, a key that was made. With a
 * shared state it is there before the call returns; otherwise nothing is to be
 * done. path is absolute; from: the first byte that is new, -1 for all.
 */
int durable(const char *path, int64_t from, struct diags *ds) MUST_CHECK;

/* How that is done in this process; NULL: nothing is. */
typedef int (*durable_fn)(void *arg, const char *path, int64_t from,
			  struct diags *ds);
void durable_by(durable_fn fn, void *arg);

#endif
