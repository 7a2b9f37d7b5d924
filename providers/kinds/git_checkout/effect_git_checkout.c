/* git_checkout: the effect half. */
#include <stdio.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/git/git.h"
#include "providers/clients/packages/fetch.h"
#include "providers/kinds/effect.h"

#define NAMED 10 /* files that a message names */

static const char *
tree_path(struct effect_ctx *ctx, const struct effect_op *op)
{
	return arena_printf(ctx->arena, "%s/%.12s",
			    addr_place(ctx->arena, op->env->places->sources,
				       op->name, op->planned, op->prior),
			    jx_str(op->config, "commit", ""));
}

/* Is there a repository of ours? */
static bool
is_tree(struct effect_ctx *ctx, const char *dir)
{
	return file_exists(arena_printf(ctx->arena, "%s/.git/HEAD", dir));
}

/* name: what stands for another HEAD. As dirty_files. */
static int
dirty_tree(struct effect_ctx *ctx, const char *dir, const char *prefix,
	   const char *commit, const char *name, json_t *names)
{
	size_t at = json_array_size(names);
	char head[41], tree[41];
	int rc = git_dirty(dir, prefix, names, ctx->ds);

	if (rc)
		return rc;
	if (git_head(dir, head, tree, ctx->ds))
		return -1;
	if (strcmp(head, commit) != 0)
		json_array_insert_new(names, at, json_string(name));
	return 0;
}

/* What of the tree at dir, and of its submodules, is not as checked out. 1:
 * objects of the store are gone, so that it has to be made again. */
static int
dirty_files(struct effect_ctx *ctx, const char *dir, const char *commit,
	    const json_t *submodules, json_t *names)
{
	int lost = dirty_tree(ctx, dir, "", commit, "HEAD", names);
	const char *path;
	json_t *want;

	if (lost < 0)
		return -1;
	json_object_foreach((json_t *)(uintptr_t)submodules, path, want) {
		const char *sub = arena_printf(ctx->arena, "%s/%s", dir, path);
		const char *prefix = arena_printf(ctx->arena, "%s/", path);
		int rc;

		if (!is_tree(ctx, sub)) {
			json_array_append_new(names, json_string(path));
			continue;
		}
		rc = dirty_tree(ctx, sub, prefix, json_string_value(want), path,
				names);
		if (rc < 0)
			return -1;
		lost |= rc;
	}
	return lost;
}

static void
refuse_dirty(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *dir, const json_t *names)
{
	struct buf b = BUF_INIT(8192);
	size_t i, n = json_array_size(names);
	json_t *name;

	json_array_foreach(names, i, name) {
		if (i < NAMED)
			buf_addf(&b, "%s%s", i ? ", " : "",
				 json_string_value(name));
	}
	if (n > NAMED)
		buf_addf(&b, " and %zu more", n - NAMED);
	diag_err(ctx->ds, "E0734", "files of '%s' were changed: %s", dir,
		 buf_str(&b));
	diag_hint(ctx->ds,
		  "revert the changes or commit them elsewhere; -replace=%s "
		  "discards them",
		  op->addr);
	buf_done(&b);
}

static enum outcome
git_checkout_read(struct effect_ctx *ctx, const struct effect_op *op,
		  struct effect_result *out)
{
	const char *dir = jx_str(op->prior, "path", NULL);
	CLEANUP(put_json) json_t *names = json_array();
	int lost;

