/* toolchain: the sources other than the host. */
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/packages/gotool.h"
#include "providers/clients/packages/npm.h"
#include "providers/clients/tools/need.h"
#include "providers/kinds/archive/archive.h"
#include "providers/kinds/archive/effect_archive.h"
#include "providers/kinds/toolchain/effect_toolchain.h"

#define SCRIPT_BYTES (1u << 20)
/* Raised when a wrapper is written in another way. */
#define WRAPPER_FORMAT "2"

static struct gotool_want
go_want(const json_t *go)
{
	return (struct gotool_want){
		.version = jx_str(go, "version", ""),
		.h1 = jx_str(jx_get(go, "hashes"), platform_name(), NULL),
	};
}

static struct npm_want
npm_want(const json_t *npm)
{
	return (struct npm_want){
		.package = jx_str(npm, "package", ""),
		.version = jx_str(npm, "version", ""),
		.integrity = jx_str(npm, "integrity", NULL),
	};
}

static enum outcome
from_go(struct effect_ctx *ctx, const struct effect_op *op, const json_t *go,
	struct toolchain_source *out)
{
	struct gotool_want want = go_want(go);
	CLEANUP(gotool_got_done) struct gotool_got got;
	enum outcome oc = gotool_get(ctx, op, &want, &got);

	if (oc != OC_OK)
		return oc;
	out->root = arena_strdup(ctx->arena, got.root);
	out->path = arena_printf(ctx->arena, "%s/bin/%s", out->root,
				 jx_str(op->config, "program", "go"));
	out->origin = arena_printf(ctx->arena, "go:%s", want.version);
	out->lock = TAKE(got.lock);
	return OC_OK;
}

static enum outcome
from_npm(struct effect_ctx *ctx, const struct effect_op *op, const json_t *npm,
	 struct toolchain_source *out)
{
	struct npm_want want = npm_want(npm);
	CLEANUP(npm_got_done) struct npm_got got;
	enum outcome oc = npm_get(ctx, op, &want, &got);

	if (oc != OC_OK)
		return oc;
	out->root = arena_strdup(ctx->arena, got.dir);
	out->path = out->root;
	out->origin = arena_printf(ctx->arena, "npm:%s@%s", want.package,
				   want.version);
	out->lock = TAKE(got.lock);
	return OC_OK;
}

static enum outcome
from_archive(struct effect_ctx *ctx, const struct effect_op *op,
	     const struct toolchain_place *place, struct toolchain_source *out)
{
	const json_t *archive = jx_get(place->from, "archive");
	/* The same file with another content is a matter for a person. */
	static const char *const subject[] = { "file", NULL };
	bool whole = !jx_bool(archive, "unpack", true);
	CLEANUP(put_json)
	json_t *lock = json_pack(
		"{s:s,s:s}", "file",
		archive_file_name(ctx->arena, jx_str(archive, "url", "")),
		"sha256", jx_str(archive, "sha256", ""));
	struct archive_got got;
	enum outcome oc;

	if (fetch_locked(ctx, op, lock, subject))
		return OC_FAIL;
	oc = archive_get(
		ctx, op, archive, jx_ptr_key(ctx->arena, place->at, "archive"),
		whole ? jx_str(op->config, "program", "") : NULL, &got);
	if (oc != OC_OK)
		return oc;
	out->root = got.root;
	out->path = got.root;
	out->origin = arena_printf(ctx->arena, "archive:%s", got.file);
	out->lock = TAKE(lock);
	return OC_OK;
}

/* Where the program is below the folder or package: by 'bin', or by what the
 * package itself calls its program, else bin/PROGRAM. */
