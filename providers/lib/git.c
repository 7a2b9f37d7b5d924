#include "providers/lib/git.h"

#include <dirent.h>
#include <errno.h>

#include <git2.h>

#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/lib/store.h"

#define PROGRESS_MS 1000

/* For CLEANUP(). */
#define DROP(name, type, free_fn)                                              \
	static void name(type **p)                                             \
	{                                                                      \
		free_fn(*p);                                                   \
	}
DROP(drop_repo, git_repository, git_repository_free)
DROP(drop_remote, git_remote, git_remote_free)
DROP(drop_object, git_object, git_object_free)
DROP(drop_ref, git_reference, git_reference_free)
DROP(drop_status, git_status_list, git_status_list_free)
DROP(drop_config, git_config, git_config_free)
DROP(drop_iter, git_config_iterator, git_config_iterator_free)
DROP(drop_entry, git_tree_entry, git_tree_entry_free)

/* Appends what libgit2 says. -1. */
static int
git_error_diag(struct diags *ds, const char *code, const char *act,
	       const char *what)
{
	const git_error *e = git_error_last();

	return diag_err(ds, code, "cannot %s '%s': %s", act, what,
			e && e->message ? e->message : "unknown error");
}

static int
open_repo(git_repository **out, const char *dir, struct diags *ds)
{
	git_libgit2_init();
	if (git_repository_open_ext(out, dir, GIT_REPOSITORY_OPEN_NO_SEARCH,
				    NULL))
		return git_error_diag(ds, "E0735", "open the repository", dir);
	return 0;
}

/* --- progress ------------------------------------------------------------- */

struct meter {
	struct op_ctx *ctx;
	const char *what;
	int64_t last_ms;
};

static bool
meter_due(struct meter *m)
{
	int64_t now = (int64_t)mono_ms();

	if (now - m->last_ms < PROGRESS_MS)
		return false;
	m->last_ms = now;
	return true;
}

static int
on_transfer(const git_indexer_progress *s, void *arg)
{
	struct meter *m = arg;

	if (op_cancelled(m->ctx))
		return GIT_EUSER;
	if (meter_due(m))
		op_progress(m->ctx,
			    "fetching %s: %u of %u objects, %.1f MB, %u "
			    "indexed",
			    m->what, s->received_objects, s->total_objects,
			    (double)s->received_bytes / 1e6,
			    s->indexed_objects);
	return 0;
}

static int
on_sideband(const char *text, int len, void *arg)
{
	struct meter *m = arg;
	int n = (int)strcspn(text, "\r\n");

	if (op_cancelled(m->ctx))
		return GIT_EUSER;
	if (meter_due(m))
		op_progress(m->ctx, "fetching %s: %.*s", m->what,
			    n < len ? n : len, text);
	return 0;
}

static void
on_checkout(const char *path UNUSED, size_t done, size_t total, void *arg)
{
	struct meter *m = arg;

	if (meter_due(m))
		op_progress(m->ctx, "checking out %s: %zu of %zu files",
			    m->what, done, total);
}

static int
on_notify(git_checkout_notify_t why UNUSED, const char *path UNUSED,
	  const git_diff_file *base UNUSED, const git_diff_file *target UNUSED,
	  const git_diff_file *workdir UNUSED, void *arg)
{
	struct meter *m = arg;

	return op_cancelled(m->ctx) ? GIT_EUSER : 0;
}

/* --- fetching ------------------------------------------------------------- */

struct fetching {
	struct op_ctx *ctx;
	const struct git_want *w;
	git_repository *repo;
	git_remote *remote;
	git_fetch_options opts;
	struct meter meter;
	char *shown; /* the URL without a credential */
};

static const char *
kept_ref(struct op_ctx *ctx, const char *commit)
{
	return arena_printf(ctx->arena, "refs/opl2/%s", commit);
}

/* The URL by the mirror of the spec that has the longest prefix of it. */
static const char *
mirrored(struct op_ctx *ctx, const struct op *op, const char *url)
{
	const char *prefix, *base = "";
	size_t best = 0;
	json_t *to;

	json_object_foreach((json_t *)(uintptr_t)op->env->mirrors, prefix, to)
	{
		size_t len = strlen(prefix);

		if (len <= best || !json_is_string(to) ||
		    strncmp(url, prefix, len) != 0)
			continue;
		best = len;
		base = json_string_value(to);
	}
	return arena_printf(ctx->arena, "%s%s", base, url + best);
}