	if (!dir || !is_tree(ctx, dir))
		return OC_GONE;
	lost = dirty_files(ctx, dir, jx_str(op->priv, "commit", ""),
			   jx_get(op->priv, "submodules"), names);
	if (lost < 0)
		return OC_FAIL;
	if (lost && json_array_size(names) == 0)
		return OC_GONE;
	out->attrs = json_copy((json_t *)(uintptr_t)op->prior);
	json_object_set(out->attrs, "dirty", names);
	out->priv = jx_share(op->priv);
	return OC_OK;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One submodule of the tree at dir/around, whose URL is given. *url: its own.
 */
static enum outcome
add_submodule(struct effect_ctx *ctx, const struct effect_op *op,
	      const char *dir, const char *around, const char *path,
	      const char **url, json_t *subs)
{
	const char *parent = arena_printf(ctx->arena, "%s/%s", dir, around);
	const char *rest = path + strlen(around) + (*around != 0), *store;
	struct git_want w = { 0 };
	char commit[41];
	enum outcome oc;

	if (git_submodule_at(ctx, *around ? parent : dir, *url, rest, commit,
			     &w.url))
		return OC_FAIL;
	w.commit = commit;
	oc = git_get(ctx, op, &w, &store);
	if (oc == OC_OK)
		oc = git_make_tree(
			ctx, store, commit,
			arena_printf(ctx->arena, "%s/%s", dir, path));
	if (oc != OC_OK)
		return oc;
	*url = w.url;
	json_object_set_new(subs, path, json_string(commit));
	return OC_OK;
}

static bool
is_within(const char *path, const char *around)
{
	size_t n = strlen(around);

	return strncmp(path, around, n) == 0 && path[n] == '/';
}

/* The submodules that are asked for, one that is around another first; adds
 * {path: commit} to subs. */
static enum outcome
add_submodules(struct effect_ctx *ctx, const struct effect_op *op,
	       const char *dir, json_t *subs)
{
	const json_t *asked = jx_get(op->config, "submodules");
	size_t n = json_array_size(asked), nadded = 0;
	const char **paths = arena_alloc(ctx->arena, (n + 1) * sizeof(*paths));
	const char **urls = arena_alloc(ctx->arena, (n + 1) * sizeof(*urls));

	for (size_t i = 0; i < n; i++)
		paths[i] = json_string_value(json_array_get(asked, i));
	qsort(paths, n, sizeof(*paths), by_text);
	for (; nadded < n; nadded++) {
		const char *around = "";
		enum outcome oc;

		urls[nadded] = jx_str(op->config, "url", "");
		for (size_t i = 0; i < nadded; i++)
			if (is_within(paths[nadded], paths[i])) {
				around = paths[i];
				urls[nadded] = urls[i];
			}
		oc = add_submodule(ctx, op, dir, around, paths[nadded],
				   &urls[nadded], subs);
		if (oc != OC_OK)
			return oc;
	}
	return OC_OK;
}

static enum outcome
git_checkout_make(struct effect_ctx *ctx, const struct effect_op *op,
		  const char *tmp, json_t *subs)
{
	struct git_want w = { .url = jx_str(op->config, "url", ""),
			      .ref = jx_str(op->config, "ref", ""),
			      .commit = jx_str(op->config, "commit", "") };
	const char *store;
	enum outcome oc = git_get(ctx, op, &w, &store);

	if (oc == OC_OK)
		oc = file_remove_tree(tmp, ctx->ds) ||
				     file_mkdirs(tmp, 0755, ctx->ds)
			     ? OC_FAIL
			     : OC_OK;
	if (oc == OC_OK)
		oc = git_make_tree(ctx, store, w.commit, tmp);
	if (oc == OC_OK)
		oc = add_submodules(ctx, op, tmp, subs);
	return oc;
}

static json_t *
lock_entry(const struct effect_op *op, const char *tree, json_t *subs)
{
	CLEANUP(freep) char *text = jx_dump_line(subs);

	return json_pack("{s:s, s:s, s:s, s:s}", "url",
			 jx_str(op->config, "url", ""), "commit",
			 jx_str(op->config, "commit", ""), "tree", tree,
			 "submodules", text);
}

/* Of a tree that is there and clean. */
static enum outcome
git_checkout_finish(struct effect_ctx *ctx, const struct effect_op *op,
		    const char *tmp, const char *dir, json_t *subs,
		    struct effect_result *out)
{
	static const char *const subject[] = { "url", "commit", NULL };
	CLEANUP(put_json) json_t *lock = NULL;
	CLEANUP(put_json) json_t *made = NULL;
	char head[41], tree[41], digest[65];