static const char *
program_in(struct effect_ctx *ctx, const struct effect_op *op,
	   const json_t *from, const char *dir)
{
	const char *program = jx_str(op->config, "program", "");
	const char *bin = jx_str(from, "bin", NULL);
	const char *file = arena_printf(ctx->arena, "%s/package.json", dir);
	CLEANUP(buf_done) struct buf text = BUF_INIT(SCRIPT_BYTES);
	CLEANUP(put_json) json_t *about = NULL;

	if (!bin && jx_get(from, "npm") && file_exists(file)) {
		struct diags ignored;

		diags_init(&ignored);
		if (file_read(file, &text, &ignored) == 0)
			about = json_loads(buf_str(&text), 0, NULL);
		diags_done(&ignored);
		bin = jx_str(about, "bin", NULL);
		if (!bin)
			bin = jx_str(jx_get(about, "bin"), program, NULL);
	}
	if (!bin)
		return arena_printf(ctx->arena, "%s/bin/%s", dir, program);
	if (strncmp(bin, "./", 2) == 0)
		bin += 2;
	return arena_printf(ctx->arena, "%s/%s", dir, bin);
}

/* --- a script dressed as the program -------------------------------------- */

/* root/bin/PROGRAM, a shell line, and root/lib/PROGRAM.js, the script. Without
 * a script node runs path, a file of the package; else path is its folder. With
 * said, the script is not run for its version: forge asks for it each time, and
 * a compiler in JavaScript takes half a second to load. */
static int
write_wrapper(struct effect_ctx *ctx, const struct effect_op *op,
	      const char *root, const char *node, const char *path,
	      const struct buf *script, const char *said)
{
	const char *program = jx_str(op->config, "program", "");
	CLEANUP(buf_done) struct buf sh = BUF_INIT(SCRIPT_BYTES);
	char *bin = arena_printf(ctx->arena, "%s/bin/%s", root, program);
	char *js = arena_printf(ctx->arena, "%s/lib/%s.js", root, program);

	buf_adds(&sh, "#!/bin/sh\n");
	if (said) {
		buf_adds(&sh, "if [ \"$*\" = --version ]; then printf %s ");
		buf_addsh(&sh, said);
		buf_adds(&sh, "; exit; fi\n");
	}
	buf_adds(&sh, "exec ");
	buf_addsh(&sh, node);
	if (script)
		buf_addf(&sh, " \"${0%%/*}/../lib/%s.js\"", program);
	buf_addch(&sh, ' ');
	buf_addsh(&sh, path);
	buf_adds(&sh, " \"$@\"\n");
	if (file_mkdirs(arena_printf(ctx->arena, "%s/bin", root), 0755,
			ctx->ds) ||
	    file_replace(bin, sh.p, sh.n, 0755, ctx->ds))
		return -1;
	if (!script)
		return 0;
	if (file_mkdirs(arena_printf(ctx->arena, "%s/lib", root), 0755,
			ctx->ds))
		return -1;
	return file_replace(js, script->p, script->n, 0644, ctx->ds);
}

/* The question for the version is asked before the entry is committed, and the
 * answer kept in it: a script may need seconds for that. */
static enum outcome
make_wrapper(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *node, const char *dir, const struct buf *script,
	     bool lasts, struct store_entry *e)
{
	const char *program = jx_str(op->config, "program", "");
	CLEANUP(put_json) json_t *what = NULL;
	const char *version, *said;
	enum outcome oc;

	if (write_wrapper(ctx, op, e->root, node, dir, script, NULL))
		return OC_FAIL;
	oc = toolchain_ask(
		ctx, op,
		arena_printf(ctx->arena, "%s/bin/%s", e->root, program),
		&version, &said);
	if (oc != OC_OK)
		return oc;
	if (lasts && script && !jx_get(op->config, "probe") &&
	    write_wrapper(ctx, op, e->root, node, dir, script, said))
		return OC_FAIL;
	what = json_pack("{s:s,s:s,s:s,s:s}", "program", program, "node", node,
			 "dir", dir, "version", version);
	return store_commit(e, what, ctx->ds) ? OC_FAIL : OC_OK;
}

