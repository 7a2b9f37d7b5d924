/* The journal as a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "state/file/file_int.h"

/* Free space there always is when an effect begins, and the step by which it
 * is made: enough for the records of all that runs at a time. */
#define SLACK (256u << 10)

void
file_journal_close(struct file_backend *f)
{
	if (f->journal_fd >= 0)
		close(f->journal_fd);
	f->journal_fd = -1;
	f->written = f->reserved = 0;
}

int
file_journal_read(struct state_backend *b, struct buf *out, struct diags *ds)
{
	struct file_backend *f = (struct file_backend *)b;

	return file_read_opt(f->journal, out, ds);
}

int
file_journal_reserve(struct state_backend *b, size_t n, struct diags *ds)
{
	struct file_backend *f = (struct file_backend *)b;
	off_t need = f->written + (off_t)n + SLACK;
	int err;

	if (need <= f->reserved)
		return 0;
	need += SLACK;
	do
		err = posix_fallocate(f->journal_fd, f->reserved,
				      need - f->reserved);
	while (err == EINTR);
	if (err) {
		errno = err;
		diag_errno(ds, "E0510",
			   "not enough disk space for more records in '%s'",
			   f->journal);
		diag_hint(ds, "free some space, then rerun the command");
		return -1;
	}
	f->reserved = need;
	return 0;
}

static int
write_failed(const struct file_backend *f, struct diags *ds)
{
	diag_errno(ds, "E0511", "cannot write '%s'", f->journal);
	diag_hint(ds, "check the disk, then rerun the command: it resumes from "
		      "the journal");
	return -1;
}

int
file_journal_append(struct state_backend *b, const char *text, size_t n,
		    struct diags *ds)
{
	struct file_backend *f = (struct file_backend *)b;

	FAULT("journal.before_write");
	while (n > 0) {
		ssize_t got = pwrite(f->journal_fd, text, n, f->written);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return write_failed(f, ds);
		text += got;
		n -= (size_t)got;
		f->written += got;
	}
	FAULT("journal.after_write");
	if (fdatasync(f->journal_fd) < 0)
		return write_failed(f, ds);
	FAULT("journal.after_fsync");
	return 0;
}

/* Moves the synced file to its name, durably. */
static int
put_in_place(const struct file_backend *f, const char *tmp, struct diags *ds)
{
	FAULT("journal.before_rename");
	if (rename(tmp, f->journal) < 0)
		return diag_errno(ds, "E0511", "cannot replace '%s'",
				  f->journal);
	FAULT("journal.after_rename");
	return file_fsync_dir(f->dir, ds);
}

int
file_journal_start(struct state_backend *b, const char *text, size_t n,
		   struct diags *ds)
{
	struct file_backend *f = (struct file_backend *)b;
	/* A fixed name: what a crash left of an earlier try is overwritten. */
	CLEANUP(freep) char *tmp = xasprintf("%s.new", f->journal);

	file_journal_close(f);
	f->journal_fd =
		open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (f->journal_fd < 0)
		return diag_errno(ds, "E0511", "cannot make '%s'", f->journal);
	if (file_journal_reserve(b, n, ds) == 0 &&
	    file_journal_append(b, text, n, ds) == 0 &&
	    put_in_place(f, tmp, ds) == 0)
		return 0;
	unlink(tmp);
	file_journal_close(f);
	return -1;
}

int
file_journal_remove(struct state_backend *b, struct diags *ds)
{
	struct file_backend *f = (struct file_backend *)b;

	file_journal_close(f);
	if (unlink(f->journal) < 0 && errno != ENOENT)
		return diag_errno(ds, "E0501", "cannot remove '%s'",
				  f->journal);
	return file_fsync_dir(f->dir, ds);
}