static char *
without_credential(struct op_ctx *ctx, const char *url)
{
	const char *host = strstr(url, "://"), *at;

	if (!host)
		return arena_strdup(ctx->arena, url);
	host += 3;
	at = memchr(host, '@', strcspn(host, "/"));
	return arena_printf(ctx->arena, "%.*s%s", (int)(host - url), url,
			    at ? at + 1 : host);
}

static enum outcome
fetch_failed(struct fetching *f)
{
	if (op_cancelled(f->ctx)) {
		diag_err(f->ctx->ds, "E0805", "stopped while fetching '%s'",
			 f->shown);
		return OC_CANCELLED;
	}
	git_error_diag(f->ctx->ds, "E0731", "fetch from", f->shown);
	diag_hint(f->ctx->ds, "apply again: what is complete is not fetched "
			      "again; mirrors: of the spec can name another "
			      "place");
	return OC_FAIL;
}

/* What the remote says of the branch or tag; a tag object is peeled. */
static const char *
advertised(const git_remote_head **heads, size_t n, const char *ref,
	   char oid[41])
{
	static const char *const forms[] = { "refs/heads/%s", "refs/tags/%s^{}",
					     "refs/tags/%s" };
	const char *found = NULL;

	for (size_t k = 0; k < COUNTOF(forms) && !found; k++) {
		const char *end = strchr(forms[k], '%');
		size_t len = (size_t)(end - forms[k]), nref = strlen(ref);

		for (size_t i = 0; i < n && !found; i++) {
			const char *name = heads[i]->name;

			if (strncmp(name, forms[k], len) == 0 &&
			    strncmp(name + len, ref, nref) == 0 &&
			    strcmp(name + len + nref, end + 2) == 0)
				found = name;
			if (found)
				git_oid_tostr(oid, 41, &heads[i]->oid);
		}
	}
	return found;
}

/* The ref must be there and lead to the commit. *spec: what to fetch. */
static int
check_ref(struct fetching *f, const char **spec)
{
	const struct git_want *w = f->w;
	const git_remote_head **heads = NULL;
	const char *name;
	char oid[41];
	size_t n = 0;

	if (git_remote_ls(&heads, &n, f->remote))
		return git_error_diag(f->ctx->ds, "E0731", "list the refs of",
				      f->shown);
	if (!w->ref) {
		*spec = NULL;
		for (size_t i = 0; i < n && !*spec; i++)
			if (strcmp(git_oid_tostr(oid, sizeof(oid),
						 &heads[i]->oid),
				   w->commit) == 0 &&
			    !strchr(heads[i]->name, '^'))
				*spec = arena_strdup(f->ctx->arena,
						     heads[i]->name);
		return 0;
	}
	name = advertised(heads, n, w->ref, oid);
	if (!name) {
		diag_err(f->ctx->ds, "E0732", "'%s' has no branch or tag '%s'",
			 f->shown, w->ref);
		diag_path(f->ctx->ds, "/ref");
		return -1;
	}
	if (strcmp(oid, w->commit) != 0) {
		diag_err(f->ctx->ds, "E0730",
			 "ref moved: '%s' of %s leads to %s, expected %s",
			 w->ref, f->shown, oid, w->commit);
		diag_path(f->ctx->ds, "/commit");
		diag_hint(f->ctx->ds,
			  "find out what changed; then name the new commit, "
			  "or a ref that still leads to the old one");
		return -1;
	}
	*spec = arena_strndup(f->ctx->arena, name, strcspn(name, "^"));
	return 0;
}

static bool
has_commit(git_repository *repo, const char *commit)
{
	CLEANUP(drop_object) git_object *o = NULL;
	git_oid oid;

	return git_oid_fromstr(&oid, commit) == 0 &&
	       git_object_lookup(&o, repo, &oid, GIT_OBJECT_COMMIT) == 0;
}

