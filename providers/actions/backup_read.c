/*
 * backup_read: unpacks what backup_write packed.
 *
 * config: {archive, dir, base}: absolute paths; dir is made, and must not be
 *	    there; the files of a sealed one's encryption are relative to base
 * answer: {}
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/shared/seal_stream.h"
#include "providers/clients/store/untar.h"

#define FILES_MAX 10000000u
#define BYTES_MAX (16ull << 40)

static bool
backup_read_is_cancelled(void *arg)
{
	return effect_cancelled(arg);
}

static enum outcome
backup_read_run(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	const char *dir = jx_str(op->config, "dir", "");
	const char *archive = jx_str(op->config, "archive", "");
	CLEANUP(close_fdp) int fd = open(archive, O_RDONLY | O_CLOEXEC);
	CLEANUP(seal_stream_done) struct seal_stream seal = { 0 };
	struct untar opts = { .cancelled = backup_read_is_cancelled,
			      .arg = ctx,
			      .max_files = FILES_MAX,
			      .max_bytes = BYTES_MAX };
	int rc;

	if (fd >= 0 && seal_stream_is(fd)) {
		if (seal_stream_open(&seal, fd, archive,
				     jx_str(op->config, "base", "/"),
				     ctx->ds) < 0)
			return OC_FAIL;
		opts.read = seal_stream_read;
		opts.source = &seal;
	}
	if (mkdir(dir, 0700)) {
		diag_errno(ctx->ds, "E1149", "cannot make '%s'", dir);
		return OC_FAIL;
	}
	rc = untar(archive, dir, &opts, ctx->ds);
	if (rc > 0) {
		diag_err(ctx->ds, "E0623", "unpacking was interrupted");
		return OC_CANCELLED;
	}
	if (rc < 0)
		return OC_FAIL;
	out->attrs = json_object();
	return OC_OK;
}

const struct action action_backup_read = {
	.name = "backup_read",
	.run = backup_read_run,
};
