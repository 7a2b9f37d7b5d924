#ifndef OPL2_STATE_FILE_FILE_INT_H
#define OPL2_STATE_FILE_FILE_INT_H

#include "state/backend.h"
#include "state/file/lock.h"

/*
 * The backend `local`: files in the state folder.
 *
 *   state.json         the document, 0600
 *   history/N.json     the last FILE_KEEP generations, the current included
 *   journal            room is reserved ahead: its end is zeros
 *   lock               lock.h
 *   .gitignore         keeps all of it out of version control
 *   NAME               a blob
 */
#define FILE_KEEP 10

struct file_backend {
	struct state_backend base;
	char *dir, *document, *history, *journal, *lock_path;
	struct lock lock;
	int journal_fd;          /* -1: none was begun */
	off_t written, reserved; /* bytes in the journal; room that it has */
};

/* file_journal.c */
int file_journal_read(struct state_backend *b, struct buf *out,
		      struct diags *ds);
int file_journal_start(struct state_backend *b, const char *text, size_t n,
		       struct diags *ds);
int file_journal_append(struct state_backend *b, const char *text, size_t n,
			struct diags *ds);
int file_journal_reserve(struct state_backend *b, size_t n, struct diags *ds);
int file_journal_remove(struct state_backend *b, struct diags *ds);
void file_journal_close(struct file_backend *f);

#endif
