#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_MANAGED_FILES_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_MANAGED_FILES_H

#include "providers/kinds/effect.h"

/*
 * Kinds whose object is a handful of files that opl2 writes: each has an
 * attribute FIELD with the path and FIELD_sha256 with the digest. Their read()
 * opens no file as long as size, time and inode are those of the last time,
 * which priv remembers. A file that is gone has the digest "": that is drift,
 * and the file is written again; the object is not gone.
 *
 * fields: names, NULL at the end. A kind with one file may call its digest
 * "sha256": its field is then "path".
 */
enum outcome managed_read(struct effect_ctx *ctx, const struct effect_op *op,
			  const char *const *fields, struct effect_result *out);
/* priv for files that have just been written. New reference. */
json_t *managed_marks(const json_t *attrs, const char *const *fields);
/* The result of a kind with the one file "path", which has just been written.
 */
enum outcome managed_written(struct effect_ctx *ctx, const char *path,
			     struct effect_result *out);
/* SHA-256 of the bytes that the file of that field was made with, "" when it
 * was not. Not by op->prior, which at a repair is what read() found. */
const char *managed_digest(const struct effect_op *op, const char *field);
/* Has the file of that field, at path, those bytes? */
bool managed_as_made(struct effect_ctx *ctx, const struct effect_op *op,
		     const char *field, const char *path);
/* .opl2/files/ADDR; made when `make`. NULL with a diagnostic. Arena. */
const char *managed_dir(struct effect_ctx *ctx, const struct effect_op *op,
			bool make);
/* Removes that folder: a remove() for kinds that have nothing else. */
enum outcome managed_remove(struct effect_ctx *ctx, const struct effect_op *op);

#endif