static int
download(struct fetching *f, const char *const *specs, size_t n)
{
	git_strarray a = { .strings = (char **)(uintptr_t)specs, .count = n };

	return git_remote_download(f->remote, &a, &f->opts);
}

/* What no ref leads to is asked for by its name, which not every server
 * allows; it may still be in the history of a ref. */
static int
download_any(struct fetching *f, const char *spec)
{
	static const char *const all[] = { "refs/heads/*:refs/heads/*",
					   "refs/tags/*:refs/tags/*" };

	if (!spec) {
		if (download(f, &f->w->commit, 1) == 0 &&
		    has_commit(f->repo, f->w->commit))
			return 0;
		return op_cancelled(f->ctx) ? -1 : download(f, all, 2);
	}
	return download(f, &spec, 1);
}

/* Links the packs' files with that ending. Their number, or -1. */
static int
link_ending(struct fetching *f, const char *from, const char *ending)
{
	DIR *dir = opendir(from);
	struct dirent *d;
	int n = dir ? 0 : -1;

	while (n >= 0 && (d = readdir(dir))) {
		const char *dot = strrchr(d->d_name, '.');

		if (!dot || strcmp(dot, ending) != 0)
			continue;
		if (link(arena_printf(f->ctx->arena, "%s/%s", from, d->d_name),
			 arena_printf(f->ctx->arena, "%sobjects/pack/%s",
				      git_repository_path(f->repo),
				      d->d_name)) &&
		    errno != EEXIST)
			n = -1;
		else
			n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* A partial clone on this disk cannot be packed anew, for objects of its
 * history are missing. Its packs are taken as they are, as git does it with
 * local clones; an index comes last, for it makes a pack visible. */
static bool
link_packs(struct fetching *f)
{
	const char *url = git_remote_url(f->remote);
	const char *from;

	if (strncmp(url, "file:///", 8) != 0)
		return false;
	from = arena_printf(f->ctx->arena, "%s/objects/pack", url + 7);
	if (op_cancelled(f->ctx) || link_ending(f, from, ".promisor") <= 0 ||
	    link_ending(f, from, ".pack") < 0 ||
	    link_ending(f, from, ".idx") < 0)
		return false;
	return has_commit(f->repo, f->w->commit);
}

static enum outcome
fetch_connected(struct fetching *f)
{
	CLEANUP(drop_ref) git_reference *ref = NULL;
	const char *spec = NULL;
	git_oid oid;

	if (check_ref(f, &spec))
		return OC_FAIL;
	if (download_any(f, spec) && !link_packs(f))
		return fetch_failed(f);
	if (!has_commit(f->repo, f->w->commit)) {
		diag_err(f->ctx->ds, "E0732", "'%s' has no commit %s", f->shown,
			 f->w->commit);
		return OC_FAIL;
	}
	git_oid_fromstr(&oid, f->w->commit);
	if (git_reference_create(&ref, f->repo, kept_ref(f->ctx, f->w->commit),
				 &oid, 1, NULL)) {
		git_error_diag(f->ctx->ds, "E0735", "record the commit",
			       f->w->commit);
		return OC_FAIL;
	}
	return OC_OK;
}

static enum outcome
fetch(struct op_ctx *ctx, const struct op *op, const struct git_want *w,
      git_repository *repo)
{
	const char *url = mirrored(ctx, op, w->url);
	char *shown = without_credential(ctx, url);
	CLEANUP(drop_remote) git_remote *remote = NULL;
	struct fetching f = { .ctx = ctx,
			      .w = w,
			      .repo = repo,
			      .opts = GIT_FETCH_OPTIONS_INIT,
			      .meter = { .ctx = ctx, .what = shown },
			      .shown = shown };

	f.opts.callbacks.transfer_progress = on_transfer;
	f.opts.callbacks.sideband_progress = on_sideband;
	f.opts.callbacks.payload = &f.meter;
	f.opts.proxy_opts.type = GIT_PROXY_AUTO;
	f.opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	f.opts.update_fetchhead = 0;
	op_progress(ctx, "fetching %s", shown);
	/* Anonymous, and of a repository: so url.BASE.insteadOf applies. */
	if (git_remote_create_anonymous(&remote, repo, url))
		return fetch_failed(&f);
	f.remote = remote;
	if (git_remote_connect(remote, GIT_DIRECTION_FETCH, &f.opts.callbacks,
			       &f.opts.proxy_opts, NULL))
		return fetch_failed(&f);
	return fetch_connected(&f);
}

/* --- the store ------------------------------------------------------------ */

static bool
pause_op(void *arg, unsigned ms)
{
	return op_wait(arg, ms);
}

static void
tell_waiting(void *arg)
{
	op_progress(arg, "waiting for another run that fetches the same");
}

enum outcome
git_get(struct op_ctx *ctx, const struct op *op, const struct git_want *w,
	const char **store)
{
	struct store_wait wait = { pause_op, tell_waiting, ctx };
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_ref) git_reference *ref = NULL;
	CLEANUP(close_fdp) int lock = -1;
	char key[65];

	git_libgit2_init();
	sha256_hex(w->url, strlen(w->url), key);
	*store = arena_printf(ctx->arena, "%s/git/%s", op->env->store_dir, key);
	switch (store_lock(op->env->store_dir,
			   arena_printf(ctx->arena, "git-%s", key), &wait,
			   &lock, ctx->ds)) {
	case STORE_FOUND:
	case STORE_NEW:
		break;
	case STORE_CANCELLED:
		diag_err(ctx->ds, "E0805", "stopped while waiting");
		return OC_CANCELLED;
	case STORE_ERROR:
		return OC_FAIL;
	}
	if (file_mkdirs(*store, 0755, ctx->ds))
		return OC_FAIL;
	if (git_repository_init(&repo, *store, 1)) {
		git_error_diag(ctx->ds, "E0735", "make the store", *store);
		return OC_FAIL;
	}
	if (git_reference_lookup(&ref, repo, kept_ref(ctx, w->commit)) == 0)
		return OC_OK;
	return fetch(ctx, op, w, repo);
}

/* --- work trees ----------------------------------------------------------- */

enum outcome
git_make_tree(struct op_ctx *ctx, const char *store, const char *commit,
	      const char *dir)
{
	const char *alt = arena_printf(ctx->arena,
				       "%s/.git/objects/info/alternates", dir);
	const char *line = arena_printf(ctx->arena, "%s/objects\n", store);
	struct meter m = { .ctx = ctx, .what = commit };
	git_checkout_options co;
	CLEANUP(drop_repo) git_repository *fresh = NULL;
	CLEANUP(drop_repo) git_repository *repo = NULL;
	git_oid oid;

	git_libgit2_init();
	if (git_repository_init(&fresh, dir, 0)) {
		git_error_diag(ctx->ds, "E0735", "make", dir);
		return OC_FAIL;
	}
	if (file_replace(alt, line, strlen(line), 0644, ctx->ds) ||
	    open_repo(&repo, dir, ctx->ds))
		return OC_FAIL;
	git_checkout_options_init(&co, GIT_CHECKOUT_OPTIONS_VERSION);
	co.checkout_strategy = GIT_CHECKOUT_FORCE;
	co.progress_cb = on_checkout;
	co.progress_payload = &m;
	co.notify_flags = GIT_CHECKOUT_NOTIFY_UPDATED;
	co.notify_cb = on_notify;
	co.notify_payload = &m;
	if (git_oid_fromstr(&oid, commit) ||
	    git_repository_set_head_detached(repo, &oid) ||
	    git_checkout_head(repo, &co)) {
		if (op_cancelled(ctx)) {
			diag_err(ctx->ds, "E0805",
				 "stopped while checking out");
			return OC_CANCELLED;
		}
		git_error_diag(ctx->ds, "E0735", "check out", commit);
		return OC_FAIL;
	}
	return OC_OK;
}

int
git_head(const char *dir, char commit[41], char tree[41], struct diags *ds)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_object) git_object *c = NULL;
	CLEANUP(drop_object) git_object *t = NULL;

	if (open_repo(&repo, dir, ds))
		return -1;
	if (git_revparse_single(&c, repo, "HEAD") ||
	    git_object_peel(&t, c, GIT_OBJECT_TREE))
		return git_error_diag(ds, "E0735", "read HEAD of", dir);
	git_oid_tostr(commit, 41, git_object_id(c));
	git_oid_tostr(tree, 41, git_object_id(t));
	return 0;
}

