/*
 * build: what a source tree's own targets make. Its identity is the digest of
 * source, patches, steps, environment and tools; the store has it under that
 * digest. Converges: building again is the recovery. Removing it leaves the
 * store to other chains.
 */
#include "engine/io/jx.h"
#include "engine/kind/kind.h"

/* Below the tree, wherever that is. */
static bool
stays_inside(const char *path)
{
	if (!*path || *path == '/')
		return false;
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && memcmp(path, "..", 2) == 0)
			return false;
		path += n + (path[n] == '/');
	}
	return true;
}

static int
check_inside(struct kind_ctx *ctx, const json_t *path, const char *pointer)
{
	if (!json_is_string(path) || stays_inside(json_string_value(path)))
		return 0;
	diag_err(ctx->ds, "E0750", "'%s' is not inside the source folder",
		 json_string_value(path));
	diag_path(ctx->ds, "%s", pointer);
	return -1;
}

static int
bad_step(struct kind_ctx *ctx, const char *pointer)
{
	diag_err(ctx->ds, "E0750", "a step is not a command");
	diag_path(ctx->ds, "%s", pointer);
	diag_hint(ctx->ds, "write a list of a program and its arguments: "
			   "[make, all], or {dir: sub, command: [make]}");
	return -1;
}

static int
check_step(struct kind_ctx *ctx, const json_t *step, const json_t *unknown,
	   const char *pointer)
{
	const json_t *argv = step, *word;
	const char *key;
	json_t *value;
	int rc = 0;
	size_t i;

	if (json_is_object(step)) {
		json_object_foreach((json_t *)(uintptr_t)step, key, value)
			if (strcmp(key, "dir") != 0 &&
			    strcmp(key, "command") != 0)
				return bad_step(ctx, pointer);
		rc = check_inside(ctx, jx_get(step, "dir"),
				  jx_ptr_key(ctx->arena, pointer, "dir"));
		pointer = jx_ptr_key(ctx->arena, pointer, "command");
		argv = jx_get(step, "command");
	}
	if (is_unknown(unknown, pointer))
		return rc;
	if (!json_is_array(argv) || json_array_size(argv) == 0)
		return bad_step(ctx, pointer);
	json_array_foreach(argv, i, word) {
		const char *at = jx_ptr_idx(ctx->arena, pointer, i);

		if (!json_is_string(word) && !is_unknown(unknown, at))
			return bad_step(ctx, at);
	}
	return rc;
}

/* A name becomes that of a file in the store. */
static int
check_output(struct kind_ctx *ctx, const char *name, const json_t *path)
{
	const char *at = jx_ptr_key(ctx->arena, "/outputs", name);

	if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789._+-") != strlen(name) ||
	    !*name || *name == '.') {
		diag_err(ctx->ds, "E0750",
			 "'%s' cannot be the name of an output", name);
		diag_path(ctx->ds, "%s", at);
		diag_hint(ctx->ds, "use letters, digits and '._+-', and no "
				   "'.' at the start");
		return -1;
	}
	return check_inside(ctx, path, at);
}

static int
build_check(struct kind_ctx *ctx, const json_t *config, const json_t *unknown)
{
	const json_t *steps = jx_get(config, "steps"), *v;
	const json_t *patches = jx_get(config, "patches");
	const json_t *outputs = jx_get(config, "outputs");
	int rc = check_inside(ctx, jx_get(config, "dir"), "/dir");
	const char *name, *at;
	json_t *path;
	size_t i;

	json_array_foreach(steps, i, v) {
		at = jx_ptr_idx(ctx->arena, "/steps", i);
		if (!is_unknown(unknown, at))
			rc |= check_step(ctx, v, unknown, at);
	}
	json_array_foreach(patches, i, v) {
		at = jx_ptr_idx(ctx->arena, "/patches", i);
		rc |= check_inside(ctx, jx_get(v, "file"),
				   jx_ptr_key(ctx->arena, at, "file"));
	}
	json_object_foreach((json_t *)(uintptr_t)outputs, name, path)
		rc |= check_output(ctx, name, path);
	if (jx_get(jx_get(config, "env"), "PATH")) {
		rc = diag_err(ctx->ds, "E0750",
			      "'PATH' cannot be set for a build");
		diag_path(ctx->ds, "/env/PATH");
		diag_hint(ctx->ds, "name the programs in 'tools'");
	}
	return rc;
}

const struct kind kind_build = {
	.name = "build",
	.schema_version = 1,
	.flags = KIND_CACHE | KIND_NEEDS,
	.check = build_check,
};
