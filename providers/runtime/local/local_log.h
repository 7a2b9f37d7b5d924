#ifndef OPL2_PROVIDERS_RUNTIME_LOCAL_LOCAL_LOG_H
#define OPL2_PROVIDERS_RUNTIME_LOCAL_LOCAL_LOG_H

#include <stdint.h>
#include <sys/types.h>

#include "engine/diag/diag.h"

/*
 * A log is a plain file that is cut to nothing when it has grown too long, so
 * that a reader who finds it shorter begins at its start again.
 */

/* log_seek() and log_read() of struct runtime, of this file. */
int local_log_place(const char *path, const char *name, uint64_t lines,
		    uint64_t bytes, int64_t *at, struct diags *ds);
ssize_t local_log_next(const char *path, int64_t *at, char *to, size_t n);

#endif
