#ifndef OPL2_STATE_FILE_LOCK_H
#define OPL2_STATE_FILE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/diag/diag.h"
#include "state/backend.h"

/*
 * One run at a time: an flock on `.opl2/lock`, whose text says who holds it.
 *
 * The lock belongs to the open file, not to a process: it is free when every
 * descriptor of it is closed. Workers get the descriptor on purpose (the
 * engine passes lock_fd() to their spawn), so that no new run begins while a
 * worker of a run that was killed can still act. The supervisor and tools
 * must not get it; it is O_CLOEXEC. The file itself is never removed.
 */
struct lock {
	int fd; /* -1: not held */
};

#define LOCK_INIT                                                              \
	{                                                                      \
		.fd = -1                                                       \
	}

/*
 * Takes the lock at path. When it is held by another: -1 with E0507, which
 * names the holder.
 */
int lock_take(struct lock *l, const char *path, const struct lease_claim *claim,
	      struct diags *ds);
/* Is the lock that is held still that of the path? E0515 when not. */
int lock_check(const struct lock *l, const char *path, struct diags *ds);
int lock_fd(const struct lock *l);
/* For CLEANUP(): closes our descriptor; fine when not held. */
void lock_release(struct lock *l);
/* Who wrote the lock file last; false when nobody is named in it. */
bool lock_read_holder(const char *path, struct lease_holder *out);

#endif
