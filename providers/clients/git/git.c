#include "providers/clients/git/git.h"

#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/git/git_int.h"

#define PROGRESS_MS 1000

int
git_error_diag(struct diags *ds, const char *code, const char *act,
	       const char *what)
{
	const git_error *e = git_error_last();

	return diag_err(ds, code, "cannot %s '%s': %s", act, what,
			e && e->message ? e->message : "unknown error");
}

/* The user's settings are for the talk with servers (git_fetch.c), not for
 * what is laid down: of a process that fetches nothing, git's files are not
 * read. */
void
git_own_settings(void)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA,
				      GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG,
				      GIT_CONFIG_LEVEL_GLOBAL };

	git_libgit2_init();
	/* What opl2 itself has laid down is its own, whoever runs it; of
	 * others' repositories git_local.c asks. */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	if (getenv("OPL2_GIT_JOB"))
		return;
	for (size_t i = 0; i < COUNTOF(levels); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
}

int
git_open(git_repository **out, const char *dir, struct diags *ds)
{
	git_own_settings();
	if (git_repository_open_ext(out, dir, GIT_REPOSITORY_OPEN_NO_SEARCH,
				    NULL))
		return git_error_diag(ds, "E0735", "open the repository", dir);
	return 0;
}

/* --- work trees ----------------------------------------------------------- */

struct meter {
	struct effect_ctx *ctx;
	const char *what;
	int64_t last_ms;
};

static void
on_checkout(const char *path UNUSED, size_t done, size_t total, void *arg)
{
	struct meter *m = arg;
	int64_t now = (int64_t)mono_ms();

	if (now - m->last_ms < PROGRESS_MS)
		return;
	m->last_ms = now;
	effect_progress(m->ctx, "checking out %s: %zu of %zu files", m->what,
			done, total);
}

static int
on_notify(git_checkout_notify_t why UNUSED, const char *path UNUSED,
	  const git_diff_file *base UNUSED, const git_diff_file *target UNUSED,
	  const git_diff_file *workdir UNUSED, void *arg)
{
	struct meter *m = arg;

	return effect_cancelled(m->ctx) ? GIT_EUSER : 0;
}

static enum outcome
checkout_failed(struct effect_ctx *ctx, const char *store, const char *commit,
		int rc)
{
	if (effect_cancelled(ctx)) {
		diag_err(ctx->ds, "E0805", "interrupted while checking out");
		return OC_CANCELLED;
	}
	git_error_diag(ctx->ds, "E0735", "check out", commit);
	if (rc == GIT_ENOTFOUND &&
	    file_replace(arena_printf(ctx->arena, "%s/" GIT_LACKS, store), "",
			 0, 0644, ctx->ds) == 0)
		diag_hint(ctx->ds,
			  "an object is missing in the store; the next apply "
			  "fetches it again. If that does not help, the server "
			  "does not have it: set another one in 'mirrors:'");
	return OC_FAIL;
}

static bool
has_history(git_repository *repo, const git_oid *commit)
{
	git_revwalk *walk = NULL;
	git_oid oid;
	int rc = git_revwalk_new(&walk, repo);

	if (rc == 0)
		rc = git_revwalk_push(walk, commit);
	while (rc == 0)
		rc = git_revwalk_next(&oid, walk);
	git_revwalk_free(walk);
	return rc == GIT_ITEROVER;
}

/* A mirror that lacks some of the history gives the commit alone. git fails
 * where it finds no parents, also 'git show' of a build that asks for its
 * commit's time, unless this file says that there are none. */
static int
cut_history(struct effect_ctx *ctx, const char *dir, const char *commit)
{
	const char *file = arena_printf(ctx->arena, "%s/.git/shallow", dir);
	const char *line = arena_printf(ctx->arena, "%s\n", commit);

	return file_replace(file, line, strlen(line), 0644, ctx->ds);
}

enum outcome
git_make_tree(struct effect_ctx *ctx, const char *store, const char *commit,
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
	int rc;

	git_own_settings();
	if (git_repository_init(&fresh, dir, 0)) {
		git_error_diag(ctx->ds, "E0735", "make", dir);
		return OC_FAIL;
	}
	if (file_replace(alt, line, strlen(line), 0644, ctx->ds) ||
	    git_open(&repo, dir, ctx->ds))
		return OC_FAIL;
	git_checkout_options_init(&co, GIT_CHECKOUT_OPTIONS_VERSION);
	co.checkout_strategy = GIT_CHECKOUT_FORCE;
	/* A pinned tree is its bytes: no ends of lines, no clean and smudge,
	 * no ident, whoever asks for them; and the modes git has. */
	co.disable_filters = 1;
	co.dir_mode = 0755;
	co.progress_cb = on_checkout;
	co.progress_payload = &m;
	co.notify_flags = GIT_CHECKOUT_NOTIFY_UPDATED;
	co.notify_cb = on_notify;
	co.notify_payload = &m;
	rc = git_oid_fromstr(&oid, commit);
	if (rc == 0 && !has_history(repo, &oid) &&
	    cut_history(ctx, dir, commit))
		return OC_FAIL;
	if (rc == 0)
		rc = git_repository_set_head_detached(repo, &oid);
	if (rc == 0)
		rc = git_checkout_head(repo, &co);
	return rc ? checkout_failed(ctx, store, commit, rc) : OC_OK;
}