int
git_dirty(const char *dir, const char *prefix, json_t *names, struct diags *ds)
{
	git_status_options so;
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_status) git_status_list *list = NULL;

	if (open_repo(&repo, dir, ds))
		return -1;
	git_status_options_init(&so, GIT_STATUS_OPTIONS_VERSION);
	so.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED |
		   GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
	if (git_status_list_new(&list, repo, &so))
		return git_error_diag(ds, "E0735", "look at", dir);
	for (size_t i = 0; i < git_status_list_entrycount(list); i++) {
		const git_status_entry *e = git_status_byindex(list, i);
		const git_diff_delta *d = e->index_to_workdir
						  ? e->index_to_workdir
						  : e->head_to_index;

		json_array_append_new(
			names, jx_strf("%s%s", prefix,
				       d->new_file.path ? d->new_file.path
							: d->old_file.path));
	}
	return 0;
}

/* --- submodules ----------------------------------------------------------- */

/* A relative URL is one of a neighbour of the parent's. */
static const char *
resolve_url(struct op_ctx *ctx, const char *parent, const char *url)
{
	char *base = arena_strdup(ctx->arena, parent);
	size_t n = strlen(base);

	if (strncmp(url, "./", 2) != 0 && strncmp(url, "../", 3) != 0)
		return arena_strdup(ctx->arena, url);
	while (n && base[n - 1] == '/')
		base[--n] = '\0';
	for (;;) {
		char *slash;

		if (strncmp(url, "./", 2) == 0) {
			url += 2;
			continue;
		}
		if (strncmp(url, "../", 3) != 0)
			break;
		url += 3;
		slash = strrchr(base, '/');
		if (slash)
			*slash = '\0';
	}
	return arena_printf(ctx->arena, "%s/%s", base, url);
}

