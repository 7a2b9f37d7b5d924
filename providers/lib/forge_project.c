/*
 * A forge project out of published artifacts.
 *
 * The package of contracts has compiled scripts, not their Solidity, so small
 * drivers stand for them (schemas/presets/devnet/driver/): they put the
 * published code at a fixed address and run it in their own place. forge also
 * wants to find by name each contract that the scripts look up: an empty stub
 * is compiled for every one, then its output is overwritten with the published
 * code. forge's cache knows sources only and stays valid.
 */
#include "providers/lib/forge_project.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/file.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/lib/forge_run.h"
#include "providers/lib/forge_tree.h"
#include "providers/lib/run.h"

#define COMPILE_MS 600000

static const char settings[] =
	"[profile.default]\n"
	"src = \"src\"\n"
	"script = \"scripts\"\n"
	"out = \"out\"\n"
	"libs = []\n"
	"solc = \"%s\"\n"
	"optimizer = false\n"
	"offline = true\n"
	"ffi = true\n"
	"fs_permissions = [{ access = \"read-write\", path = \"./\" }]\n";

static const char **
strings_of(struct arena *a, const json_t *array)
{
	size_t i, n = json_array_size(array);
	const char **out = arena_alloc(a, (n + 1) * sizeof(*out));

	for (i = 0; i < n; i++)
		out[i] = json_string_value(json_array_get(array, i));
	return out;
}

void
forge_project_get(struct op_ctx *ctx, const json_t *project,
		  struct forge_project *out)
{
	out->path = jx_str(project, "path", "");
	out->forge = jx_str(project, "forge", "");
	out->script = jx_str(project, "script", "scripts/Deploy.s.sol:Deploy");
	out->tool_dirs = strings_of(ctx->arena, jx_get(project, "tool_dirs"));
}

char *
forge_project_path(struct op_ctx *ctx, const struct op *op, const char *key)
{
	return arena_printf(ctx->arena, "%s/forge/%s", op->env->store_dir, key);
}

/*
 * The scripts ask git for the commit they are built from. A detached HEAD is
 * answer enough for `git rev-parse`; no object is looked up.
 */
static int
put_head(struct op_ctx *ctx, const char *dir, const char *key)
{
	const char *git = arena_printf(ctx->arena, "%s/.git", dir);
	const char *head =
		arena_printf(ctx->arena, "%.40s%.*s\n", key,
			     strlen(key) < 40 ? (int)(40 - strlen(key)) : 0,
			     "0000000000000000000000000000000000000000");

	if (file_mkdirs(arena_printf(ctx->arena, "%s/objects", git), 0755,
			ctx->ds) ||
	    file_mkdirs(arena_printf(ctx->arena, "%s/refs", git), 0755,
			ctx->ds))
		return -1;
	return file_replace(arena_printf(ctx->arena, "%s/HEAD", git), head,
			    strlen(head), 0644, ctx->ds);
}

static int
put_files(struct op_ctx *ctx, const char *dir, const json_t *files)
{
	const char *name;
	const json_t *v;

	for (void *it = json_object_iter((json_t *)(uintptr_t)files); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)files, it)) {
		char *to, *slash;

		name = json_object_iter_key(it);
		v = json_object_iter_value(it);
		to = arena_printf(ctx->arena, "%s/%s", dir, name);
		slash = strrchr(to, '/');
		*slash = '\0';
		if (file_mkdirs(to, 0755, ctx->ds))
			return -1;
		*slash = '/';
		if (tree_copy(json_string_value(v), to, ctx->ds))
			return -1;
	}
	return 0;
}

static int
lay_out(struct op_ctx *ctx, const struct forge_sources *src, const char *dir)
{
	static const char *const scripts[] = { "Deploy", "DeployConfig",
					       "L2Genesis" };
	const char *toml = arena_printf(ctx->arena, "%s/foundry.toml", dir);
	char *text =
		arena_alloc(ctx->arena, sizeof(settings) + strlen(src->solc));
	size_t i;

	(void)snprintf(text, sizeof(settings) + strlen(src->solc), settings,
		       src->solc);
	if (file_remove_tree(dir, ctx->ds) || file_mkdirs(dir, 0755, ctx->ds) ||
	    file_replace(toml, text, strlen(text), 0644, ctx->ds) ||
	    put_head(ctx, dir, src->key) || put_files(ctx, dir, src->files))
		return -1;
	for (i = 0; i < COUNTOF(scripts); i++)
		if (artifacts_take(
			    src->artifacts,
			    arena_printf(ctx->arena, "%s.s.sol", scripts[i]),
			    scripts[i], dir, ctx->ds))
			return -1;
	return artifacts_stub(ctx->arena, src->artifacts, dir, ctx->ds);
}

static enum outcome
compile(struct op_ctx *ctx, const struct forge_sources *src, const char *dir)
{
	const char *argv[] = { src->forge, "build", NULL };
	struct tool t = {
		.argv = argv,
		.env = forge_env(ctx, dir, NULL),
		.path = forge_path(ctx, src->tool_dirs),
		.cwd = dir,
		.timeout_ms = COMPILE_MS,
	};

	op_progress(ctx, "compiling the drivers of the deployment scripts");
	return tool_run(ctx, &t);
}

static int
settle(struct op_ctx *ctx, const char *tmp, const char *final)
{
	CLEANUP(close_fdp)
	int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd))
		return diag_errno(ctx->ds, "E0501", "cannot sync '%s'", tmp);
	if (rename(tmp, final) == 0)
		return 0;
	/* Another run was quicker: its result has the same name for the same
	 * content. */
	if (errno == EEXIST || errno == ENOTEMPTY)
		return file_remove_tree(tmp, ctx->ds);
	return diag_errno(ctx->ds, "E0501", "cannot rename '%s'", tmp);
}

enum outcome
forge_project_make(struct op_ctx *ctx, const struct op *op,
		   const struct forge_sources *src)
{
	const char *final = forge_project_path(ctx, op, src->key);
	const char *tmp =
		arena_printf(ctx->arena, "%s.tmp.%ld", final, (long)getpid());
	enum outcome oc = OC_FAIL;

	if (file_exists(final))
		return OC_OK;
	if (lay_out(ctx, src, tmp) == 0)
		oc = compile(ctx, src, tmp);
	if (oc == OC_OK &&
	    (artifacts_overlay(ctx->arena, src->artifacts, tmp, ctx->ds) ||
	     settle(ctx, tmp, final)))
		oc = OC_FAIL;
	if (oc != OC_OK) {
		struct diags ignored;

		diags_init(&ignored);
		(void)file_remove_tree(tmp, &ignored);
		diags_done(&ignored);
	}
	return oc;
}
