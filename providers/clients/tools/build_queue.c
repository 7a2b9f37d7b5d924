#include "providers/clients/tools/build_queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"

/*
 * Each waiter has a file in the queue's folder, named by weight, process and
 * time, which it keeps locked as long as it lives. The turn itself is another
 * lock.
 */
#define GATHER_MS 200u /* so that those who come together are all seen */
#define PAUSE_MS  200u
#define TELL_EACH 50u /* pauses */

static int
open_lock(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
}

static bool
is_unlinked(int fd)
{
	struct stat st;

	return fstat(fd, &st) || st.st_nlink == 0;
}

/* Between the open and the lock another waiter may take the file for that of
 * a dead one: it holds the lock for a moment and removes the file, which is
 * then made again. */
static int
take_place(const char *path)
{
	for (;;) {
		int fd = open_lock(path);
		int rc = fd < 0 ? -1 : flock_wait(fd, NULL, NULL);

		if (fd < 0 || (rc == 0 && !is_unlinked(fd)))
			return fd;
		close(fd);
		if (rc)
			return -1;
	}
}

/* A file whose lock can be had belongs to nobody any more. */
static bool
alive(const char *path)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (flock_try(fd))
		return true;
	/* Removed already, it may be there anew under its name. */
	if (!is_unlinked(fd))
		unlink(path);
	return false;
}

/* Is somebody waiting whose name sorts after ours? All are looked at, so that
 * no file of a dead one stays. */
static bool
heavier_waits(const char *dir, const char *ours)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, NULL);
	bool found = false;

	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;

		int order = strcmp(name, ours);

		if (order != 0 && isdigit((unsigned char)*name)) {
			CLEANUP(freep) char *path = path_join(dir, name);

			found = (alive(path) && order > 0) || found;
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return found;
}

static enum outcome
wait_for(struct effect_ctx *ctx, const char *dir, const char *ours,
	 const char *turn, int *fd)
{
	if (effect_wait_queued(ctx, GATHER_MS))
		return OC_CANCELLED;
	for (unsigned i = 0;; i++) {
		if (!heavier_waits(dir, ours)) {
			CLEANUP(close_fdp) int lock = open_lock(turn);
			int rc = lock < 0 ? -1 : flock_try(lock);

			if (rc < 0) {
				diag_errno(ctx->ds, "E0707", "cannot lock '%s'",
					   turn);
				return OC_FAIL;
			}
			if (rc == 0) {
				*fd = fd_take(&lock);
				return OC_OK;
			}
		}
		if (i % TELL_EACH == 0)
			effect_progress(ctx, "waiting for another build");
		if (effect_wait_queued(ctx, PAUSE_MS))
			return OC_CANCELLED;
	}
}

enum outcome
build_queue_take(struct effect_ctx *ctx, const char *store, const char *queue,
		 unsigned weight, int *fd)
{
	CLEANUP(freep) char *dir = xasprintf("%s/lock/%s.queue", store, queue);
	CLEANUP(freep) char *turn = path_join(dir, "turn");
	CLEANUP(freep)
	char *ours = xasprintf("%010u-%d-%llu", weight, (int)getpid(),
			       (unsigned long long)mono_ms());
	CLEANUP(freep) char *mine = path_join(dir, ours);
	CLEANUP(close_fdp) int place = -1;
	enum outcome oc;

	if (file_mkdirs(dir, 0755, ctx->ds))
		return OC_FAIL;
	place = take_place(mine);
	if (place < 0) {
		diag_errno(ctx->ds, "E0707", "cannot lock '%s'", mine);
		return OC_FAIL;
	}
	oc = wait_for(ctx, dir, ours, turn, fd);
	unlink(mine);
	if (oc == OC_CANCELLED)
		diag_err(ctx->ds, "E0805",
			 "interrupted while waiting for another build");
	return oc;
}
