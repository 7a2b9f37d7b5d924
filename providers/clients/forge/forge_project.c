/*
 * A forge project, compiled and kept in the store, whichever its origin.
 */
#include "providers/clients/forge/forge_project.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/forge/forge_compilers.h"
#include "providers/clients/forge/forge_layout.h"
#include "providers/clients/forge/forge_tree.h"
#include "providers/clients/forge/forge_run.h"
#include "providers/clients/tools/build_queue.h"
#include "providers/clients/tools/run.h"

/* A checkout, by compilers in JavaScript, on a busy machine. */
#define COMPILE_MS 3600000

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
forge_project_get(struct effect_ctx *ctx, const json_t *project,
		  struct forge_project *out)
{
	out->path = jx_str(project, "path", "");
	out->forge = jx_str(project, "forge", "");
	out->script = jx_str(project, "script", "scripts/Deploy.s.sol:Deploy");
	out->tool_dirs = strings_of(ctx->arena, jx_get(project, "tool_dirs"));
}

char *
forge_project_path(struct effect_ctx *ctx, const struct effect_op *op,
		   const char *key)
{
	return arena_printf(ctx->arena, "%s/forge/%s", op->env->store_dir, key);
}

/*
 * The scripts ask git for the commit they are built from. A detached HEAD is
 * answer enough for `git rev-parse`; no object is looked up.
 */
static int
forge_project_put_head(struct effect_ctx *ctx, const char *dir, const char *key)
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

static enum outcome
compile(struct effect_ctx *ctx, const struct effect_op *op,
	const struct forge_sources *src, const char *dir)
{
	const json_t *skip = jx_get(src->source, "skip");
	size_t i, n = 0, skips = json_array_size(skip);
	const char **argv =
		arena_alloc(ctx->arena, (skips * 2 + 3) * sizeof(*argv));
	struct forge_say say = { .ctx = ctx,
				 .compilers =
					 src->source ? src->compilers : NULL,
				 .solc = src->solc };
	/* Compilers in JavaScript come from packages. */
	const char *const changes[] = { dir, NULL };
	struct tool t = {
		.argv = argv,
		.changes = changes,
		.env = forge_env(ctx, dir, NULL),
		.path = forge_path(ctx, src->tool_dirs),
		.cwd = dir,
		.log = arena_printf(ctx->arena, "%s/%s.log",
				    op->env->places->logs,
				    addr_file(ctx->arena, op->addr)),
		.line = forge_say_line,
		.arg = &say,
		.timeout_ms = COMPILE_MS,
	};

	argv[n++] = src->forge;
	argv[n++] = "build";
	for (i = 0; i < skips; i++) {
		argv[n++] = "--skip";
		argv[n++] = json_string_value(json_array_get(skip, i));
	}
	argv[n] = NULL;
	effect_progress(ctx, src->source ? "finding out what to compile"
					 : "compiling the drivers of the "
					   "deployment scripts");
	return tool_run(ctx, &t);
}

static int
forge_project_settle(struct effect_ctx *ctx, const char *tmp, const char *final)
{
	CLEANUP(close_fdp)
	int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd))
		return diag_errno(ctx->ds, "E0501", "cannot sync '%s'", tmp);
	if (rename(tmp, final) == 0)
		return 0;
	return diag_errno(ctx->ds, "E0501", "cannot rename '%s'", tmp);
}

int
forge_put_drivers(struct effect_ctx *ctx, const struct forge_sources *src,
		  const char *dir)
{
	const json_t *files = src->files;
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

static enum outcome
lay_out(struct effect_ctx *ctx, const struct forge_sources *src,
	const char *dir)
{
	enum outcome oc = OC_OK;

	if (file_remove_tree(dir, ctx->ds))
		return OC_FAIL;
	if (src->source)
		oc = source_lay_out(ctx, src, dir);
	else if (published_lay_out(ctx, src, dir))
		oc = OC_FAIL;
	if (oc == OC_OK && forge_project_put_head(ctx, dir, src->key))
		oc = OC_FAIL;
	return oc;
}

enum outcome
forge_project_renew(struct effect_ctx *ctx, const struct forge_sources *src,
		    const char *dir)
{
	int rc = src->source ? compilers_put(ctx, src->compilers, dir)
			     : published_settings(ctx, src, dir);

	return rc ? OC_FAIL : OC_OK;
}

enum outcome
forge_project_make(struct effect_ctx *ctx, const struct effect_op *op,
		   const struct forge_sources *src)
{
	const char *final = forge_project_path(ctx, op, src->key);
	/* What a killed run left has the same name, and is begun anew. */
	const char *tmp = arena_printf(ctx->arena, "%s.tmp", final);
	CLEANUP(close_fdp) int turn = -1;
	enum outcome oc;

	if (file_exists(final))
		return forge_project_renew(ctx, src, final);
	/* Another chain may want the same project just now. */
	oc = build_queue_take(ctx, op->env->store_dir, "forge", 0, &turn);
	if (oc == OC_OK && file_exists(final))
		return forge_project_renew(ctx, src, final);
	if (oc != OC_OK)
		return oc;
	oc = lay_out(ctx, src, tmp);
	if (oc == OC_OK)
		oc = compile(ctx, op, src, tmp);
	if (oc == OC_OK && ((!src->source && published_finish(ctx, src, tmp)) ||
			    forge_project_settle(ctx, tmp, final)))
		oc = OC_FAIL;
	if (oc != OC_OK) {
		struct diags ignored;

		diags_init(&ignored);
		(void)file_remove_tree(tmp, &ignored);
		diags_done(&ignored);
	}
	return oc;
}
