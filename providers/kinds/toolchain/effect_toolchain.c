/*
 * toolchain: the effect half. priv keeps what recognises the program's file
 * without running it: {file: "INODE SIZE MTIME", root}.
 */
#include "providers/kinds/toolchain/effect_toolchain.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/version.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/memo.h"
#include "providers/clients/store/store.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/run.h"

#define PROBE_MS 120000u

static const char *const subject[] = { "program", "range", NULL };

/* --- recognising ---------------------------------------------------------- */

/* NULL when there is no such file. New reference. */
static json_t *
file_mark(const char *path)
{
	struct stat st;

	if (!path || stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	return jx_strf("%ju %jd %jd.%09ld", (uintmax_t)st.st_ino,
		       (intmax_t)st.st_size, (intmax_t)st.st_mtim.tv_sec,
		       st.st_mtim.tv_nsec);
}

enum outcome
toolchain_ask(struct effect_ctx *ctx, const struct effect_op *op,
	      const char *path, const char **version, const char **said)
{
	const json_t *args = jx_get(op->config, "probe"), *arg;
	size_t n = json_array_size(args), i;
	const char **argv = arena_alloc(ctx->arena, (n + 3) * sizeof(*argv));
	const char *program = jx_str(op->config, "program", "");
	/* A go.mod or package.json beside the spec must not make go or pnpm
	 * fetch another version of itself, which then answers. */
	static const char *const env[] = {
		"GOTOOLCHAIN=local", "COREPACK_ENABLE_NETWORK=0",
		"npm_config_manage_package_manager_versions=false", NULL
	};
	CLEANUP(buf_done) struct buf out = BUF_INIT(LIM_TOOL_TAIL);
	struct tool t = { .argv = argv,
			  .env = env,
			  .cwd = op->env->spec_dir,
			  .out = &out,
			  .timeout_ms = PROBE_MS };
	char *found;
	enum outcome oc;

	argv[0] = path;
	/* go alone has no --version. */
	if (!args)
		argv[1] = strcmp(program, "go") == 0 ? "version" : "--version";
	json_array_foreach(args, i, arg)
		argv[1 + i] = json_string_value(arg);
	effect_progress(ctx, "asking %s for its version", path);
	oc = tool_run(ctx, &t);
	if (oc != OC_OK)
		return oc;
	found = version_in_text(buf_str(&out));
	if (!found) {
		diag_err(ctx->ds, "E0709", "'%s' does not print its version",
			 path);
		diag_detail(ctx->ds, buf_str(&out));
		diag_hint(ctx->ds,
			  "set 'probe' to the arguments that print it");
		return OC_FAIL;
	}
	*version = arena_strdup(ctx->arena, found);
	*said = arena_strdup(ctx->arena, buf_str(&out));
	free(found);
	return OC_OK;
}

enum outcome
toolchain_probe(struct effect_ctx *ctx, const struct effect_op *op,
		const char *path, const char **version)
{
	CLEANUP(put_json)
	json_t *question = json_pack("[s, s, O*]", "version",
				     jx_str(op->config, "program", ""),
				     jx_get(op->config, "probe"));
	CLEANUP(freep) char *asked = jx_dump(question);
	bool lasts = memo_is_program(path);
	CLEANUP(freep) char *id = lasts ? memo_identity(path) : NULL;
	CLEANUP(freep)
	char *known = lasts ? memo_get(op->env->store_dir, path, asked) : NULL;
	const char *said;
	enum outcome oc;

	if (known) {
		*version = arena_strdup(ctx->arena, known);
		return OC_OK;
	}
	oc = toolchain_ask(ctx, op, path, version, &said);
	if (oc == OC_OK)
		memo_put(op->env->store_dir, path, id, asked, *version);
	return oc;
}

/* Fills attrs, priv and lock of a program that is good. */
static enum outcome
good(struct effect_ctx *ctx, const struct effect_op *op,
     const struct toolchain_source *src, const char *version,
     struct effect_result *out)
{
	CLEANUP(put_json) json_t *mark = file_mark(src->path);
	CLEANUP(put_json) json_t *lock = NULL;
	const char *slash = strrchr(src->path, '/');
	char sha[65];

	if (!mark) {
		diag_err(ctx->ds, "E0708", "'%s' is no file", src->path);
		return OC_FAIL;
	}
	if (memo_sha256(op->env->store_dir, src->path, sha, ctx->ds))
		return OC_FAIL;
	lock = json_pack("{s:s,s:s}", "program",
			 jx_str(op->config, "program", ""), "range",
			 jx_str(op->config, "version", ""));
	if (fetch_locked(ctx, op, lock, subject))
		return OC_FAIL;
	/* Another host may have had to fetch what this one has. */
	if (op->lock && fetch_lock_value(op, lock, subject, "range"))
		json_object_update_missing(lock, (json_t *)(uintptr_t)op->lock);
	if (src->lock)
		json_object_update(lock, src->lock);
	out->attrs = json_pack(
		"{s:s,s:s%,s:s,s:s,s:o}", "path", src->path, "bin_dir",
		src->path, (size_t)(slash - src->path), "origin", src->origin,
		"found", version, "digest", jx_strf("sha256:%s", sha));
	out->priv = json_pack("{s:O,s:s*}", "file", mark, "root", src->root);
	out->lock = TAKE(lock);
	return OC_OK;
}

static bool
in_range(const struct effect_op *op, const char *version)
{
	return range_holds(jx_str(op->config, "version", "*"), version);
}

/* --- operations ----------------------------------------------------------- */

static enum outcome
toolchain_read(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	const char *path = jx_str(op->prior, "path", NULL);
	const char *root = jx_str(op->priv, "root", NULL);
	CLEANUP(put_json) json_t *mark = file_mark(path);
	struct toolchain_source src = { .path = path, .root = root };
	const char *version;
	enum outcome oc;
	int rc = 1;

	if (!mark)
		return OC_GONE;
	if (root)
		rc = store_verify(root, false, NULL, ctx->ds);
	if (rc <= 0)
		return rc ? OC_FAIL : OC_GONE;
	if (json_equal(mark, jx_get(op->priv, "file"))) {
		out->attrs = jx_share(op->prior);
		out->priv = jx_share(op->priv);
		return OC_OK;
	}
	/* Another file: it was upgraded, perhaps out of the range. */
	oc = toolchain_probe(ctx, op, path, &version);
	if (oc != OC_OK)
		return oc;
	if (!in_range(op, version))
		return OC_GONE;
	src.origin = jx_str(op->prior, "origin", "host");
	return good(ctx, op, &src, version, out);
}

/* The host's copy: OC_OK when it is good enough. *why says otherwise; nothing
 * of it is an error as long as there is another source. *path is NULL when
 * there is none. */
static enum outcome
toolchain_on_host(struct effect_ctx *ctx, const struct effect_op *op,
		  const char **path, const char **version, const char **why)
{
	const char *program = jx_str(op->config, "program", "");
	struct effect_ctx quiet = *ctx;
	struct diags ignored;
	enum outcome oc;

	*path = tool_find(ctx->arena, NULL, program);
	if (!*path) {
		*why = arena_printf(ctx->arena, "'%s' is not in PATH", program);
		return OC_GONE;
	}
	diags_init(&ignored);
	quiet.ds = &ignored;
	oc = toolchain_probe(&quiet, op, *path, version);
	if (oc == OC_CANCELLED)
		diags_append(ctx->ds, &ignored);
	else if (oc != OC_OK)
		*why = arena_printf(ctx->arena, "%s",
				    ignored.first ? ignored.first->summary
						  : "it cannot be run");
	diags_done(&ignored);
	if (oc != OC_OK)
		return oc == OC_CANCELLED ? oc : OC_GONE;
	if (in_range(op, *version))
		return OC_OK;
	*why = arena_printf(ctx->arena, "'%s' is version %s", *path, *version);
	return OC_GONE;
}

static enum outcome
try_host(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_result *out, const char **why)
{
	struct toolchain_source src = { .origin = "host" };
	const char *version;
	enum outcome oc = toolchain_on_host(ctx, op, &src.path, &version, why);

	return oc == OC_OK ? good(ctx, op, &src, version, out) : oc;
}

enum outcome
toolchain_take(struct effect_ctx *ctx, const struct effect_op *op,
	       const struct toolchain_place *place, struct effect_result *out)
{
	struct toolchain_source src = { .path = NULL };
	const char *version = NULL;
	enum outcome oc = toolchain_fetch(ctx, op, place, &src);

	if (oc == OC_OK && !src.version)
		oc = toolchain_probe(ctx, op, src.path, &version);
	else if (oc == OC_OK)
		version = src.version;
	if (oc == OC_OK && !in_range(op, version)) {
		diag_err(
			ctx->ds, "E0708",
			"'%s' from %s is version %s, which does not match '%s'",
			jx_str(op->config, "program", ""), src.origin, version,
			jx_str(op->config, "version", ""));
		diag_path(ctx->ds, "%s", place->at);
		oc = OC_FAIL;
	}
	if (oc == OC_OK)
		oc = good(ctx, op, &src, version, out);
	json_decref(src.lock);
	return oc;
}

/* How to come by a program that the host lacks. */
static const char *
next_step(const char *program)
{
	static const char *const steps[][2] = {
		{ "go", "install it, or let opl2 fetch it: from: {go: "
			"{version: 1.22.7}}" },
		{ "node", "install it, or let opl2 fetch it: from: {archive: "
			  "{url, sha256, strip: 1}}" },
		{ "pnpm", "install it, or let opl2 fetch it: from: {npm: "
			  "{package: pnpm, version: 9.15.0}, node: "
			  "${toolchain.node.path}}" },
		{ "forge", "install it, or let opl2 fetch it: from: {archive: "
			   "{url, sha256}, bin: forge}" },
	};

	for (size_t i = 0; i < COUNTOF(steps); i++)
		if (strcmp(steps[i][0], program) == 0)
			return steps[i][1];
	return "install it (most are packages of the system), or add 'from' to "
	       "the toolchain";
}

static enum outcome
toolchain_create(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	const char *why = "the host's program is not allowed";
	struct toolchain_place *p;
	enum outcome oc = OC_GONE;

	if (jx_bool(op->config, "host", true))
		oc = try_host(ctx, op, out, &why);
	if (oc != OC_GONE)
		return oc;
	if (toolchain_places(ctx->arena, op->config, platform_name(), &p)) {
		if (jx_bool(op->config, "host", true))
			effect_progress(
				ctx, "%s, need '%s': using %s", why,
				jx_str(op->config, "version", ""),
				toolchain_place_text(ctx->arena, p->from));
		return toolchain_choose(ctx, op, out);
	}
	diag_err(ctx->ds, "E0708", "cannot find '%s' of version '%s': %s",
		 jx_str(op->config, "program", ""),
		 jx_str(op->config, "version", ""), why);
	diag_hint(ctx->ds, "%s", next_step(jx_str(op->config, "program", "")));
	return OC_FAIL;
}

/* What is not fetched in time is fetched from somewhere, or it is missing. */
static enum outcome
toolchain_needs(struct effect_ctx *ctx, const struct effect_op *op, json_t *out)
{
	const char *program = jx_str(op->config, "program", NULL);
	const char *path = NULL, *version,
		   *why = "the host's program is not allowed";
	struct toolchain_place *p;
	enum outcome oc = OC_GONE;

	/* In the spec these may be references to what is made first. */
	if (!program || !jx_str(op->config, "version", NULL))
		return OC_OK;
	if (jx_bool(op->config, "host", true))
		oc = toolchain_on_host(ctx, op, &path, &version, &why);
	if (oc != OC_GONE)
		return oc;
	/* Whether the others are needed is seen when the first is asked. */
	if (toolchain_places(ctx->arena, op->config, platform_name(), &p))
		return toolchain_fetch_needs(ctx, op, p->from, out);
	need_program(out, program,
		     arena_printf(ctx->arena, "%s, need '%s'", why,
				  jx_str(op->config, "version", "")),
		     path != NULL);
	return OC_OK;
}

const struct effects effects_toolchain = {
	.kind = "toolchain",
	.read = toolchain_read,
	.create = toolchain_create,
	.remove = effect_leave,
	.needs = toolchain_needs,
};
