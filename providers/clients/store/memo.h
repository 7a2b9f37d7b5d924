#ifndef OPL2_PROVIDERS_CLIENTS_STORE_MEMO_H
#define OPL2_PROVIDERS_CLIENTS_STORE_MEMO_H

#include <stdbool.h>

#include "engine/diag/diag.h"

/*
 * What was learned of a file and costs time to learn again: its digest, the
 * version that it prints. It holds while the file is the same one, of the same
 * device, inode, size, mtime and ctime: a copy or a write changes one of them.
 *
 *	STORE/memo/HASH		the identity, a newline, the answer
 *
 * HASH is of the file's path and the question, so a file that changes takes the
 * place of what it was. A memo that cannot be read or written is none.
 */

/* What the file is now; taken before the question is asked, so that an answer
 * of a file that was replaced meanwhile is not kept. NULL: no file. malloc'd.
 */
char *memo_identity(const char *path);
/* The answer, malloc'd, or NULL: not known of this file. */
char *memo_get(const char *store, const char *path, const char *question);
/* id may be NULL. A file that was written a moment ago is asked again: the
 * clock of a file system is coarse. */
void memo_put(const char *store, const char *path, const char *id,
	      const char *question, const char *answer);

/* As file_sha256, but a file that was hashed before is not read. */
int memo_sha256(const char *store, const char *path, char out[65],
		struct diags *ds);

/* Does what the file prints depend on the file alone? Not of a script, and not
 * of a program that many names lead to (volta, mise): these choose another
 * program by the folder that they run in. */
bool memo_is_program(const char *path);

#endif
