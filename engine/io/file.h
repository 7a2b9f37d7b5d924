#ifndef OPL2_ENGINE_IO_FILE_H
#define OPL2_ENGINE_IO_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * File access: every fd is O_CLOEXEC, every read has a cap, and a file that
 * matters is only ever replaced whole (temp in the same directory, fsync,
 * rename, fsync of the directory; on failure the old file stays).
 */
int file_read(const char *path, struct buf *out, struct diags *ds);
/* As file_read, but a missing file is 1, without a diagnostic. */
int file_read_opt(const char *path, struct buf *out, struct diags *ds);
/* As file_read_opt, of a key or a password: E0922 when others may read it. */
int file_read_secret(const char *path, struct buf *out, struct diags *ds);
/* From now on a group of this process may read one that is not this user's:
 * 0440, as Kubernetes shows a Secret to a user that is not root. */
void file_secrets_of_group(bool on);
/* E0922 when it is a file that others may read. */
int fd_check_secret(int fd, const char *path, struct diags *ds);
int file_replace(const char *path, const void *p, size_t n, mode_t mode,
		 struct diags *ds);
/* As file_replace, but a file that is there stays: then 1, without a
 * diagnostic. For what must never be lost, whoever else writes. */
int file_create(const char *path, const void *p, size_t n, mode_t mode,
		struct diags *ds);
int file_replace_json(const char *path, const json_t *j, mode_t mode,
		      struct diags *ds);
/* Removes from a folder what writers that were killed in the middle left there;
 * file_replace does so for its own file. */
void file_remove_temps(const char *dir);
/* mkdir -p. The names of new folders are synced, too: what is synced below them
 * is lost with them otherwise when the power goes. */
int file_mkdirs(const char *path, mode_t mode, struct diags *ds);
/* The same without, for the folders of a copied tree, which is synced as a
 * whole or made again. */
int file_mkdirs_scratch(const char *path, mode_t mode, struct diags *ds);
/* rm -r, never following links; a missing path is fine. */
int file_remove_tree(const char *path, struct diags *ds);
int file_fsync_dir(const char *path, struct diags *ds);
bool file_exists(const char *path);
int file_sha256(const char *path, char out[65], struct diags *ds);
/* Writes all, over short writes and EINTR. -1 with errno. */
int fd_write_all(int fd, const void *p, size_t n);
/* An fd that its close_fdp() leaves open from here on. */
int fd_take(int *fd);
/* Joins with one slash; b absolute gives b. malloc'd. */
NEVER_NULL char *path_join(const char *a, const char *b);

#endif
