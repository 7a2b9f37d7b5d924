/*
 * datadir: adopting the database of a node that was set up by hand. It stays
 * where it is, and a link leads to it: nothing is copied, and -delete-data
 * removes the link alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "providers/kinds/datadir/effect_datadir.h"

static int
check_folder(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *from)
{
	const struct datadir_client *client = datadir_client(op->config);
	bool database = jx_get(op->config, "program") != NULL;
	const char *db = database ? arena_printf(ctx->arena, "%s/%s", from,
						 client->holds)
				  : from;
	struct stat st;

	if (stat(db, &st) == 0 && (database || S_ISDIR(st.st_mode)))
		return 0;
	diag_err(ctx->ds, "E1048", "'%s' does not exist", db);
	if (database)
		diag_hint(ctx->ds, "give %s's --datadir, which contains '%s'",
			  client->name, client->holds);
	else
		diag_hint(ctx->ds, "give the folder with the data");
	return -1;
}

/* A geth that runs holds this file's lock (flock). op-reth says so itself,
 * by its init. */
static int
check_idle(struct effect_ctx *ctx, const char *from)
{
	const char *path = arena_printf(ctx->arena, "%s/geth/LOCK", from);
	CLEANUP(close_fdp) int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || flock_try(fd) != 1)
		return 0;
	diag_err(ctx->ds, "E1049", "another program has '%s' open", from);
	diag_hint(ctx->ds, "stop the geth that uses it with SIGINT and wait "
			   "until it exits; opl2 starts it again");
	return -1;
}

static int
check_place(struct effect_ctx *ctx, const char *dir)
{
	struct stat st;

	if (lstat(dir, &st) && errno == ENOENT)
		return 0;
	diag_err(ctx->ds, "E1050", "'%s' already exists", dir);
	diag_hint(ctx->ds, "it is from an earlier run: move it away first");
	return -1;
}

static int
lead_to(struct effect_ctx *ctx, const char *dir, const char *from)
{
	char *parent = arena_strdup(ctx->arena, dir);

	*strrchr(parent, '/') = '\0';
	if (file_mkdirs(parent, 0700, ctx->ds))
		return -1;
	if (symlink(from, dir))
		return diag_errno(ctx->ds, "E0501", "cannot make link '%s'",
				  dir);
	return 0;
}

enum outcome
datadir_import(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	const char *from = json_string_value(json_array_get(op->files, 0));
	const char *dir = datadir_path(ctx, op);
	enum outcome oc;

	if (json_array_size(op->files) != 1) {
		diag_err(ctx->ds, "E1048", "import one folder at a time");
		return OC_FAIL;
	}
	if (datadir_is_remote(op)) {
		diag_err(ctx->ds, "E1341",
			 "'%s' is on this machine, where no process runs",
			 from);
		diag_hint(ctx->ds, "import it with the runtime 'local' first");
		return OC_FAIL;
	}
	if (datadir_own(ctx, op, from) || check_folder(ctx, op, from) ||
	    check_idle(ctx, from) || check_place(ctx, dir))
		return OC_FAIL;
	if (jx_get(op->config, "program")) {
		oc = datadir_init(ctx, op, from);
		if (oc != OC_OK) {
			diag_hint(ctx->ds, "nothing is recorded: this is not "
					   "the database of the spec's chain");
			return oc;
		}
	}
	if (datadir_mark(ctx, op, from) || lead_to(ctx, dir, from))
		return OC_FAIL;
	out->attrs = datadir_attrs(dir, true);
	return OC_OK;
}