static enum outcome
wrap(struct effect_ctx *ctx, const struct effect_op *op, const json_t *from,
     struct toolchain_source *src)
{
	const char *program = jx_str(op->config, "program", "");
	const char *node = jx_str(from, "node", "");
	const char *asset = jx_str(from, "script", NULL);
	const char *file = asset ? effect_asset(ctx, op, asset) : NULL;
	CLEANUP(buf_done) struct buf script = BUF_INIT(SCRIPT_BYTES);
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	struct store_id id = { "toolchain", program, "", NULL };
	const json_t *probe = jx_get(op->config, "probe");
	/* A folder of the user's may change. */
	bool immutable = jx_get(from, "npm") != NULL;
	char sha[65] = "", asked[65] = "";
	enum outcome oc;
	bool found;

	if (file && file_read(file, &script, ctx->ds))
		return OC_FAIL;
	if (file)
		sha256_hex(buf_str(&script), script.n, sha);
	else
		src->path = program_in(ctx, op, from, src->path);
	if (probe)
		jx_digest(probe, asked);
	id.digest = arena_printf(ctx->arena, "%s\n%s\n%s\n%s\n" WRAPPER_FORMAT,
				 sha, node, src->path, asked);
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = make_wrapper(ctx, op, node, src->path,
				  file ? &script : NULL, immutable, &e);
	if (oc != OC_OK)
		return oc;
	src->root = arena_strdup(ctx->arena, e.root);
	src->path = arena_printf(ctx->arena, "%s/bin/%s", e.root, program);
	if (immutable)
		src->version =
			arena_strdup(ctx->arena, jx_str(e.what, "version", ""));
	return OC_OK;
}

/* --- all -------------------------------------------------------------------
 */

enum outcome
toolchain_fetch(struct effect_ctx *ctx, const struct effect_op *op,
		const struct toolchain_place *place,
		struct toolchain_source *out)
{
	const json_t *from = place->from;
	const char *file = jx_str(from, "path", NULL);
	const char *dir = jx_str(from, "dir", file);
	enum outcome oc = OC_OK;

	if (jx_get(from, "go"))
		return from_go(ctx, op, jx_get(from, "go"), out);
	if (dir) {
		CLEANUP(freep) char *full = path_join(op->env->spec_dir, dir);

		out->path = arena_strdup(ctx->arena, full);
		out->origin = file ? "path" : "dir";
	} else if (jx_get(from, "archive")) {
		oc = from_archive(ctx, op, place, out);
	} else if (jx_get(from, "image")) {
		oc = toolchain_from_image(ctx, op, jx_get(from, "image"), out);
	} else {
		oc = from_npm(ctx, op, jx_get(from, "npm"), out);
	}
	if (oc != OC_OK)
		return oc;
	if (jx_get(from, "node"))
		oc = wrap(ctx, op, from, out);
	else if (!file && !jx_get(from, "image"))
		out->path = program_in(ctx, op, from, out->path);
	if (oc == OC_OK && access(out->path, X_OK)) {
		diag_errno(ctx->ds, "E0708", "'%s' cannot be run", out->path);
		diag_path(ctx->ds, "%s/%s", place->at, file ? "path" : "bin");
		diag_hint(ctx->ds, "%s",
			  file ? "give the program's file"
			       : "'bin' is its path in the folder; a "
				 "JavaScript program also needs 'node'");
		oc = OC_FAIL;
	}
	if (oc != OC_OK)
		json_decref(TAKE(out->lock));
	return oc;
}

enum outcome
toolchain_fetch_needs(struct effect_ctx *ctx, const struct effect_op *op,
		      const json_t *from, json_t *out)
{
	const json_t *go = jx_get(from, "go"), *npm = jx_get(from, "npm");
	const struct gotool_want gw = go_want(go);
	const struct npm_want nw = npm_want(npm);
	const char *file = jx_str(from, "path", NULL);

	if (file) {
		CLEANUP(freep) char *full = path_join(op->env->spec_dir, file);

		if (access(full, X_OK))
			need_program(out, jx_str(op->config, "program", ""),
				     arena_printf(ctx->arena,
						  "'%s' cannot be run", full),
				     true);
	}
	/* A version that is not known yet is asked about too early. */
	if (go && *gw.version)
		return gotool_needs(ctx, op, &gw, out);
	if (npm && *nw.package && *nw.version)
		return npm_needs(ctx, op, &nw, out);
	return OC_OK;
}
