#ifndef OPL2_STATE_LOCK_H
#define OPL2_STATE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/diag/diag.h"

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

struct lock_holder { /* "" and 0 when not known */
	pid_t pid;
	char host[256], command[256], since[64];
};

/* Called before every nap of a wait (about 100 ms each): false gives up. */
typedef bool (*lock_wait_fn)(void *arg, const struct lock_holder *holder);

/*
 * Takes the lock at path, waiting up to timeout_ms (0: not at all). `command`
 * and `since` (UTC text) describe this run. wait may be NULL. When it is held
 * by another: -1 with E0507, which names the holder.
 */
int lock_take(struct lock *l, const char *path, const char *command,
	      const char *since, uint64_t timeout_ms, lock_wait_fn wait,
	      void *arg, struct diags *ds);
int lock_fd(const struct lock *l);
/* For CLEANUP(): closes our descriptor; fine when not held. */
void lock_release(struct lock *l);
/* Who wrote the lock file last; false when nobody is named in it. */
bool lock_read_holder(const char *path, struct lock_holder *out);

#endif