/* The URL that .gitmodules has for path, or NULL. */
static const char *
url_of(struct op_ctx *ctx, const char *dir, const char *path)
{
	const char *file = arena_printf(ctx->arena, "%s/.gitmodules", dir);
	CLEANUP(drop_config) git_config *cfg = NULL;
	CLEANUP(drop_config) git_config *snap = NULL;
	CLEANUP(drop_iter) git_config_iterator *it = NULL;
	git_config_entry *e;
	const char *url = NULL;

	if (git_config_open_ondisk(&cfg, file) ||
	    git_config_snapshot(&snap, cfg) ||
	    git_config_iterator_glob_new(&it, snap, "^submodule\\..*\\.path$"))
		return NULL;
	while (!url && git_config_next(&e, it) == 0) {
		size_t n = strlen(e->name) - strlen("path");

		if (strcmp(e->value, path) == 0 &&
		    git_config_get_string(&url, snap,
					  arena_printf(ctx->arena, "%.*surl",
						       (int)n, e->name)))
			return NULL;
	}
	return url ? arena_strdup(ctx->arena, url) : NULL;
}

int
git_submodule_at(struct op_ctx *ctx, const char *dir, const char *url,
		 const char *path, char commit[41], const char **out_url)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_object) git_object *tree = NULL;
	CLEANUP(drop_entry) git_tree_entry *e = NULL;
	const char *own;

	if (open_repo(&repo, dir, ctx->ds))
		return -1;
	if (git_revparse_single(&tree, repo, "HEAD^{tree}"))
		return git_error_diag(ctx->ds, "E0735", "read HEAD of", dir);
	own = url_of(ctx, dir, path);
	if (git_tree_entry_bypath(&e, (git_tree *)tree, path) ||
	    git_tree_entry_filemode(e) != GIT_FILEMODE_COMMIT || !own) {
		diag_err(ctx->ds, "E0733", "'%s' is no submodule of '%s'", path,
			 url);
		diag_path(ctx->ds, "/submodules");
		return -1;
	}
	git_oid_tostr(commit, 41, git_tree_entry_id(e));
	*out_url = resolve_url(ctx, url, own);
	return 0;
}