int
git_head(const char *dir, char commit[41], char tree[41], struct diags *ds)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_object) git_object *c = NULL;
	CLEANUP(drop_object) git_object *t = NULL;

	if (git_open(&repo, dir, ds))
		return -1;
	if (git_revparse_single(&c, repo, "HEAD") ||
	    git_object_peel(&t, c, GIT_OBJECT_TREE))
		return git_error_diag(ds, "E0735", "read HEAD of", dir);
	git_oid_tostr(commit, 41, git_object_id(c));
	git_oid_tostr(tree, 41, git_object_id(t));
	return 0;
}

static bool
has_name(const json_t *names, const json_t *name)
{
	size_t i;
	json_t *v;

	json_array_foreach(names, i, v) {
		if (json_equal(v, name))
			return true;
	}
	return false;
}

/* Has the file the length and the mode of what is pinned? git's status would
 * undo the ends of lines first, and trusts what it saw at the checkout. */
static bool
as_pinned(git_repository *repo, git_odb *odb, const git_index_entry *e)
{
	CLEANUP(freep)
	char *path = xasprintf("%s%s", git_repository_workdir(repo), e->path);
	git_object_t type;
	struct stat st;
	size_t len;

	if (e->mode == GIT_FILEMODE_COMMIT || lstat(path, &st))
		return true; /* the status tells what is gone */
	if (git_odb_read_header(&len, &type, odb, &e->id) ||
	    (size_t)st.st_size != len)
		return false;
	if (S_ISLNK(st.st_mode) != (e->mode == GIT_FILEMODE_LINK))
		return false;
	return S_ISLNK(st.st_mode) ||
	       ((st.st_mode & 0100) != 0) ==
		       (e->mode == GIT_FILEMODE_BLOB_EXECUTABLE);
}

static int
add_unlike(git_repository *repo, const char *prefix, json_t *names)
{
	CLEANUP(drop_index) git_index *index = NULL;
	CLEANUP(drop_odb) git_odb *odb = NULL;

	if (git_repository_index(&index, repo) ||
	    git_repository_odb(&odb, repo))
		return -1;
	for (size_t i = 0; i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		CLEANUP(put_json) json_t *name = NULL;

		if (as_pinned(repo, odb, e))
			continue;
		name = jx_strf("%s%s", prefix, e->path);
		if (!has_name(names, name))
			json_array_append(names, name);
	}
	return 0;
}

/* Its objects are the store's, which somebody may have removed. */
static bool
has_objects(git_repository *repo)
{
	CLEANUP(drop_odb) git_odb *odb = NULL;
	git_oid head;

	return git_reference_name_to_id(&head, repo, "HEAD") == 0 &&
	       git_repository_odb(&odb, repo) == 0 &&
	       git_odb_exists(odb, &head);
}

int
git_dirty(const char *dir, const char *prefix, json_t *names, struct diags *ds)
{
	git_status_options so;
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_status) git_status_list *list = NULL;
	bool lost;

	if (git_open(&repo, dir, ds))
		return -1;
	lost = !has_objects(repo);
	git_status_options_init(&so, GIT_STATUS_OPTIONS_VERSION);
	so.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED |
		   GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
	if (lost)
		so.show = GIT_STATUS_SHOW_WORKDIR_ONLY;
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
	if (lost)
		return 1;
	if (add_unlike(repo, prefix, names))
		return git_error_diag(ds, "E0735", "look at", dir);
	return 0;
}

/* --- submodules ----------------------------------------------------------- */

/* A relative URL is one of a neighbour of the parent's. */
static const char *
resolve_url(struct effect_ctx *ctx, const char *parent, const char *url)
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
url_of(struct effect_ctx *ctx, const char *dir, const char *path)
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
git_submodule_at(struct effect_ctx *ctx, const char *dir, const char *url,
		 const char *path, char commit[41], const char **out_url)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(drop_object) git_object *tree = NULL;
	CLEANUP(drop_entry) git_tree_entry *e = NULL;
	const char *own;

	if (git_open(&repo, dir, ctx->ds))
		return -1;
	if (git_revparse_single(&tree, repo, "HEAD^{tree}"))
		return git_error_diag(ctx->ds, "E0735", "read HEAD of", dir);
	own = url_of(ctx, dir, path);
	if (git_tree_entry_bypath(&e, (git_tree *)tree, path) ||
	    git_tree_entry_filemode(e) != GIT_FILEMODE_COMMIT || !own) {
		diag_err(ctx->ds, "E0733", "'%s' is not a submodule of '%s'",
			 path, url);
		diag_path(ctx->ds, "/submodules");
		diag_hint(ctx->ds,
			  "to use a nested submodule, list its parent too");
		return -1;
	}
	*out_url = resolve_url(ctx, url, own);
	if (git_is_local(*out_url) && !git_is_local(url)) {
		diag_err(ctx->ds, "E0756",
			 "the submodule '%s' of '%s' is a local path: '%s'",
			 path, url, *out_url);
		diag_path(ctx->ds, "/submodules");
		diag_hint(ctx->ds,
			  "check why; leave the submodule out, or clone '%s' "
			  "to this machine and use that clone as 'url'",
			  url);
		return -1;
	}
	git_oid_tostr(commit, 41, git_tree_entry_id(e));
	return 0;
}
