#ifndef OPL2_CMD_SERVER_CHILD_H
#define OPL2_CMD_SERVER_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/* Our servers know nothing of chains: they run `opl2`, for a limited time. It
 * sees the state as it is now, and what goes wrong in it is gone with it. */

/* The opl2 that a server belongs to: beside it, or in bin where it is in
 * libexec/opl2. malloc'd, NULL with a diagnostic of `code`. */
char *server_find_opl2(const char *code, struct diags *ds);

/* Runs the program at `path` in a process group of its own; argv[0] and argv[1]
 * are how it is called in `why`. Adds what it prints to out, and what it says
 * on standard error to why. Its exit status; -1, with the reason in why, when
 * it could not be run, took longer, was killed, or when *cancel became true. */
int server_run_child(const char *path, const char *const *argv,
		     unsigned timeout_ms, const atomic_bool *cancel,
		     struct buf *out, struct buf *why);

#endif