	if (git_head(tmp, head, tree, ctx->ds))
		return OC_FAIL;
	lock = lock_entry(op, tree, subs);
	/* The choice of submodules is the spec's, not the repository's. */
	json_object_set_new(lock, "submodules", json_null());
	if (fetch_locked(ctx, op, lock, subject))
		return OC_FAIL;
	if (rename(tmp, dir)) {
		diag_errno(ctx->ds, "E0735", "cannot rename '%s'", tmp);
		return OC_FAIL;
	}
	made = json_pack("{s:s, s:O}", "tree", tree, "submodules", subs);
	jx_digest(made, digest);
	out->attrs = json_pack("{s:s, s:s, s:s, s:[]}", "path", dir, "tree",
			       tree, "digest", digest, "dirty");
	out->priv = json_pack("{s:s, s:O}", "commit", head, "submodules", subs);
	json_object_set(lock, "submodules", subs);
	out->lock = TAKE(lock);
	return OC_OK;
}

/* What an earlier run left at dir: nothing, or a clean tree, which is made
 * again, for it may be of other submodules. */
static enum outcome
clear(struct effect_ctx *ctx, const struct effect_op *op, const char *dir)
{
	const char *commit = jx_str(op->config, "commit", "");
	CLEANUP(put_json) json_t *names = json_array();

	if (!file_exists(dir))
		return OC_OK;
	if (!is_tree(ctx, dir))
		json_array_append_new(names, json_string(".git"));
	else if (dirty_files(ctx, dir, commit, NULL, names) < 0)
		return OC_FAIL;
	if (json_array_size(names) && !op->force) {
		refuse_dirty(ctx, op, dir, names);
		return OC_FAIL;
	}
	return file_remove_tree(dir, ctx->ds) ? OC_FAIL : OC_OK;
}

static enum outcome
git_checkout_create(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	const char *dir = tree_path(ctx, op);
	const char *tmp = arena_printf(ctx->arena, "%s.new", dir);
	CLEANUP(put_json) json_t *subs = json_object();
	enum outcome oc = clear(ctx, op, dir);

	if (oc == OC_OK)
		oc = git_checkout_make(ctx, op, tmp, subs);
	if (oc == OC_OK)
		oc = git_checkout_finish(ctx, op, tmp, dir, subs, out);
	if (oc != OC_OK && file_remove_tree(tmp, ctx->ds))
		return oc;
	return oc;
}

/* Every field of the spec is of class replace, so this is drift. */
static enum outcome
git_checkout_update(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	CLEANUP(put_json) json_t *names = NULL;
	enum outcome oc = git_checkout_read(ctx, op, out);

	if (oc == OC_GONE)
		return git_checkout_create(ctx, op, out);
	if (oc != OC_OK)
		return oc;
	names = jx_share(jx_get(out->attrs, "dirty"));
	if (json_array_size(names) == 0)
		return OC_OK;
	json_decref(TAKE(out->attrs));
	json_decref(TAKE(out->priv));
	refuse_dirty(ctx, op, jx_str(op->prior, "path", ""), names);
	return OC_FAIL;
}

static enum outcome
git_checkout_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *dir = jx_str(op->prior, "path", NULL);
	CLEANUP(put_json) json_t *names = json_array();

	if (!dir || !file_exists(dir))
		return OC_OK;
	if (is_tree(ctx, dir) && !op->force && !op->accept &&
	    dirty_files(ctx, dir, jx_str(op->priv, "commit", ""),
			jx_get(op->priv, "submodules"), names))
		return OC_FAIL;
	if (json_array_size(names)) {
		refuse_dirty(ctx, op, dir, names);
		return OC_FAIL;
	}
	return file_remove_tree(dir, ctx->ds) ? OC_FAIL : OC_OK;
}

const struct effects effects_git_checkout = {
	.kind = "git_checkout",
	.read = git_checkout_read,
	.create = git_checkout_create,
	.update = git_checkout_update,
	.remove = git_checkout_remove,
};
